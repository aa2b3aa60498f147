"""Lists as a model: what somebody's recommender, known only by what it recommends, gives to each user."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class ListModel:
    """The recommended items of every user, `lists` (m, depth) int32, best first.

    -1 stands where a list has ended, and at a place that is wasted: one with an item that the data do not know. What
    is not listed is not recommended, so that it has no rank. Lists are taken as they are: an item that the user has
    seen already keeps its place.
    """

    lists: np.ndarray
    n_items: int

    predicts_ratings = False

    def __post_init__(self) -> None:
        self.lists.flags.writeable = False

    @property
    def n_users(self) -> int:
        return len(self.lists)

    def scores(self, users: np.ndarray) -> np.ndarray:
        """(len(users), n) float32: 1 / rank of what is listed, 0 of all else."""
        scores = np.zeros((len(users), self.n_items), np.float32)
        for position in reversed(range(self.lists.shape[1])):  # of an item listed twice the better rank stays
            items = self.lists[users, position]
            rows = np.flatnonzero(items >= 0)
            scores[rows, items[rows]] = 1 / (position + 1)
        return scores

    def scores_of(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Scores of single (user, item) pairs, float32."""
        is_there = self.lists[users] == items[:, None]
        return np.where(is_there.any(axis=1), 1 / (is_there.argmax(axis=1) + 1), 0).astype(np.float32)

    def is_finite(self) -> bool:
        """Whether all its numbers are finite: always."""
        return True

    def ranks_of(self, users: np.ndarray, items: np.ndarray, unranked: int) -> np.ndarray:
        """The rank of each item, from 1, in the list of the user beside it; `unranked` where it is not listed."""
        ranks = np.full(len(users), unranked, np.int32)
        owners, positions = np.nonzero(self.lists >= 0)
        keys = owners * self.n_items + self.lists[owners, positions]
        order = np.argsort(keys, kind="stable")  # of an item listed twice the better rank comes first
        keys, positions = keys[order], positions[order]
        wanted = np.asarray(users, np.int64) * self.n_items + items
        at = np.searchsorted(keys, wanted)
        is_there = at < len(keys)
        is_there[is_there] = keys[at[is_there]] == wanted[is_there]
        ranks[is_there] = positions[at[is_there]] + 1
        return ranks
