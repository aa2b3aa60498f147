"""Weighted ensemble of factor models, represented as one FactorModel with the factors of all side by side."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import number

_ORIGINS = ("parts_best_epoch", "imported")


@dataclass(frozen=True)
class Blend(Algorithm):
    """score(u, i) = Σ_j w_j s_j(u, i) of trained models j, with weights that were fitted on the validation ratings.

    `parts` are (fingerprint of a run, what it is, weight) of each. Where `standardised`, a person's scores of each
    model are first brought to mean 0 and standard deviation 1, so that none speaks louder for its scale.
    `parts_best_epoch` says that a part comes from a best epoch, and `imported` are the fingerprints of those parts that
    came in a file.
    """

    objective_label = "Fitted on validation"
    equation = r"s_{ui}=\sum_j w_j\,s^{(j)}_{ui},\qquad w_j\ge 0,\ \sum_j w_j=1"
    meaning = "Several models vote with fixed weights, found by constrained optimisation (SLSQP)."
    divergence_advice = ""
    is_stochastic = False
    possibly_leaked_subsets = ("validation",)

    n_factors: int = number(0, "Factors", "The factors of all its parts together.", bounds=(0, 1e6),
                            typical=(0, 1000), symbol="k")  # fmt: skip
    parts: tuple[tuple[str, str, float], ...] = ()
    standardised: bool = False
    parts_best_epoch: bool = False
    imported: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(tuple(part) for part in self.parts))  # JSON makes lists of them
        object.__setattr__(self, "imported", tuple(self.imported))
        super().__post_init__()

    def settings(self) -> dict[str, Any]:
        """Return the values by field name, without what is known of the origin of its parts where that is nothing.

        So the fingerprints of such blends stay what they were before that was recorded.
        """
        settings = super().settings()
        return {name: value for name, value in settings.items() if value or name not in _ORIGINS}

    @property
    def comes_from_best_epoch(self) -> bool:
        """Whether one of its parts does."""
        return self.parts_best_epoch

    @property
    def label(self) -> str:  # type: ignore[override]  # it names the components, elsewhere the class
        kinds = list(dict.fromkeys(kind for _, kind, _ in self.parts))
        return f"Blend of {' + '.join(kinds)}" if 0 < len(kinds) <= 2 else f"Blend of {len(self.parts)} models"

    @property
    def was_imported(self) -> bool:  # type: ignore[override]  # it depends on the parts
        """Whether a part of it came in a file, so that nobody here saw all of it being trained."""
        return bool(self.imported)

    @property
    def caution(self) -> str:  # type: ignore[override]  # as above
        """What must be said beside its numbers."""
        fitted = "Its weights were fitted on validation, so its numbers there are too good."
        if not self.imported:
            return f"{fitted} What it is worth, the test says."
        return (
            f"{fitted} A part of it came in a file, which says that it was trained on the training part of this split. "
            "That cannot be checked here, and if it is not so, the numbers on the test are too good as well."
        )

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        raise InputError(
            "A model to be trained must be of one of the algorithms here. A blend is made of models: train its parts, "
            "and blend them again."
        )


def weighted_sum(models: Sequence[FactorModel], weights: Sequence[float]) -> FactorModel:
    """Return Σ_j w_j s_j as one model, its factors those of all with w_j > 0 side by side: √w_j P_j and √w_j Q_j."""
    chosen = [(model, weight) for model, weight in zip(models, weights, strict=True) if weight > 0]
    return FactorModel.of(
        np.hstack([np.sqrt(weight) * model.user_factors for model, weight in chosen]),
        np.hstack([np.sqrt(weight) * model.item_factors for model, weight in chosen]),
        user_bias=np.sum([weight * model.user_bias for model, weight in chosen], axis=0),
        item_bias=np.sum([weight * model.item_bias for model, weight in chosen], axis=0),
        offset=sum(weight * model.offset for model, weight in chosen),
        predicts_ratings=all(model.predicts_ratings for model, _ in chosen),
    )


def standardised(model: FactorModel) -> FactorModel:
    """Return a model of the same lists whose scores have mean 0 and standard deviation 1 over all items, for each user.

    Dividing by what belongs to a user makes the item biases a factor: p·q + b = (p, 1)·(q, b). Who scores all items
    alike gets 0 for each.
    """
    p = np.hstack([model.user_factors, np.ones((model.n_users, 1))]).astype(np.float64)
    q = np.hstack([model.item_factors, model.item_bias[:, None]]).astype(np.float64)
    q -= q.mean(axis=0)
    spreads = np.sqrt(np.einsum("uk,uk->u", p @ (q.T @ q / len(q)), p))
    p *= np.where(spreads > 1e-9 * np.max(spreads, initial=0.0), 1 / np.maximum(spreads, 1e-300), 0.0)[:, None]
    k = n_standardised_factors(model)
    return FactorModel.of(p[:, :k], q[:, :k])


def n_standardised_factors(model: FactorModel) -> int:
    """Return how many factors `standardised` gives a model: one more where its items have biases."""
    return model.n_factors + bool(model.item_bias.any())
