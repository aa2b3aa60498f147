"""Conventions: NDCG@k and MAP@k as seven well-known libraries compute them by default.

The formulas speak of one user as in `ranking`: relevant items at ranks r, R of them, rel the held-out rating and
rel* the ratings in descending order. Ties, and users without a relevant item, are settled before any of this:
all conventions see the same lists and the same users, so that only the formulas differ.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InputError
from recsys_core.metrics.dcg_terms import log2_discount
from recsys_core.metrics.metric import are_highest
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance
from recsys_core.metrics.ranking import (
    average_precision_over_relevant,
    check_cutoff,
    exponential_gain,
    linear_gain,
)

# Gains: what a relevant item is worth


def one(relevance: np.ndarray) -> np.ndarray:
    """Return 1 for every rating."""
    return np.ones(len(relevance))


# Discounts: what a rank leaves of it


def log2_discount_from_third(ranks: np.ndarray) -> np.ndarray:
    """Return 1 / max(1, log2 r): 1, 1, 0.63, 0.5, …; the first two ranks count alike.

    The discount of Järvelin and Kekäläinen (TOIS 2002) with base 2.
    """
    discounts: np.ndarray = 1.0 / np.maximum(np.log2(ranks), 1.0)
    return discounts


# Ideal lists: what the DCG is divided by


def best_k(ranked: RankedRelevance, k: int) -> RankedRelevance:
    """Return the min(k, R) best rated relevant items, best first: 1 can always be reached."""
    kept = ranked.ideal_ranks <= k
    return _lists(np.minimum(ranked.n_relevant, k), ranked.ideal_ranks[kept], ranked.descending_relevance[kept])


def all_relevant(ranked: RankedRelevance, k: int) -> RankedRelevance:
    """Return all R relevant items, best first: with R > k, 1 cannot be reached."""
    return _lists(ranked.n_relevant, ranked.ideal_ranks, ranked.descending_relevance)


def k_relevant(ranked: RankedRelevance, k: int) -> RankedRelevance:
    """Return k relevant items, even for a user who has fewer: with R < k, 1 cannot be reached."""
    return _lists(np.full(ranked.n_users, k), np.tile(np.arange(1, k + 1), ranked.n_users), np.ones(ranked.n_users * k))


def _lists(lengths: np.ndarray, ranks: np.ndarray, relevance: np.ndarray) -> RankedRelevance:
    return RankedRelevance(np.concatenate([[0], np.cumsum(lengths)]), ranks, relevance, lengths)


@dataclass(frozen=True)
class NDCG:
    """Σ over hits of gain · discount, divided by the same sum over an ideal list; `formula` is that in LaTeX."""

    formula: str
    gain: Callable[[np.ndarray], np.ndarray]
    discount: Callable[[np.ndarray], np.ndarray]
    ideal: Callable[[RankedRelevance, int], RankedRelevance]

    def __call__(self, ranked: RankedRelevance, k: int) -> np.ndarray:
        """Return (u,) values. A user whose ideal list is worth nothing gets 0. Raises InputError as the gain does."""
        check_cutoff(k)
        reached, ideal = self._dcg(ranked, k), self._dcg(self.ideal(ranked, k), UNRANKED)
        return reached / np.where(ideal > 0, ideal, 1.0)

    def _dcg(self, lists: RankedRelevance, k: int) -> np.ndarray:
        terms = self.gain(lists.relevance) * self.discount(lists.ranks)
        return lists.sum_per_user(np.where(lists.ranks <= k, terms, 0.0))


def given_k(ranked: RankedRelevance, k: int) -> int:
    """Return the cut-off k."""
    return k


def whole_list(ranked: RankedRelevance, k: int) -> int:
    """Return the length of the longest list, which cuts nothing off."""
    return int(ranked.n_candidates.max())


def cut_at_k(n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Return min(k, R): 1 can always be reached."""
    divisors: np.ndarray = np.minimum(n_relevant, k)
    return divisors


def not_cut(n_relevant: np.ndarray, k: int) -> np.ndarray:
    """Return R: with R > k, 1 cannot be reached."""
    return n_relevant


@dataclass(frozen=True)
class MAP:
    """The precision at each hit of the first `depth` ranks, summed and divided by `divisor`; `formula` in LaTeX."""

    formula: str
    depth: Callable[[RankedRelevance, int], int]
    divisor: Callable[[np.ndarray, int], np.ndarray]

    def __call__(self, ranked: RankedRelevance, k: int) -> np.ndarray:
        """Return (u,) average precisions; their mean is MAP.

        Raises InputError for lists that are cut short, where the whole list counts.
        """
        if self.depth is whole_list and np.any(ranked.ranks == UNRANKED):
            raise InputError(
                "Average precision of the whole list needs the rank of every held-out item: these lists are cut short."
            )
        over_relevant = average_precision_over_relevant(ranked, self.depth(ranked, k))
        precisions: np.ndarray = over_relevant * ranked.n_relevant / self.divisor(ranked.n_relevant, k)
        return precisions


