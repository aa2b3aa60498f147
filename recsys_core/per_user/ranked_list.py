"""The whole list of one user: the rank of an item, and what has moved between two lists."""

from dataclasses import dataclass, replace

import numpy as np

from recsys_core.algorithms.models import Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.evaluation.rank_items import top_items


@dataclass(frozen=True)
class ListPosition:
    """The `rank` (1 is best) of an item among the `count` items that a user has not seen."""

    rank: int
    count: int

    @property
    def percentile(self) -> float:
        """The percentage of the other items that are ranked below; 100 for the first."""
        return 100.0 * (self.count - self.rank) / max(1, self.count - 1)


def rank_unseen_items(recommender: Recommender, seen: Interactions, user: int) -> np.ndarray:
    """Return all items that `user` has not seen, best first; equal scores are ordered as in `rank`.

    Of lists (ListModel) those that are listed.
    """
    n_unseen = int(seen.n_items - seen.items_per_user[user])
    items = top_items(recommender, seen, np.array([user]), max(1, n_unseen))[0, :n_unseen]
    return items[items >= 0]


def find_position(item: int, items_best_first: np.ndarray) -> ListPosition | None:
    """Return where an item stands in a whole list; None where it has been seen, or the list ends before it."""
    indices = np.flatnonzero(items_best_first == item)
    return ListPosition(int(indices[0]) + 1, len(items_best_first)) if len(indices) else None


def count_ranks_climbed(before: np.ndarray, after: np.ndarray, k: int) -> np.ndarray:
    """Return for each of the first k items of `after` by how many ranks it is higher than in `before`; both are whole
    lists of the same items."""
    ranks = np.empty(int(before.max(initial=-1)) + 1, np.int64)
    ranks[before] = np.arange(len(before))
    top = after[:k]
    climbed: np.ndarray = ranks[top] - np.arange(len(top))
    return climbed


def count_shared_items(one: np.ndarray, other: np.ndarray, k: int) -> int:
    """Return how many items are among the first k of both lists."""
    return len(np.intersect1d(one[:k], other[:k]))


def select_user(interactions: Interactions, user: int) -> Interactions:
    """Return what belongs to one user (1, n), as if there were no others."""
    own = interactions.of(user)
    indptr = np.array([0, own.stop - own.start])
    return replace(interactions, indptr=indptr, items=interactions.items[own], values=interactions.values[own])
