"""The k-core of interactions: the largest part of them in which everybody and everything has at least k."""

import numpy as np

from recsys_core.data.interactions import Interactions


def peel_to_core(data: Interactions, n: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """Find the n-core: (is_inside, a boolean for each interaction; the number of interactions left after each round).

    A round looks only at users and items that lost a rating in the round before, so that a long chain that falls link
    by link costs its length, not the square of it.
    """
    by_item = np.argsort(data.items, kind="stable")
    item_indptr = np.concatenate([[0], np.cumsum(data.users_per_item)])
    users, items = (
        _Side(data.users, data.indptr, np.arange(data.n_interactions)),
        _Side(data.items, item_indptr, by_item),
    )
    is_inside, n_left_after = np.ones(data.n_interactions, bool), list[int]()
    n_left = data.n_interactions
    weak = [np.flatnonzero(side.counts < n) for side in (users, items)]
    while True:
        touched = np.concatenate([side.entries_of(few) for side, few in zip((users, items), weak, strict=True)])
        gone = np.unique(touched[is_inside[touched]])
        if not len(gone):
            return is_inside, tuple(n_left_after)
        is_inside[gone] = False
        n_left -= len(gone)
        n_left_after.append(n_left)
        weak = [side.remove(gone, n) for side in (users, items)]


class _Side:
    """Counts the ratings of the users, or of the items, of a data set while ratings are removed.

    `member_of` (e,) is the user or item of each rating; `entries[indptr[i]:indptr[i + 1]]` are the ratings of member i.
    """

    def __init__(self, member_of: np.ndarray, indptr: np.ndarray, entries: np.ndarray) -> None:
        self.member_of, self.indptr, self.entries = member_of, indptr, entries
        self.counts = np.diff(indptr)

    def entries_of(self, members: np.ndarray) -> np.ndarray:
        """Return the indices of all ratings of `members`, including those already removed."""
        starts, lengths = self.indptr[members], self.indptr[members + 1] - self.indptr[members]
        ends = np.cumsum(lengths)
        indices: np.ndarray = self.entries[np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)]
        return indices

    def remove(self, gone: np.ndarray, n: int) -> np.ndarray:
        """Remove the ratings with the indices `gone`; return the members who have fewer than `n` left because of it."""
        members, n_gone = np.unique(self.member_of[gone], return_counts=True)
        self.counts[members] -= n_gone
        weakened: np.ndarray = members[self.counts[members] < n]
        return weakened
