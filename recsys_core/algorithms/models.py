"""The two forms of model: factors with biases, and weights between items."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import sparse

from recsys_core.data.interactions import Interactions


class Recommender(Protocol):
    """Anything that gives every item a score for a user; higher is better."""

    n_users: int
    n_items: int
    predicts_ratings: bool
    """Whether scores are on the scale of the ratings, so that RMSE means something."""

    def scores(self, users: np.ndarray) -> np.ndarray:
        """(len(users), n) float32, a new array that the caller may overwrite; called from several threads."""


@dataclass(frozen=True, eq=False)
class FactorModel:
    """score(u, i) = offset + user_bias[u] + item_bias[i] + user_factors[u] · item_factors[i].

    user_factors (m, k) and item_factors (n, k), float32. Every learner of factors ends in this form, and so
    do the reference models: popularity is an item bias without factors.
    """

    user_factors: np.ndarray
    item_factors: np.ndarray
    user_bias: np.ndarray
    item_bias: np.ndarray
    offset: float = 0.0
    predicts_ratings: bool = False

    def __post_init__(self):
        for array in (self.user_factors, self.item_factors, self.user_bias, self.item_bias):
            array.flags.writeable = False  # epochs share arrays with the training that goes on

    @classmethod
    def of(cls, user_factors, item_factors, *, user_bias=None, item_bias=None, offset=0.0, predicts_ratings=False):
        """Make a model from factors; biases left out are zero."""
        zeros = lambda count: np.zeros(count, np.float32)  # noqa: E731
        return cls(
            np.ascontiguousarray(user_factors, np.float32),
            np.ascontiguousarray(item_factors, np.float32),
            zeros(len(user_factors)) if user_bias is None else np.asarray(user_bias, np.float32),
            zeros(len(item_factors)) if item_bias is None else np.asarray(item_bias, np.float32),
            float(offset),
            predicts_ratings,
        )

    @property
    def n_users(self) -> int:
        return len(self.user_factors)

    @property
    def n_items(self) -> int:
        return len(self.item_factors)

    @property
    def n_factors(self) -> int:
        return self.user_factors.shape[1]

    def scores(self, users: np.ndarray) -> np.ndarray:
        """(len(users), n) float32: one matrix product and the biases."""
        scores = self.user_factors[users] @ self.item_factors.T
        own = self.user_bias[users] + np.float32(self.offset)
        if self.item_bias.any():  # to add zeros to a block takes a tenth of the product
            scores += self.item_bias
        if own.any():
            scores += own[:, None]
        return scores

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Scores of single (user, item) pairs, float32, without forming whole rows."""
        products = np.einsum("ik,ik->i", self.user_factors[users], self.item_factors[items])
        return products + self.user_bias[users] + self.item_bias[items] + np.float32(self.offset)

    def is_finite(self) -> bool:
        """Whether all its numbers are finite, and all scores that can be made of them."""
        users, items = (
            np.sqrt(np.max(np.sum(a.astype(np.float64) ** 2, axis=1), initial=0))
            for a in (self.user_factors, self.item_factors)
        )
        biases = sum(np.max(np.abs(bias), initial=0) for bias in (self.user_bias, self.item_bias, self.offset))
        return bool(users * items + biases < np.finfo(np.float32).max)  # false for NaN too


@dataclass(frozen=True, eq=False)
class ItemModel:
    """score(u, i) = Σ of weights[j, i] over the items j that u has in `train`: items speak for items.

    weights (n, n), float32, with zeros on the diagonal, is an array or, where most are 0, a sparse one in CSR.
    A person is nothing but their list, so there are no factors, and no training stands behind a new person.
    """

    train: Interactions
    weights: np.ndarray | sparse.csr_array

    predicts_ratings = False

    def __post_init__(self):
        w = self.weights
        for array in (w.data, w.indices, w.indptr) if sparse.issparse(w) else (w,):
            array.flags.writeable = False

    @property
    def n_users(self) -> int:
        return self.train.n_users

    @property
    def n_items(self) -> int:
        return self.train.n_items

    def scores(self, users: np.ndarray) -> np.ndarray:
        """(len(users), n) float32: the rows of XW, X the binary matrix of `train`."""
        scores = self.train.binary[users] @ self.weights
        return scores.toarray() if sparse.issparse(scores) else scores

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Scores of single (user, item) pairs, float32, without forming whole rows."""
        chosen = self.train.binary[users]
        pairs = np.repeat(np.arange(len(users)), np.diff(chosen.indptr))
        parts = self.weights[chosen.indices, items[pairs]]
        parts = parts.toarray() if sparse.issparse(parts) else parts
        return np.bincount(pairs, parts.ravel(), minlength=len(users)).astype(np.float32)

    def is_finite(self) -> bool:
        """Whether all its numbers are finite."""
        return bool(np.isfinite(self.weights.sum()))
