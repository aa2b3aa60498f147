"""Reference models: random, most popular, and the oracle that knows the synthetic ground truth."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import GroundTruth
from recsys_core.data.interactions import Interactions


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


def oracle(ground_truth: GroundTruth) -> FactorModel:
    """Return the recommender that knows the planted tastes and popularities: the best that can be hoped for."""
    return FactorModel.of(ground_truth.user_tastes, ground_truth.item_tastes * ground_truth.popularity[:, None])
