"""The part of a rating that needs no factors: averages of everything, of the user, of the item."""

from dataclasses import dataclass

import numpy as np

from recsys_core.data.interactions import Interactions

CENTERINGS = ("none", "user mean", "item mean", "biases")


@dataclass(frozen=True, eq=False)
class Baseline:
    """offset + user_bias[u] + item_bias[i]: what is predicted before any factor."""

    offset: float
    user_bias: np.ndarray
    item_bias: np.ndarray

    @classmethod
    def of(cls, train: Interactions, centering: str) -> "Baseline":
        """Averages of `train`; a user or item without ratings gets the overall mean.

        "biases": offset μ, then b_u the mean of r − μ, then b_i the mean of r − μ − b_u.
        """
        users, items = train.users, train.items
        r = train.values.astype(np.float64)
        mean = r.mean()
        user_bias, item_bias = np.zeros(train.n_users), np.zeros(train.n_items)
        if centering == "none":
            return cls._rounded(0.0, user_bias, item_bias)
        if centering in ("user mean", "biases"):
            user_bias = _means(users, r - mean, train.items_per_user)
        if centering in ("item mean", "biases"):
            item_bias = _means(items, r - mean - user_bias[users], train.users_per_item)
        return cls._rounded(mean, user_bias, item_bias)

    @classmethod
    def _rounded(cls, offset, user_bias, item_bias) -> "Baseline":
        return cls(float(offset), user_bias.astype(np.float32), item_bias.astype(np.float32))

    def residuals(self, train: Interactions) -> np.ndarray:
        """r − baseline beside the entries of `train`, float32."""
        return train.values - np.float32(self.offset) - self.user_bias[train.users] - self.item_bias[train.items]


def _means(groups: np.ndarray, values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Mean of `values` in each group; 0 for an empty one."""
    return np.bincount(groups, values, minlength=len(counts)) / np.maximum(counts, 1)
