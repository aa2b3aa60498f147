"""Measure how popular the recommended items are, and how alike the lists of different people."""

from dataclasses import dataclass

import numpy as np

from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics import catalogue

ALIKE = 0.9
"""Lists count as impersonal from this ratio on: the mean overlap of two users' lists, divided by that of the most
popular unseen items. Even those differ between users, since what somebody has seen is left out."""


@dataclass(frozen=True, eq=False)
class PopularityFlow:
    """The popularity of the items in the top k of all scored users.

    `shares` (10,) go to the tenths of the items by popularity in train, the most popular first. `median_rank` is the
    popularity rank (1 is the most popular item) that half of the recommendations do not exceed. `overlap` is the
    share of their lists that two people have in common, `n_common` the number of items.
    """

    shares: np.ndarray
    coverage: float
    gini: float
    mean_popularity: float
    median_rank: float
    overlap: float
    n_common: float


def popularity_flow(evaluation: Evaluation, k: int) -> PopularityFlow:
    """Return what the lists at cut-off `k` recommend. Raises InputError for a k beyond the lists that are kept."""
    popularity, lists = evaluation.popularity, evaluation.top_items
    counts = catalogue.recommendation_counts(lists, k, len(popularity))
    by_popularity = counts[np.argsort(-popularity, kind="stable")]
    reached = np.cumsum(by_popularity)
    return PopularityFlow(
        shares=catalogue.share_by_popularity(counts, popularity),
        coverage=catalogue.coverage(lists, k, len(popularity)),
        gini=catalogue.gini(counts),
        mean_popularity=float(np.nanmean(catalogue.mean_popularity(lists, k, popularity))),
        median_rank=float(np.searchsorted(reached, reached[-1] / 2)) + 1,
        overlap=catalogue.mean_overlap(lists, k, len(popularity)),
        n_common=catalogue.mean_common_items(lists, k, len(popularity)),
    )


def is_impersonal(flow: PopularityFlow, of_popularity: PopularityFlow) -> bool:
    """Return whether everyone gets nearly the same list, compared with the flow of the most popular items."""
    return flow.overlap >= ALIKE * of_popularity.overlap


def longest_list(evaluation: Evaluation, k: int) -> int:
    """Return how many items the longest list at cut-off `k` holds: fewer than k where nobody has so many unseen."""
    return int((evaluation.top_items[:, :k] >= 0).sum(axis=1).max())


def holds_all_unseen(evaluation: Evaluation, k: int) -> bool:
    """Return whether k items are all that at least half of the users have not seen, so that any list holds the same."""
    return bool(np.median(evaluation.relevant.n_candidates) <= k)


def shares_of_data(evaluation: Evaluation) -> np.ndarray:
    """Return (10,) the share of the training ratings of each tenth of the items, the most popular first."""
    return catalogue.share_by_popularity(evaluation.popularity, evaluation.popularity)
