"""Measures beyond accuracy: how novel, diverse, surprising and fitting the list of each user is.

`lists` (u, depth) int32 holds the recommended items of u users, best first; -1 stands where a list has ended. Every
function returns one value per user (u,), NaN where the measure is not defined for that user's list.
"""

import numpy as np
from scipy import sparse

from recsys_core.metrics.catalogue import first_k


def novelty(lists: np.ndarray, k: int, users_per_item: np.ndarray, n_users: int) -> np.ndarray:
    """(u,) the mean self-information −log2(users(i) / m) of the items in each user's top k, in bits.

    `users_per_item` (n,) counts the training users of each item, `n_users` is m, all users in training. An item that
    nobody chose counts as chosen by one. Zhou et al. (PNAS 2010); RecTools' MeanInvUserFreq. Higher is more novel.
    """
    information = -np.log2(np.maximum(users_per_item, 1) / n_users)
    return _mean_over_list(information, first_k(lists, k))


def intra_list_diversity(lists: np.ndarray, k: int, features: np.ndarray) -> np.ndarray:
    """(u,) the mean of 1 − cos(f_i, f_j) over all pairs of items i ≠ j in each user's top k.

    `features` (n, d) describe the items: their attributes, or their factors. An item whose features are all 0 resembles
    no other. Ziegler et al. (WWW 2005), Vargas and Castells (RecSys 2011). Undefined for lists of fewer than two items.
    """
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    directions = _divide(features, lengths, 0)
    chosen = _incidence(first_k(lists, k), len(features))
    count = np.diff(chosen.indptr)
    # The sum of all cosines in a list is |Σ f|², of which the items with themselves make up Σ |f|².
    with_itself = chosen @ np.sum(directions**2, axis=1)
    pairs = count * (count - 1)
    cosines = np.sum((chosen @ directions) ** 2, axis=1) - with_itself
    return _divide(pairs - cosines, pairs, np.nan)


def serendipity(lists: np.ndarray, k: int, is_hit: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """(u,) the share of the k places that hold a relevant item which is not among the k `expected` ones.

    `is_hit` (u, depth) says which places of `lists` hold a relevant item; `expected` (u, depth) are the lists that
    everybody could have written, those of the most popular unseen items. Ge, Delgado-Battenfeld and Jannach (RecSys
    2010). As with precision, the share is of k also where a list is shorter.
    """
    ours, obvious = first_k(lists, k), first_k(expected, k)
    users, places = np.nonzero(is_hit[:, :k] & (ours >= 0))
    # Few places hold a hit: only those are looked for among the expected items.
    is_expected = np.any(obvious[users] == ours[users, places][:, None], axis=1)
    n_surprises = np.bincount(users[~is_expected], minlength=len(ours))
    return n_surprises / k


def miscalibration(lists: np.ndarray, k: int, profiles: sparse.csr_array, attributes: np.ndarray) -> np.ndarray:
    """(u,) the Jensen–Shannon divergence, in bits, of each user's mix of attributes in the profile and in the top k.

    `profiles` (u, n) is 1 where a user chose an item in training, `attributes` (n, t) say which of t
    attributes (genres) each item has. An item shares its weight equally among its attributes; items without any make up
    an attribute of their own. 0 means that the list mirrors the profile, 1 that they have nothing in common.
    Steck (RecSys 2018), who uses the Kullback–Leibler divergence with smoothing; Jensen and Shannon's (Lin, IEEE Trans.
    Information Theory 1991) needs none. Undefined for an empty profile or an empty list.
    """
    weights = attribute_shares(attributes)
    wanted = _distribution(profiles @ weights)
    given = _distribution(_incidence(first_k(lists, k), len(attributes)) @ weights)
    middle = (wanted + given) / 2
    divergences: np.ndarray = (_relative_entropy(wanted, middle) + _relative_entropy(given, middle)) / 2
    return divergences


def popularity_lift(lists: np.ndarray, k: int, profiles: sparse.csr_array, users_per_item: np.ndarray) -> np.ndarray:
    """(u,) how much more popular the items of each user's top k are than those of the profile, as a share.

    (mean popularity of the list − that of the profile) / that of the profile, where `users_per_item` (n,) is the
    popularity of items and `profiles` (u, n) is 1 where a user chose an item in training: 0 where the
    list is as popular as the profile, 1 where it is twice as popular. Abdollahpouri et al. (RMSE workshop at RecSys
    2019), who first average over a group of users. Undefined for an empty profile or list.
    """
    popularity = users_per_item.astype(np.float64)
    count = np.diff(profiles.indptr)
    total = profiles @ popularity
    of_profile = _divide(total, np.where(total > 0, count, 0), np.nan)
    lifts: np.ndarray = _mean_over_list(popularity, first_k(lists, k)) / of_profile - 1
    return lifts


def attribute_shares(attributes: np.ndarray) -> np.ndarray:
    """(n, t + 1) the equal shares of each item's attributes; the last column is 1 for items without any."""
    counts = attributes.sum(axis=1, keepdims=True, dtype=np.float64)
    shares = _divide(attributes, counts, 0)
    return np.hstack([shares, counts == 0])


def _mean_over_list(value_of_item: np.ndarray, lists: np.ndarray) -> np.ndarray:
    filled = lists >= 0
    count = filled.sum(axis=1)
    return _divide(np.sum(value_of_item[lists] * filled, axis=1), count, np.nan)


def _incidence(lists: np.ndarray, n_items: int) -> sparse.csr_array:
    """(u, n) 1 where an item stands in a user's list."""
    filled = lists >= 0
    indptr = np.concatenate([[0], np.cumsum(filled.sum(axis=1))])
    return sparse.csr_array((np.ones(indptr[-1]), lists[filled], indptr), shape=(len(lists), n_items))


def _distribution(weights: np.ndarray) -> np.ndarray:
    """Rows divided by their sums; NaN for a row of zeros."""
    return _divide(weights, weights.sum(axis=1, keepdims=True), np.nan)


def _relative_entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """(u,) Kullback and Leibler's Σ p log2(p / q) by rows; q is above 0 wherever p is."""
    ratio = np.where(p > 0, _divide(p, q, 1), 1)
    entropies: np.ndarray = np.sum(p * np.log2(ratio), axis=1)
    return entropies


def _divide(numerator: np.ndarray, denominator: np.ndarray, otherwise: float) -> np.ndarray:
    """The quotient in float64; `otherwise` where the denominator is 0."""
    quotient = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), otherwise, np.float64)
    np.divide(numerator, denominator, out=quotient, where=denominator > 0)
    return quotient