_BINARY = NDCG(
    r"\frac{\sum_{r \le k} 1 / \log_2(r + 1)}{\sum_{i=1}^{\min(k, R)} 1 / \log_2(i + 1)}",
    gain=one,
    discount=log2_discount,
    ideal=best_k,
)
_BINARY_FROM_THIRD = NDCG(
    r"\frac{\sum_{r \le k} 1 / \max(1, \log_2 r)}{\sum_{i=1}^{\min(k, R)} 1 / \max(1, \log_2 i)}",
    gain=one,
    discount=log2_discount_from_third,
    ideal=best_k,
)
_BINARY_OF_K = NDCG(
    r"\frac{\sum_{r \le k} 1 / \log_2(r + 1)}{\sum_{i=1}^{k} 1 / \log_2(i + 1)}",
    gain=one,
    discount=log2_discount,
    ideal=k_relevant,
)
_LINEAR = NDCG(
    r"\frac{\sum_{r \le k} \mathrm{rel}_r / \log_2(r + 1)}"
    r"{\sum_{i=1}^{\min(k, R)} \mathrm{rel}^*_i / \log_2(i + 1)}",
    gain=linear_gain,
    discount=log2_discount,
    ideal=best_k,
)
_EXPONENTIAL_NOT_CUT = NDCG(
    r"\frac{\sum_{r \le k} (2^{\mathrm{rel}_r} - 1) / \log_2(r + 1)}"
    r"{\sum_{i=1}^{R} (2^{\mathrm{rel}^*_i} - 1) / \log_2(i + 1)}",
    gain=exponential_gain,
    discount=log2_discount,
    ideal=all_relevant,
)

_OVER_CUT = MAP(r"\frac{1}{\min(k, R)} \sum_{r \le k} \mathrm{precision@}r", given_k, cut_at_k)
_OVER_RELEVANT = MAP(r"\frac{1}{R} \sum_{r \le k} \mathrm{precision@}r", given_k, not_cut)
_OF_WHOLE_LIST = MAP(r"\frac{1}{R} \sum_{r} \mathrm{precision@}r", whole_list, not_cut)


@dataclass(frozen=True)
class Convention:
    """What one library calls NDCG@k and MAP@k by default: `ndcg(ranked, k)` and `map(ranked, k)` give (u,) values.

    `source` is the version that was read; `note` is what a reader of a table should know.
    """

    label: str
    ndcg: NDCG
    map: MAP
    source: str
    note: str

    @property
    def functions(self) -> dict[str, NDCG | MAP]:
        """The two by the names that they have in METRICS."""
        return {"ndcg": self.ndcg, "map": self.map}


CONVENTION_METRICS = ("ndcg", "map")
"""The metrics for which libraries have conventions of their own, by their names in METRICS."""


CONVENTIONS = {
    "trec_eval": Convention(
        "trec_eval",
        _LINEAR,
        _OVER_RELEVANT,
        "trec_eval, m_ndcg_cut.c and m_map_cut.c at commit dc0c991",
        "The rating is the gain; trec_eval itself truncates 3.5 to 3, which is not done here. "
        "MAP divides by all held-out items.",
    ),
    "scikit_learn": Convention(
        "scikit-learn",
        _LINEAR,
        _OF_WHOLE_LIST,
        "scikit-learn 1.9.1, ndcg_score and average_precision_score",
        "The rating is the gain. Average precision has no cut-off: it uses the whole list.",
    ),
    "recommenders": Convention(
        "Microsoft Recommenders",
        _BINARY,
        _OVER_CUT,
        "recommenders 1.2.1, ndcg_at_k and map_at_k",
        "In older versions, map_at_k divided by all held-out items, as its function map does now.",
    ),
    "recbole": Convention(
        "RecBole",
        _BINARY,
        _OVER_CUT,
        "recbole 1.2.1, recbole/evaluator/metrics.py",
        "The same as NDCG and MAP elsewhere in this app.",
    ),
    "lenskit": Convention(
        "LensKit",
        _BINARY_FROM_THIRD,
        _OVER_CUT,
        "lenskit 2025.8.1, lenskit/metrics/ranking",
        "In NDCG the first two ranks count alike: swapping them changes nothing.",
    ),
    "rectools": Convention(
        "RecTools",
        _BINARY_OF_K,
        _OVER_RELEVANT,
        "rectools 0.19.0, rectools/metrics/ranking.py",
        "The ideal list of NDCG always has N held-out items: people with fewer cannot reach 1.",
    ),
    "ferrari_dacrema": Convention(
        "Ferrari Dacrema et al.",
        _EXPONENTIAL_NOT_CUT,
        _OVER_CUT,
        "RecSys2019_DeepLearning_Evaluation, Base/Evaluation/metrics.py at commit 5a0db79",
        "The ideal list of NDCG is not cut at N: people with more held-out items cannot reach 1. "
        "Without ratings, the gain is 1.",
    ),
}
"""By the name that stands in URLs."""


def convention_means(
    ranked: Sequence[RankedRelevance], metric: str, k: int
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Return the mean of `metric`, "ndcg" or "map", of each recommender by convention, and why some have none."""
    means, refused = {}, {}
    for name, convention in CONVENTIONS.items():
        function = convention.functions[metric]
        try:
            means[name] = [float(function(each, k).mean()) for each in ranked]
        except InputError as error:
            refused[name] = str(error)
    return means, refused


def leader_changes(values: Mapping[str, Sequence[float]], reference: str) -> dict[str, bool]:
    """Return, by convention, whether another run has the highest mean than under the convention named `reference`.

    `values[convention]` are the means of the runs, in the same order everywhere. Where several runs share the first
    place, no change is reported while one of them has it under the reference too.
    """
    leaders = {name: are_highest(means) for name, means in values.items()}
    return {name: not np.any(best & leaders[reference]) for name, best in leaders.items()}
