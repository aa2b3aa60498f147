"""Metrics that add up over the held-out items, so that they can be estimated from a sample of what is relevant.

With R held-out items at ranks r, such a metric is scale(R, k) · Σ term(r, k). MAP and MRR are not of this kind: what an
item adds to them depends on which others were held out.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class AdditiveMetric:
    """`term(ranks, k)` is what one relevant item adds, `scale(n_relevant, k)` what the sum is multiplied by."""

    term: Callable[[np.ndarray, int], np.ndarray]
    scale: Callable[[np.ndarray, int], np.ndarray]


def _discount(ranks: np.ndarray, k: int) -> np.ndarray:
    return np.where(ranks <= k, 1 / np.log2(ranks + 1.0), 0.0)


def _is_hit(ranks: np.ndarray, k: int) -> np.ndarray:
    return np.where(ranks <= k, 1.0, 0.0)


def _of_ideal_list(n_relevant: np.ndarray, k: int) -> np.ndarray:
    ideal = np.cumsum(_discount(np.arange(1, k + 1), k))
    scale: np.ndarray = 1 / ideal[np.clip(n_relevant, 1, k) - 1]
    return scale


ADDITIVE_METRICS = {
    "ndcg": AdditiveMetric(_discount, _of_ideal_list),
    "recall": AdditiveMetric(_is_hit, lambda n_relevant, k: 1 / np.maximum(n_relevant, 1)),
    "precision": AdditiveMetric(_is_hit, lambda n_relevant, k: np.full(len(n_relevant), 1 / k)),
}
"""By the names that they have in METRICS; all three are binary and equal to those (a test holds them to it)."""
