"""Reference models: random, most popular, and the oracle that knows how synthetic data were generated."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.synthetic import relevant_pick_chances


@dataclass(frozen=True)
class Random(Algorithm):
    """Every item scores 0; ranking breaks ties in a random order of its own for each user."""

    label = "Random"
    objective_label = "Nothing is minimised"
    equation = r"s_{ui}=0"
    meaning = "Every list is drawn blindly: whatever scores no better has learned nothing."
    divergence_advice = ""

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        yield Epoch(1, FactorModel.of(np.zeros((train.n_users, 0)), np.zeros((train.n_items, 0))), 0.0)


@dataclass(frozen=True)
class Popularity(Algorithm):
    """score(u, i) = the number of people to whom item i is relevant in train."""

    label = "Popularity"
    objective_label = "Nothing is minimised"
    equation = r"s_{ui}=\left|\{v:(v,i)\in\text{train}\}\right|"
    meaning = "Everyone gets the same list, what most people chose: the bar that personal taste must clear."
    divergence_advice = ""

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        m, n = train.n_users, train.n_items
        model = FactorModel.of(np.zeros((m, 0)), np.zeros((n, 0)), item_bias=train.users_per_item)
        yield Epoch(1, model, 0.0)


@dataclass(frozen=True, eq=False)
class Oracle:
    """score(u, i) = the chance that the first pick of u is item i, and is relevant, as `dataset` was generated.

    Nobody can rank better on average, since nothing is known of a pick but its chance.
    """

    dataset: Dataset

    predicts_ratings = False

    @property
    def n_users(self) -> int:
        return self.dataset.interactions.n_users

    @property
    def n_items(self) -> int:
        return self.dataset.interactions.n_items

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Return (len(users), n) float32. Raises InputError unless the data are as they were generated."""
        return relevant_pick_chances(self.dataset, users).astype(np.float32)

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores of single (user, item) pairs, float32. Raises InputError as `scores` does."""
        distinct, rows = np.unique(users, return_inverse=True)
        scores: np.ndarray = self.scores(distinct)[rows, items]
        return scores

    def is_finite(self) -> bool:
        """Return whether all its numbers are finite: chances always are."""
        return True
