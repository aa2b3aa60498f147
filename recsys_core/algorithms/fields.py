"""Fields that several algorithms have, worded and bounded once; each algorithm gives its own default."""

from recsys_core.algorithms.start import STARTS
from recsys_core.parameters import choice, number


def factors(default: int):
    return number(
        default, "Factors k", "How many tastes the model may use.", bounds=(1, 1024), typical=(1, 128), symbol="k"
    )


def regularization(default: float, *, typical: tuple[float, float] = (1e-3, 100)):
    """λ of a penalty λ‖Θ‖²."""
    return number(
        default,
        "Regularisation λ",
        "How strongly factors are held near zero.",
        bounds=(0, 1e6),
        typical=typical,
        log=True,
        symbol="λ",
    )


def learning_rate(default: float):
    return number(
        default, "Learning rate", "The length of a step.", bounds=(1e-6, 1e3), typical=(1e-3, 1), log=True, symbol="η"
    )


def alternations(default: int):
    """Epochs of an algorithm that solves one side after the other."""
    return number(default, "Epochs", "Passes over both sides.", bounds=(1, 10_000), typical=(1, 50))


def passes(default: int):
    """Epochs of an algorithm that goes from person to person."""
    return number(default, "Epochs", "Passes over all people.", bounds=(1, 100_000), typical=(1, 300))


def start():
    """Where an algorithm that goes down a gradient begins."""
    return choice(
        "spread",
        "Start from",
        "Spread: random directions taken once through the data, near the common tastes already. Noise: small random "
        "numbers (the papers); it learns the same, in about twice the epochs.",
        options=STARTS,
    )
