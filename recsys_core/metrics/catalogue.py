"""Catalogue metrics: what the lists recommend, whether or not it is right.

`top_items` (u, depth) holds each user's list, best first; -1 stands where a list has ended.
"""

import numpy as np

from recsys_core.errors import InputError


def coverage(top_items: np.ndarray, k: int, n_items: int) -> float:
    """Return the share of the n items that are in the top k of at least one user.

    Catalogue coverage of Herlocker et al. (TOIS 2004).
    """
    lists = first_k(top_items, k)
    return len(np.unique(lists[lists >= 0])) / n_items


def mean_popularity(top_items: np.ndarray, k: int, popularity: np.ndarray) -> np.ndarray:
    """Return (u,) the mean over each user's top k of `popularity` (n,), the number of train users of an item.

    Average recommendation popularity of Abdollahpouri et al. (FLAIRS 2019). NaN for an empty list.
    """
    lists = first_k(top_items, k)
    filled = lists >= 0
    return _over_length(np.sum(popularity[lists] * filled, axis=1), filled)


def first_k(top_items: np.ndarray, k: int) -> np.ndarray:
    """Return the first k items of every list. Raises InputError for a k beyond the lists that are kept."""
    depth = top_items.shape[1]
    if not 1 <= k <= depth:
        raise InputError(f"The cut-off k of a list of {depth} items must lie in 1 to {depth}. Got {k}.")
    return top_items[:, :k]


def recommendation_counts(top_items: np.ndarray, k: int, n_items: int) -> np.ndarray:
    """Return (n,) in how many users' top k each item is."""
    lists = first_k(top_items, k)
    return np.bincount(lists[lists >= 0], minlength=n_items)


def tail_share(top_items: np.ndarray, k: int, popularity: np.ndarray) -> np.ndarray:
    """(u,) the share of each user's top k outside the most popular fifth of the n items; NaN for an empty list.

    The average percentage of long-tail items (APLT) of Abdollahpouri et al. (FLAIRS 2019). `popularity` (n,) counts the
    training users of an item; of equally popular items the first ones belong to the fifth.
    """
    lists = first_k(top_items, k)
    is_tail = np.ones(len(popularity), bool)
    is_tail[np.argsort(-popularity, kind="stable")[: len(popularity) // 5]] = False
    filled = lists >= 0
    return _over_length(np.sum(is_tail[lists] & filled, axis=1), filled)


def gini(counts: np.ndarray) -> float:
    """Return how unequally `counts` (n,) are spread over the items: 0 if all are equal, near 1 if one has all.

    Gini's coefficient as Σ (2i − n − 1) c_(i) / (n Σ c), c ascending (for recommendations Fleder and Hosanagar,
    Management Science 2009). 0 where nothing was counted.
    """
    ascending, n = np.sort(counts), len(counts)
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float(np.sum(weights * ascending) / max(n * ascending.sum(), 1))


def share_by_popularity(counts: np.ndarray, popularity: np.ndarray, n_groups: int = 10) -> np.ndarray:
    """Return (n_groups,) the share of `counts` (n,) that goes to each tenth of the items, the most popular first."""
    order = np.argsort(-popularity, kind="stable")
    sums = np.array([group.sum() for group in np.array_split(counts[order], n_groups)], np.float64)
    shares: np.ndarray = sums / max(sums.sum(), 1)
    return shares


def mean_overlap(top_items: np.ndarray, k: int, n_items: int) -> float:
    """Return the share of their top k that two users have in common, on average over all pairs of users with a list.

    The share is of the longer of the two lists: 1 where everyone gets the same list, however short. 1 minus it is known
    as personalisation. NaN with fewer than two lists.
    """
    overlaps = overlap_with_others(top_items, k, n_items)
    return float(np.mean(overlaps[~np.isnan(overlaps)])) if len(overlaps) and not np.isnan(overlaps).all() else np.nan


def mean_common_items(top_items: np.ndarray, k: int, n_items: int) -> float:
    """Return how many items the top k of two users have in common, on average over all pairs of users with a list.

    NaN with fewer than two lists.
    """
    n_lists = np.count_nonzero((first_k(top_items, k) >= 0).any(axis=1))
    counts = recommendation_counts(top_items, k, n_items).astype(np.float64)
    return float(np.sum(counts * (counts - 1)) / (n_lists * (n_lists - 1))) if n_lists > 1 else float("nan")


def overlap_with_others(top_items: np.ndarray, k: int, n_items: int) -> np.ndarray:
    """Return (u,) the mean over all other users with a list of the share that the two top k have in common.

    NaN for an empty list, and with fewer than two lists; `mean_overlap` is their mean.
    """
    lists = first_k(top_items, k)
    filled = lists >= 0
    lengths = filled.sum(axis=1)
    n_others = np.count_nonzero(lengths) - 1
    shared = np.full(len(lists), np.nan)
    if n_others < 1:
        return shared
    known = np.unique(lengths[lengths > 0])
    # (lengths, n): in how many lists of each length an item is. With one as long or shorter, the share is of one's own.
    counts = np.stack([np.bincount(lists[(lengths == each)[:, None] & filled], minlength=n_items) for each in known])
    for at, length in enumerate(known):
        weights = counts[: at + 1].sum(axis=0) / length + (counts[at + 1 :] / known[at + 1 :, None]).sum(axis=0)
        of_length = lengths == length
        own = np.where(filled[of_length], weights[lists[of_length]] - 1 / length, 0.0)
        shared[of_length] = own.sum(axis=1) / n_others
    return shared


def _over_length(sums: np.ndarray, filled: np.ndarray) -> np.ndarray:
    """Return `sums` (u,) divided by the lengths of the lists that are `filled` (u, k); NaN for an empty one."""
    lengths = filled.sum(axis=1)
    means: np.ndarray = np.divide(sums, lengths, out=np.full(len(sums), np.nan), where=lengths > 0)
    return means
