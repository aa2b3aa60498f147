"""Who rates high and what is rated high, without any taste: the bar that factors of ratings must clear."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from recsys_core.algorithms import shared_fields
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.kernels.normal_equations import shrunk_means
from recsys_core.algorithms.models import FactorModel, Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import number


@dataclass(frozen=True)
class Biases(Algorithm):
    """Minimise Σ_Ω (r_ui − μ − b_u − b_i)² + λ_I Σ b_i² + λ_U Σ b_u², one side at a time, each exactly.

    μ is the mean of all ratings. With fixed b_u, b_i = Σ_u (r_ui − μ − b_u) / (λ_I + |Ω_i|), and the mirror
    image; items come first, from b_u = 0. Source: Koren, Factor in the neighbors, TKDD 2010, section 2.1; by
    alternating to the end instead of one damped pass, as Surprise's `BaselineOnly`. The objective reported is
    the one that is lowered, and it never rises.
    """

    label = "Biases"
    objective_label = "Squared error on the training ratings + penalty"
    equation = (
        r"\min_{b}\sum_{(u,i)\in\Omega}\big(r_{ui}-\mu-b_u-b_i\big)^2+\lambda_I\sum_i b_i^2+\lambda_U\sum_u b_u^2"
    )
    meaning = (
        "A rating is the overall mean, plus how generous the person is, plus how well the item is liked: whatever "
        "taste explains comes on top of this."
    )
    divergence_advice = "raise the regularisation of items or people"
    is_stochastic = False
    is_personal = False
    learns_ratings = True
    caution = "Everyone gets the same order of items: it predicts ratings well for its size, and knows no taste."

    item_regularization: float = number(
        10.0,
        "Regularisation of items",
        "How many ratings at the mean each item is given on top of its own.",
        bounds=(0, 1e6),
        typical=(0, 100),
        symbol="λ_I",
    )
    user_regularization: float = number(
        15.0,
        "Regularisation of people",
        "How many ratings at their mean each person is given on top of their own.",
        bounds=(0, 1e6),
        typical=(0, 100),
        symbol="λ_U",
    )
    n_epochs: int = shared_fields.alternations(10)
    kept_model: str = shared_fields.kept_model()

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        m, n = train.n_users, train.n_items
        users, items = train.users, train.items
        mean = float(train.values.mean(dtype=np.float64))
        r = train.values.astype(np.float64) - mean
        user_weight = self.user_regularization + train.items_per_user
        item_weight = self.item_regularization + train.users_per_item
        b_user = np.zeros(m)
        no_users, no_items = np.zeros((m, 0)), np.zeros((n, 0))
        for number_ in range(1, self.n_epochs + 1):
            b_item = _shares(items, r - b_user[users], item_weight)
            b_user = _shares(users, r - b_item[items], user_weight)
            squared_error = np.sum((r - b_user[users] - b_item[items]) ** 2)
            penalty = self.item_regularization * np.sum(b_item**2) + self.user_regularization * np.sum(b_user**2)
            model = FactorModel.of(
                no_users, no_items, user_bias=b_user, item_bias=b_item, offset=mean, predicts_ratings=True
            )
            yield Epoch(number_, model, float(squared_error + penalty))

    def _fold_in(self, model: Recommender, train: Interactions, users: Interactions) -> FactorModel:
        assert isinstance(model, FactorModel)
        user_bias = shrunk_means(model, users, self.user_regularization)
        return replace(model, user_factors=np.zeros((users.n_users, 0), np.float32), user_bias=user_bias)

    def empty_objective(self, train: Interactions) -> float:
        return train.n_interactions * float(train.values.var(dtype=np.float64))


def _shares(groups: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Σ of `values` in each group, divided by its weight; 0 where there is nothing to divide."""
    sums = np.bincount(groups, values, minlength=len(weights))
    shares: np.ndarray = np.divide(sums, weights, out=np.zeros(len(weights)), where=weights > 0)
    return shares
