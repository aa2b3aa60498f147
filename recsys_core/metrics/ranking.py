"""Ranking metrics: functions of a RankedRelevance and a cut-off k that return one value per user (u,).

The formulas speak of one user: relevant items at ranks r (from 1), R of them, of which those with
r <= k are hits; the discount of a rank is 1 / log2(r + 1).
Binary metrics count every relevant item alike, whatever its rating.
"""

from collections.abc import Callable

import numpy as np

from recsys_core.errors import InputError
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance

CUTOFF = 10
"""The cut-off k of every number for which nobody chose another: curves, histories, files."""

MAX_EXPONENT = 50


def ndcg(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return binary NDCG: Σ over hits of 1 / log2(r + 1), divided by the same sum of a perfect list of k.

    The perfect list has its relevant items at ranks 1 to min(k, R), so that 1 can always be reached
    (Järvelin and Kekäläinen 2002 with gains 0 and 1; Krichene and Rendle 2020).
    """
    check_cutoff(k)
    values: np.ndarray = binary_dcg(ranked, k) / _ideal_binary_dcg(np.minimum(ranked.n_relevant, k))
    return values


def ndcg_uncut_ideal(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return binary NDCG whose perfect list is not cut at k: it has all R relevant items.

    With R > k it cannot reach 1. On data that say only yes or no, the convention of Ferrari Dacrema et al. (TOIS
    2021) and their tables; from ratings they take the gain 2^rel - 1.
    """
    check_cutoff(k)
    values: np.ndarray = binary_dcg(ranked, k) / _ideal_binary_dcg(ranked.n_relevant)
    return values


def ndcg_graded(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return graded NDCG with the gain 2^rel - 1: better rated items weigh exponentially more.

    Burges et al. (ICML 2005). The perfect list holds the min(k, R) best rated items, best first.
    A user whose relevant items all have the gain 0 gets 0.
    """
    return _normalised(dcg(ranked, k, exponential_gain), ideal_dcg(ranked, k, exponential_gain))


def ndcg_linear(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return graded NDCG with the rating itself as gain.

    Järvelin and Kekäläinen (TOIS 2002) with the discount 1 / log2(r + 1), as trec_eval's `ndcg_cut` and
    scikit-learn's `ndcg_score` have it. A user whose relevant items all have the gain 0 gets 0.
    """
    return _normalised(dcg(ranked, k, linear_gain), ideal_dcg(ranked, k, linear_gain))


def average_precision(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return AP@k: the precision at the rank of each hit, summed and divided by min(k, R); its mean is MAP@k.

    Dividing by min(k, R) lets a perfect list reach 1 at every k (the convention of implicit and of
    Kaggle's MAP@k). `average_precision_over_relevant` divides by R.
    """
    values: np.ndarray = _sum_of_precisions(ranked, k) / np.minimum(ranked.n_relevant, k)
    return values


def average_precision_over_relevant(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return AP@k divided by all R relevant items, so that with R > k it cannot reach 1.

    trec_eval's `map_cut`, and `map` with k the length of the list; also `map` of Microsoft Recommenders, whose
    `map_at_k` divides by min(k, R) since version 1.2.
    """
    values: np.ndarray = _sum_of_precisions(ranked, k) / ranked.n_relevant
    return values


def precision(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return hits divided by k, even where the list is shorter than k (as trec_eval's `P_k`)."""
    return _n_hits(ranked, k) / k


def recall(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return hits divided by R, all relevant items (as trec_eval's `recall_k`); with R > k it cannot reach 1."""
    values: np.ndarray = _n_hits(ranked, k) / ranked.n_relevant
    return values


def hit_rate(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return 1 if there is at least one hit, else 0."""
    values: np.ndarray = np.minimum(_n_hits(ranked, k), 1.0)
    return values


def reciprocal_rank(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return 1 / r of the first hit, or 0 without one; its mean is MRR@k (Voorhees 1999)."""
    check_cutoff(k)
    first = np.minimum.reduceat(ranked.ranks, ranked.indptr[:-1])
    return np.where(first <= k, 1.0 / first, 0.0)


def auc(ranked: RankedRelevance, k: int | None = None) -> np.ndarray:
    """Return the share of pairs (relevant item, other candidate) in which the relevant one ranks higher.

    Rendle et al. (UAI 2009). It looks at whole lists: `k` is accepted so that all metrics are called
    alike, and does not count. A user with no other candidate gets 1/2, which is what chance gives.
    Raises InputError where a relevant item is unranked.
    """
    if np.any(ranked.ranks == UNRANKED):
        raise InputError("AUC must have the rank of every relevant item. Got lists that are cut short.")
    n_relevant = ranked.n_relevant
    n_others = ranked.n_candidates - n_relevant
    # Below rank r stand n_candidates - r candidates; R(R - 1)/2 pairs are of two relevant items.
    below = ranked.n_candidates * n_relevant - ranked.sum_per_user(ranked.ranks)
    n_right = below - n_relevant * (n_relevant - 1) / 2
    return np.where(n_others > 0, n_right / np.maximum(n_others * n_relevant, 1), 0.5)


def exponential_gain(relevance: np.ndarray) -> np.ndarray:
    """Return 2^rel - 1. Raises InputError unless the ratings lie on a scale where that can be computed."""
    if np.any(relevance < 0) or np.any(relevance > MAX_EXPONENT):
        raise InputError(
            f"Graded NDCG with the gain 2^rel - 1 must have values between 0 and {MAX_EXPONENT}. "
            f"Got {relevance.min():g} to {relevance.max():g}: use binary NDCG."
        )
    gains: np.ndarray = np.exp2(relevance, dtype=np.float64) - 1
    return gains


def linear_gain(relevance: np.ndarray) -> np.ndarray:
    """Return the rating itself. Raises InputError for ratings below 0: a loss cannot be a gain."""
    if np.any(relevance < 0):
        raise InputError(
            "Graded NDCG with the rating as gain must have values of at least 0. "
            f"Got {relevance.min():g}: use binary NDCG."
        )
    return relevance.astype(np.float64)


def binary_dcg(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Return Σ over hits of 1 / log2(r + 1)."""
    return ranked.sum_per_user(_discounts(ranked.ranks, k))


def dcg(ranked: RankedRelevance, k: int, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the discounted cumulative gain, Σ over hits of gain(rel) / log2(r + 1)."""
    return ranked.sum_per_user(gain(ranked.relevance) * _discounts(ranked.ranks, k))


def ideal_dcg(ranked: RankedRelevance, k: int, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the DCG of a perfect list of k: the relevant items by descending gain."""
    return ranked.sum_per_user(gain(ranked.descending_relevance) * _discounts(ranked.ideal_ranks, k))


def _discounts(ranks: np.ndarray, k: int) -> np.ndarray:
    check_cutoff(k)
    discounts, is_hit = np.zeros(len(ranks)), ranks <= k
    discounts[is_hit] = 1.0 / np.log2(ranks[is_hit] + 1.0)  # of most ranks no logarithm is needed
    return discounts


def _ideal_binary_dcg(length: np.ndarray) -> np.ndarray:
    """(u,) the sum of the first `length` (u,) discounts."""
    longest = length.max(initial=0)
    sums: np.ndarray = np.cumsum(_discounts(np.arange(1, longest + 1), longest or 1))[length - 1]
    return sums


def _normalised(reached: np.ndarray, ideal: np.ndarray) -> np.ndarray:
    return reached / np.where(ideal > 0, ideal, 1.0)


def _n_hits(ranked: RankedRelevance, k: int) -> np.ndarray:
    check_cutoff(k)
    return ranked.sum_per_user(ranked.ranks <= k)


def _sum_of_precisions(ranked: RankedRelevance, k: int) -> np.ndarray:
    # The j-th hit of a user, at rank r, closes a list of j hits among r items.
    check_cutoff(k)
    hits, has_any = ranked.only(ranked.ranks <= k)
    starts, precisions = ranked.indptr[:-1][has_any], np.zeros(len(ranked.ranks))
    precisions[starts[hits.users] + hits.ideal_ranks - 1] = hits.ideal_ranks / hits.ascending_ranks
    return ranked.sum_per_user(precisions)


def check_cutoff(k: int) -> None:
    """Raise InputError for a cut-off k below 1."""
    if k < 1:
        raise InputError(f"The cut-off k must be at least 1. Got {k}.")
