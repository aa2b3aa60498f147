"""Catalogue metrics: what the lists recommend, whether or not it is right.

`top_items` (u, depth) holds each user's list, best first; -1 stands where a list has ended.
"""

import numpy as np

from recsys_core.errors import InputError


def coverage(top_items: np.ndarray, k: int, n_items: int) -> float:
    """The share of the n items that stand in the top k of at least one user.

    Catalogue coverage of Herlocker et al. (TOIS 2004).
    """
    lists = _cut(top_items, k)
    return len(np.unique(lists[lists >= 0])) / n_items


def mean_popularity(top_items: np.ndarray, k: int, popularity: np.ndarray) -> np.ndarray:
    """(u,) the mean over each user's top k of `popularity` (n,), the number of train users of an item.

    Average recommendation popularity of Abdollahpouri et al. (FLAIRS 2019). An empty list gets 0.
    """
    lists = _cut(top_items, k)
    filled = lists >= 0
    return np.sum(popularity[lists] * filled, axis=1) / np.maximum(filled.sum(axis=1), 1)


def _cut(top_items: np.ndarray, k: int) -> np.ndarray:
    depth = top_items.shape[1]
    if not 1 <= k <= depth:
        raise InputError(f"The cut-off k of a list of {depth} items must lie in 1 to {depth}. Got {k}.")
    return top_items[:, :k]
