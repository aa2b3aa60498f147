"""Who is left behind: how a metric is spread over people, the worst-off tenth, and gaps between groups of people."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import FEWEST_USERS, LEVEL, Interval, exceeded_by_t, mean_interval

WORST_OFF = 0.1
"""The share of people who are called the worst off: the tenth with the lowest values under a model."""


def quantiles(values: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The metric that the given `shares` of people stay at or below; `values` (u,) is one per person."""
    found: np.ndarray = np.quantile(values, shares, method="inverted_cdf")
    return found


def worst_off(
    values: np.ndarray, share: float = WORST_OFF, *, bounds: tuple[float, float] = (-math.inf, math.inf)
) -> Interval:
    """The mean of `values` (u,) over the `share` of people with the lowest ones, with its 95% interval over people.

    With q the quantile, the mean of q − max(q − x, 0) / share over all people is that of the lowest ones; errors of q
    do not count to first order (expected shortfall; Rockafellar and Uryasev, Journal of Risk 2000), so that these
    values have an interval as any metric has; `bounds` are those of the metric. Raises InputError unless the share lies
    above 0 and up to 1.
    """
    if not 0 < share <= 1:
        raise InputError(f"The share of the worst off must lie above 0 and up to 1. Got {share:g}.")
    q = float(quantiles(values, np.array([share]))[0])
    return mean_interval(q - np.maximum(q - values, 0) / share, bounds=bounds)


@dataclass(frozen=True)
class GroupGap:
    """The mean of a group of people and how far it lies from that of everybody else, as an interval."""

    label: str
    n_users: int
    mean: float
    gap: Interval

    @property
    def is_clear(self) -> bool:
        """Whether the interval of the gap keeps away from 0."""
        return self.gap.excludes_zero


def group_gaps(values: np.ndarray, group_of: np.ndarray, labels: Sequence[str]) -> list[GroupGap]:
    """For each group the mean of `values` (u,) in it less that of all other people.

    `group_of` (u,) numbers the groups by `labels`. Welch's interval (Biometrika 1947) of two means, at a level that
    makes all of them hold together in 95% of samples (Bonferroni). Of groups below 10 people, or with fewer than 10
    others, no interval is given.
    """
    masks = [group_of == group for group in range(len(labels))]
    judged = [mask.sum() >= FEWEST_USERS <= (~mask).sum() for mask in masks]
    alpha = (1 - LEVEL) / max(1, sum(judged))
    return [
        GroupGap(
            label,
            int(mask.sum()),
            float(values[mask].mean()) if mask.any() else math.nan,
            _welch(values[mask], values[~mask], alpha) if is_judged else Interval(math.nan, math.nan, math.nan),
        )
        for label, mask, is_judged in zip(labels, masks, judged, strict=True)
    ]


def _welch(ours: np.ndarray, others: np.ndarray, alpha: float) -> Interval:
    gap = float(ours.mean() - others.mean())
    variances = [float(each.var(ddof=1)) / len(each) for each in (ours, others)]
    total = sum(variances)
    if not total:
        return Interval(gap, math.nan, math.nan)
    freedom = total**2 / sum(v**2 / (len(each) - 1) for v, each in zip(variances, (ours, others), strict=True))
    half = exceeded_by_t(alpha / 2, freedom) * math.sqrt(total)
    return Interval(gap, gap - half, gap + half)
