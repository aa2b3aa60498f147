"""Dislikes among the hits: how many of the held-out items in a list were rated low by their user."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class DislikedHits:
    """Of the `n_hits` held-out items within the first k ranks, `n_disliked` were rated below a bound.

    `share_held_out` is the share of such ratings among all that are held out: what a blind list would find.
    """

    n_hits: int
    n_disliked: int
    share_held_out: float

    @property
    def share(self) -> float | None:
        """The share of the hits that are disliked; None without a hit."""
        return self.n_disliked / self.n_hits if self.n_hits else None


@dataclass(frozen=True, eq=False)
class HeldOutRatings:
    """All held-out ratings of a subset, relevant or not: `users`, `values` and the `ranks` that their items got, (h,).

    Ranks count from 1 among all items that the user has not seen. The arrays are read-only.
    """

    users: np.ndarray
    values: np.ndarray
    ranks: np.ndarray

    def __post_init__(self) -> None:
        for array in (self.users, self.values, self.ranks):
            array.flags.writeable = False

    def disliked_hits(self, k: int, below: float) -> DislikedHits:
        """Count the hits within the first k ranks, and those of them with a rating below `below`, over all users."""
        is_hit, is_disliked = self.ranks <= k, self.values < np.float32(below)
        return DislikedHits(int(is_hit.sum()), int((is_hit & is_disliked).sum()), float(is_disliked.mean()))
