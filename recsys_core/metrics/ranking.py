"""Ranking metrics: RankedRelevance and a cut-off k in, one value per user (u,) out.

The formulas speak of one user: relevant items at ranks r (from 1), R of them, of which those with
r <= k are hits; the discount of a rank is 1 / log2(r + 1).
Binary metrics count every relevant item alike, whatever its rating.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InputError
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance

CUTOFF = 10
"""The k of every figure for which nobody chose another: curves, histories, files."""

MAX_EXPONENT = 50


def ndcg(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Binary NDCG: Σ over hits of 1 / log2(r + 1), divided by the same sum of a perfect list of k.

    The perfect list has its relevant items at ranks 1 to min(k, R), so that 1 can always be reached
    (Järvelin and Kekäläinen 2002 with gains 0 and 1; Krichene and Rendle 2020).
    """
    check_cutoff(k)
    return binary_dcg(ranked, k) / _ideal_binary_dcg(np.minimum(ranked.n_relevant, k))


def ndcg_uncut_ideal(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Binary NDCG whose perfect list is not cut at k: it has all R relevant items.

    With R > k it cannot reach 1. On data that say only yes or no, the convention of Ferrari Dacrema et al. (TOIS
    2021) and their tables; from ratings they take the gain 2^rel - 1.
    """
    check_cutoff(k)
    return binary_dcg(ranked, k) / _ideal_binary_dcg(ranked.n_relevant)


def ndcg_graded(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Graded NDCG with the gain 2^rel - 1: better rated items weigh exponentially more.

    Burges et al. (ICML 2005). The perfect list holds the min(k, R) best rated items, best first.
    A user whose relevant items all have the gain 0 gets 0.
    """
    return _normalised(dcg(ranked, k, exponential_gain), ideal_dcg(ranked, k, exponential_gain))


def ndcg_linear(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Graded NDCG with the rating itself as gain.

    Järvelin and Kekäläinen (TOIS 2002) with the discount 1 / log2(r + 1), as trec_eval's `ndcg_cut` and
    scikit-learn's `ndcg_score` have it. A user whose relevant items all have the gain 0 gets 0.
    """
    return _normalised(dcg(ranked, k, linear_gain), ideal_dcg(ranked, k, linear_gain))


def average_precision(ranked: RankedRelevance, k: int) -> np.ndarray:
    """AP@k: the precision at the rank of each hit, summed and divided by min(k, R); its mean is MAP@k.

    Dividing by min(k, R) lets a perfect list reach 1 at every k (the convention of implicit and of
    Kaggle's MAP@k). `average_precision_over_relevant` divides by R.
    """
    return _sum_of_precisions(ranked, k) / np.minimum(ranked.n_relevant, k)


def average_precision_over_relevant(ranked: RankedRelevance, k: int) -> np.ndarray:
    """AP@k divided by all R relevant items, so that with R > k it cannot reach 1.

    trec_eval's `map_cut`, and `map` with k the length of the list; also `map` of Microsoft Recommenders, whose
    `map_at_k` divides by min(k, R) since version 1.2.
    """
    return _sum_of_precisions(ranked, k) / ranked.n_relevant


def precision(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Hits divided by k, even where the list is shorter than k (as trec_eval's `P_k`)."""
    return _n_hits(ranked, k) / k


def recall(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Hits divided by R, all relevant items (as trec_eval's `recall_k`); with R > k it cannot reach 1."""
    return _n_hits(ranked, k) / ranked.n_relevant


def hit_rate(ranked: RankedRelevance, k: int) -> np.ndarray:
    """1 if there is at least one hit, else 0."""
    return np.minimum(_n_hits(ranked, k), 1.0)


def reciprocal_rank(ranked: RankedRelevance, k: int) -> np.ndarray:
    """1 / r of the first hit, or 0 without one; its mean is MRR@k (Voorhees 1999)."""
    check_cutoff(k)
    first = ranked.ascending_ranks[ranked.indptr[:-1]]
    return np.where(first <= k, 1.0 / first, 0.0)


def auc(ranked: RankedRelevance, k: int | None = None) -> np.ndarray:
    """The share of pairs (relevant item, other candidate) in which the relevant one stands higher.

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
    """2^rel - 1. Raises InputError unless the ratings lie on a scale where that can be computed."""
    if np.any(relevance < 0) or np.any(relevance > MAX_EXPONENT):
        raise InputError(
            f"Graded NDCG with the gain 2^rel - 1 must have ratings between 0 and {MAX_EXPONENT}. "
            f"Got {relevance.min():g} to {relevance.max():g}: use binary NDCG."
        )
    return np.exp2(relevance, dtype=np.float64) - 1


def linear_gain(relevance: np.ndarray) -> np.ndarray:
    """The rating itself. Raises InputError for ratings below 0: a loss has no place in a gain."""
    if np.any(relevance < 0):
        raise InputError(
            "Graded NDCG with the rating as gain must have ratings of at least 0. "
            f"Got {relevance.min():g}: use binary NDCG."
        )
    return relevance.astype(np.float64)


def binary_dcg(ranked: RankedRelevance, k: int) -> np.ndarray:
    """Σ over hits of 1 / log2(r + 1)."""
    return ranked.sum_per_user(_discounts(ranked.ranks, k))


def dcg(ranked: RankedRelevance, k: int, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Discounted cumulative gain: Σ over hits of gain(rel) / log2(r + 1)."""
    return ranked.sum_per_user(gain(ranked.relevance) * _discounts(ranked.ranks, k))


def ideal_dcg(ranked: RankedRelevance, k: int, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The DCG of a perfect list of k: the relevant items by descending gain."""
    return ranked.sum_per_user(gain(ranked.descending_relevance) * _discounts(ranked.places, k))


def _discounts(ranks: np.ndarray, k: int) -> np.ndarray:
    check_cutoff(k)
    return np.where(ranks <= k, 1.0 / np.log2(ranks + 1.0), 0.0)


def _ideal_binary_dcg(length: np.ndarray) -> np.ndarray:
    """(u,) the sum of the first `length` (u,) discounts."""
    longest = length.max(initial=0)
    return np.cumsum(_discounts(np.arange(1, longest + 1), longest or 1))[length - 1]


def _normalised(reached: np.ndarray, ideal: np.ndarray) -> np.ndarray:
    return reached / np.where(ideal > 0, ideal, 1.0)


def _n_hits(ranked: RankedRelevance, k: int) -> np.ndarray:
    check_cutoff(k)
    return ranked.sum_per_user(ranked.ranks <= k)


def _sum_of_precisions(ranked: RankedRelevance, k: int) -> np.ndarray:
    # With ranks ascending, the j-th relevant item at rank r closes a list of j hits among r items.
    check_cutoff(k)
    ranks = ranked.ascending_ranks
    return ranked.sum_per_user(np.where(ranks <= k, ranked.places / ranks, 0.0))


def check_cutoff(k: int) -> None:
    """Raises InputError unless a list of length k has a place."""
    if k < 1:
        raise InputError(f"The cut-off k must be at least 1. Got {k}.")


@dataclass(frozen=True)
class Metric:
    """A metric that the app offers: the function, the name people know and one plain sentence.

    Higher is better and 1 is perfect. `uses_k` says whether the cut-off counts.
    """

    function: Callable[[RankedRelevance, int], np.ndarray]
    label: str
    meaning: str
    uses_k: bool = True
    gain: Callable[[np.ndarray], np.ndarray] | None = None
    """What a rating is worth, where the metric looks at ratings."""

    def why_not(self, ranked: RankedRelevance) -> str:
        """Why the metric does not exist for these ratings, in a sentence; '' where it does."""
        try:
            if self.gain is not None:
                self.gain(ranked.relevance)
        except InputError as error:
            return str(error)
        return ""

    def title(self, k: int) -> str:
        """The label as papers write it, such as NDCG@10."""
        return f"{self.label}@{k}" if self.uses_k else self.label


METRICS = {
    "ndcg": Metric(ndcg, "NDCG", "How high the held-out items stand in the top k; the first places count most."),
    "ndcg_graded": Metric(
        ndcg_graded,
        "NDCG graded",
        "As NDCG with the gain 2^rating − 1 of the rating as it is, so better rated items weigh more.",
        gain=exponential_gain,
    ),
    "map": Metric(average_precision, "MAP", "How clean the list is down to each held-out item found."),
    "precision": Metric(precision, "Precision", "The share of the top k that was held out."),
    "recall": Metric(recall, "Recall", "The share of the held-out items that the top k contains."),
    "hit_rate": Metric(hit_rate, "Hit rate", "How many people find at least one held-out item in the top k."),
    "mrr": Metric(reciprocal_rank, "MRR", "One divided by the place of the first held-out item."),
    "auc": Metric(auc, "AUC", "How often a held-out item stands above one that was not.", uses_k=False),
    "ndcg_uncut_ideal": Metric(
        ndcg_uncut_ideal,
        "NDCG (ideal not cut)",
        "NDCG as Ferrari Dacrema et al. have it: lower for big users.",
    ),
    "ndcg_linear": Metric(
        ndcg_linear, "NDCG (linear gain)", "NDCG as trec_eval has it: the rating is the gain.", gain=linear_gain
    ),
    "map_over_relevant": Metric(
        average_precision_over_relevant,
        "MAP (over relevant)",
        "MAP as trec_eval has it: lower for big users.",
    ),
}
"""By the name that stands in URLs and in the store."""

HEADLINE_METRICS = ("ndcg", "map", "recall", "mrr")
"""What is told of a model wherever it goes, beside what somebody has chosen."""
