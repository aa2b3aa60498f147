"""The two forms of model: factors with biases, and weights between items."""

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from scipy import sparse

from recsys_core.data.interactions import Interactions


class Recommender(Protocol):
    """Anything that gives every item a score for a user; higher is better."""

    @property
    def n_users(self) -> int: ...

    @property
    def n_items(self) -> int: ...

    @property
    def predicts_ratings(self) -> bool:
        """Whether scores are on the scale of the ratings, so that RMSE means something."""

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Return (len(users), n) float32, a new array that the caller may overwrite; called from several threads."""

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores of single (user, item) pairs, float32, without forming whole rows."""

    def is_finite(self) -> bool:
        """Return whether all its numbers are finite."""


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

    def __post_init__(self) -> None:
        for array in (self.user_factors, self.item_factors, self.user_bias, self.item_bias):
            array.flags.writeable = False  # epochs share arrays with the training that goes on

    @classmethod
    def of(
        cls,
        user_factors: np.ndarray,
        item_factors: np.ndarray,
        *,
        user_bias: np.ndarray | None = None,
        item_bias: np.ndarray | None = None,
        offset: float = 0.0,
        predicts_ratings: bool = False,
    ) -> Self:
        """Make a model from factors of any precision; biases left out are zero."""
        return cls(
            np.ascontiguousarray(user_factors, np.float32),
            np.ascontiguousarray(item_factors, np.float32),
            np.zeros(len(user_factors), np.float32) if user_bias is None else np.asarray(user_bias, np.float32),
            np.zeros(len(item_factors), np.float32) if item_bias is None else np.asarray(item_bias, np.float32),
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
        return int(self.user_factors.shape[1])

    @property
    def transposed(self) -> "FactorModel":
        """The same scores with users and items exchanged."""
        return replace(
            self,
            user_factors=self.item_factors,
            item_factors=self.user_factors,
            user_bias=self.item_bias,
            item_bias=self.user_bias,
        )

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Return (len(users), n) float32: one matrix product and the biases."""
        scores: np.ndarray = self.user_factors[users] @ self.item_factors.T
        of_users = self.user_bias[users] + np.float32(self.offset)
        if self.item_bias.any():  # to add zeros to a block takes a tenth of the product
            scores += self.item_bias
        if of_users.any():
            scores += of_users[:, None]
        return scores

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores of single (user, item) pairs, float32, without forming whole rows."""
        products: np.ndarray = np.einsum("ik,ik->i", self.user_factors[users], self.item_factors[items])
        scores: np.ndarray = products + self.user_bias[users] + self.item_bias[items] + np.float32(self.offset)
        return scores

    def is_finite(self) -> bool:
        """Return whether all its numbers are finite, and all scores that can be made of them."""
        users, items = (
            np.sqrt(np.max(np.einsum("ik,ik->i", a, a), initial=0))
            for a in (self.user_factors.astype(np.float64), self.item_factors.astype(np.float64))
        )
        biases = sum(np.max(np.abs(bias), initial=0) for bias in (self.user_bias, self.item_bias, self.offset))
        return bool(users * items + biases < np.finfo(np.float32).max)  # false for NaN too


@dataclass(frozen=True, eq=False)
class ItemModel:
    """score(u, i) = Σ of weights[j, i] over the items j that u has in `train`: one item speaks for another.

    weights (n, n), float32, with zeros on the diagonal, is an array or, where most are 0, a sparse one in CSR.
    A user is nothing but their list, so there are no factors, and a new user needs no training.
    """

    train: Interactions
    weights: np.ndarray | sparse.csr_array

    predicts_ratings = False

    def __post_init__(self) -> None:
        w = self.weights
        for array in (w,) if isinstance(w, np.ndarray) else (w.data, w.indices, w.indptr):
            array.flags.writeable = False

    @property
    def n_users(self) -> int:
        return self.train.n_users

    @property
    def n_items(self) -> int:
        return self.train.n_items

    def scores(self, users: np.ndarray) -> np.ndarray:
        """Return (len(users), n) float32: the rows of XW, X the binary matrix of `train`."""
        scores = self.train.binary[users] @ self.weights
        return np.asarray(scores.toarray() if sparse.issparse(scores) else scores)

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the scores of single (user, item) pairs, float32, without forming whole rows."""
        chosen = self.train.binary[users]
        pairs = np.repeat(np.arange(len(users)), np.diff(chosen.indptr))
        terms = self.weights[chosen.indices, items[pairs]]
        terms = terms.toarray() if sparse.issparse(terms) else terms
        return np.bincount(pairs, terms.ravel(), minlength=len(users)).astype(np.float32)

    def is_finite(self) -> bool:
        """Return whether all its numbers are finite."""
        return bool(np.isfinite(self.weights.sum()))
