"""Fields that several algorithms have, worded and bounded once; each algorithm gives its own default."""

from typing import Any  # as of `dataclasses.field`, which becomes a value of the field's own type

from recsys_core.algorithms.kernels.initial_factors import STARTS
from recsys_core.parameters import choice, number

LAST_EPOCH, BEST_EPOCH = "last epoch", "best epoch"


def factors(default: int) -> Any:
    """Make the field of the number of factors."""
    return number(
        default, "Factors k", "How many tastes the model may use.", bounds=(1, 1024), typical=(1, 128), symbol="k"
    )


def regularization(
    default: float,
    help: str = "How strongly large factors are penalised.",
    *,
    typical: tuple[float, float] = (1e-3, 100),
) -> Any:
    """Make the field of λ in a penalty λ‖Θ‖²."""
    return number(
        default,
        "Regularisation λ",
        help,
        bounds=(0, 1e6),
        typical=typical,
        log=True,
        symbol="λ",
    )


def pair_regularization(default: float) -> Any:
    """Make the field of λ in a penalty λ‖Θ‖² beside a sum over choices, each of weight 1 whatever it is compared with.

    Rendle et al. (UAI 2009) write a λ_Θ into the step of every sampled triple. An epoch of T triples, one a choice,
    meets a person n_u times and an item about n_i + T/n times. In their unit this λ is 2λ/n_u for a person and
    2λ/(n_i + T/n) for an item.
    """
    return regularization(
        default,
        "How strongly large factors are penalised: λ‖Θ‖² counts once, against a weight of 1 for every choice. The BPR "
        "paper's λ is per sampled triple instead; on MovieLens 1M, 1.5 here is about 0.02 for people and 0.006 for "
        "items there.",
    )


def learning_rate(default: float) -> Any:
    """Make the field of the length η of a step."""
    return number(
        default, "Learning rate", "The length of a step.", bounds=(1e-6, 1e3), typical=(1e-3, 1), log=True, symbol="η"
    )


def alternations(default: int) -> Any:
    """Make the field of the epochs of an algorithm that solves one side after the other."""
    return number(default, "Epochs", "Passes over both sides.", bounds=(1, 10_000), typical=(1, 50))


def passes(default: int) -> Any:
    """Make the field of the epochs of an algorithm that goes from person to person."""
    return number(default, "Epochs", "Passes over all people.", bounds=(1, 100_000), typical=(1, 300))


def kept_model() -> Any:
    """Make the field of which epoch's model a training ends with, as in `evaluation.best_epoch`."""
    return choice(
        LAST_EPOCH,
        "Model kept",
        "That of the last epoch, or of the epoch with the highest NDCG@10 on validation (the first of equals). "
        "To choose it flatters the validation score, not the test.",
        options=(LAST_EPOCH, BEST_EPOCH),
    )


def start() -> Any:
    """Make the field of where an algorithm that goes down a gradient begins."""
    return choice(
        "spread",
        "Start from",
        "Spread: random directions taken once through the data, near the common tastes already. Noise: small random "
        "numbers (the papers); on MovieLens 100K it ends about as well, after about twice as many epochs.",
        options=STARTS,
    )
