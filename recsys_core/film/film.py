"""A Film: what is kept of the epochs of one training, small enough to be stored beside its curves."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

LIST_LENGTH = 5
"""How many items of a person's list are kept after each epoch."""
_BY_FRAME = ("numbers", "positions", "tops", "ndcg", "nearest_own", "fit")
_STEPS = 32_000  # of a coordinate between 0 and the farthest point; 16 bits hold them


@dataclass(frozen=True, eq=False)
class Film:
    """f frames of a training with a users and b items on one fixed map, and G groups of items.

    `numbers` (f,) are the epochs of the frames; `users` (a,) and `items` (b,) are the indices drawn. `positions`
    (f, a + b, 2) int16 times `scale` are the coordinates of the users, then of the items; `shares` (2,) is the share
    of the variance of the last frame that each axis shows. `tops` (f, a, 5) int32 are the users' lists, -1 past a
    list's end, and `ndcg` (f, u) the validation NDCG@10 of u users; without validation ratings both hold nothing.
    `group_of` (b,) is the index of each item's group in `groups`, -1 for none. `nearest_own` (f, G) is the share of
    each group's items that lie nearest to their own group (`parting`), and `p_values` (G,) says how often chance takes
    it as far in the last frame; `fit` (f, a) is the share of a user's training pairs in the right order
    (`memorising`). These three are NaN unless the training `has_ended`.
    """

    numbers: np.ndarray
    users: np.ndarray
    items: np.ndarray
    positions: np.ndarray
    scale: float
    shares: np.ndarray
    tops: np.ndarray
    ndcg: np.ndarray
    groups: tuple[str, ...]
    group_of: np.ndarray
    nearest_own: np.ndarray
    p_values: np.ndarray
    fit: np.ndarray
    has_ended: bool

    @property
    def has_lists(self) -> bool:
        """Whether there are validation ratings, with which lists are compared."""
        return bool(self.ndcg.shape[1] > 0)

    @property
    def n_bytes(self) -> int:
        """The size of all arrays."""
        return sum(array.nbytes for array in self.to_arrays().values())

    def until(self, number: int) -> "Film":
        """Return the film as it was when epoch `number` was the newest, on the map of the last one."""
        count = max(1, int(np.searchsorted(self.numbers, number, side="right")))
        frames = {name: getattr(self, name)[:count] for name in _BY_FRAME}
        return replace(self, **frames, p_values=np.full(len(self.groups), np.nan), has_ended=False)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Return everything as plain arrays for a store; `from_arrays` is the inverse."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> "Film":
        """Restore the Film that `to_arrays` took apart."""
        plain: dict[str, Any] = {
            "scale": float(arrays["scale"]),
            "groups": tuple(str(name) for name in arrays["groups"]),
            "has_ended": bool(arrays["has_ended"]),
        }
        return cls(**{**arrays, **plain})


def quantise(coordinates: np.ndarray) -> tuple[np.ndarray, float]:
    """Return coordinates as int16, and the scale by which these are multiplied to have them back.

    They are off by at most half of a 32,000th of the farthest one.
    """
    scale = max(float(np.abs(coordinates).max(initial=0)), 1e-12) / _STEPS
    return np.round(coordinates / scale).astype(np.int16), scale
