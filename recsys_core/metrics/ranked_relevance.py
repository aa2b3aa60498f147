"""RankedRelevance: the ranks of each user's relevant items, which is all that a ranking metric sees."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys_core.errors import InputError

UNRANKED = np.iinfo(np.int32).max
"""The rank of a relevant item that the list does not hold at all: beyond every cut-off."""


@dataclass(frozen=True, eq=False)
class RankedRelevance:
    """The ranks of the relevant items of u scored users, in CSR form: any metric at any k follows.

    Row s holds `ranks[indptr[s]:indptr[s + 1]]`, in any order: the rank of each relevant item in the
    list of all candidates of that user, counted from 1, int32 (or float64 where it is a mean rank over
    equal scores). `relevance`, float32, stands beside the ranks: the held-out rating, or 1 where relevance
    is yes or no. `n_candidates` (u,) is the length of each list. Every user has at least one relevant item;
    without one, most metrics are 0/0.
    The arrays are read-only.
    """

    indptr: np.ndarray
    ranks: np.ndarray
    relevance: np.ndarray
    n_candidates: np.ndarray

    def __post_init__(self) -> None:
        if np.any(self.n_relevant < 1):
            raise InputError(
                "Every scored user must have at least one relevant item. "
                f"{np.sum(self.n_relevant < 1)} have none: leave them out."
            )
        for array in (self.indptr, self.ranks, self.relevance, self.n_candidates):
            array.flags.writeable = False

    @property
    def n_users(self) -> int:
        return len(self.indptr) - 1

    @cached_property
    def n_relevant(self) -> np.ndarray:
        """The number of relevant items of each user, (u,)."""
        return np.diff(self.indptr)

    @cached_property
    def users(self) -> np.ndarray:
        """The row, 0..u-1, of each relevant item."""
        return np.repeat(np.arange(self.n_users), self.n_relevant)

    @cached_property
    def ideal_ranks(self) -> np.ndarray:
        """The ranks of a perfect list: 1, 2, 3, ... within each user."""
        ranks: np.ndarray = np.arange(1, len(self.ranks) + 1) - self.indptr[self.users]
        return ranks

    @cached_property
    def ascending_ranks(self) -> np.ndarray:
        """The ranks, ascending within each user."""
        if self.ranks.dtype.kind == "f":
            return self.ranks[np.lexsort((self.ranks, self.users))]
        # One sort of (user, rank) packed into one integer; much faster than a sort by two keys.
        return np.sort((self.users << 32) | self.ranks) & 0xFFFFFFFF

    @cached_property
    def descending_relevance(self) -> np.ndarray:
        """The relevance, descending within each user: a perfect list."""
        return self.relevance[np.lexsort((-self.relevance, self.users))]

    def hits(self, depth: int) -> np.ndarray:
        """Return (u, depth) bool: which of the first `depth` ranks hold a relevant item."""
        is_hit = np.zeros((self.n_users, depth), bool)
        is_near = self.ranks <= depth
        is_hit[self.users[is_near], self.ranks[is_near].astype(np.int64) - 1] = True
        return is_hit

    def only(self, keep: np.ndarray) -> tuple["RankedRelevance", np.ndarray]:
        """Return only the relevant items where `keep` is true, and which users (u,) have one of these left."""
        counts = np.add.reduceat(keep.astype(np.int64), self.indptr[:-1])
        has_any = counts > 0
        indptr = np.concatenate([[0], np.cumsum(counts[has_any])])
        kept = RankedRelevance(indptr, self.ranks[keep], self.relevance[keep], self.n_candidates[has_any])
        return kept, has_any

    def sum_per_user(self, values: np.ndarray) -> np.ndarray:
        """Return (u,) float64: the sum of `values`, one per relevant item, over each user's items."""
        return np.add.reduceat(values, self.indptr[:-1], dtype=np.float64)
