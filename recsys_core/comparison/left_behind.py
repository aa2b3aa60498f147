"""Who is left behind: how a metric is spread over people, the worst-off tenth, and gaps between groups of people."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import FEWEST_USERS, LEVEL, Interval, mean_interval

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

    With q the quantile, the mean of q − max(q − x, 0) / share over all people is that of the lowest ones (expected
    shortfall; Rockafellar and Uryasev, Journal of Risk 2000), and any other q makes it smaller. The interval is the
    union of those with the q seen and with the two ends of its own interval, whose ranks lie two standard deviations of
    a binomial count away: a few people, or values that many share, say little of q. It covers in 93% of samples and
    more (`python -m tests.simulations`). `bounds` are those of the metric. Raises InputError unless the share lies
    above 0 and up to 1.
    """
    if not 0 < share <= 1:
        raise InputError(f"The share of the worst off must lie above 0 and up to 1. Got {share:g}.")
    n_users = len(values)
    away = 2 * math.sqrt(share * (1 - share) / n_users)
    shares = np.clip([share, share - away, share + away + 1 / n_users], 0, 1)
    found = []
    for q in quantiles(values, shares).tolist():
        lowest = q - (q - bounds[0]) / share if math.isfinite(bounds[0]) else -math.inf
        found.append(mean_interval(q - np.maximum(q - values, 0) / share, bounds=(lowest, q)))
    lows, highs = [each.low for each in found], [each.high for each in found]
    if any(math.isnan(end) for end in (*lows, *highs)):
        return Interval(found[0].mean, math.nan, math.nan)
    return Interval(found[0].mean, max(min(lows), bounds[0]), min(max(highs), bounds[1]))


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


def group_gaps(
    values: np.ndarray,
    group_of: np.ndarray,
    labels: Sequence[str],
    *,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> list[GroupGap]:
    """For each group the mean of `values` (u,) in it less that of all other people.

    `group_of` (u,) numbers the groups by `labels`; `bounds` are those of the metric. The interval of a gap is made of
    those of the two means (Zou and Donner, Statistics in Medicine 2008), which hold for a group of a few people who
    are all alike, too. Its level makes all of them hold together in about 95% of samples (Bonferroni; measured by
    `python -m tests.simulations`). Of groups below 10 people, or with fewer than 10 others, no interval is given.
    """
    masks = [group_of == group for group in range(len(labels))]
    judged = [mask.sum() >= FEWEST_USERS <= (~mask).sum() for mask in masks]
    alpha = (1 - LEVEL) / max(1, sum(judged))
    return [
        GroupGap(
            label,
            int(mask.sum()),
            _mean(values[mask]),
            _gap(values[mask], values[~mask], bounds, alpha)
            if is_judged
            else Interval(_mean(values[mask]) - _mean(values[~mask]), math.nan, math.nan),
        )
        for label, mask, is_judged in zip(labels, masks, judged, strict=True)
    ]


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _gap(ours: np.ndarray, others: np.ndarray, bounds: tuple[float, float], alpha: float) -> Interval:
    """Return the difference of two independent means, each of whose ends lies as far from it as theirs do together."""
    first, second = (mean_interval(each, bounds=bounds, alpha=alpha) for each in (ours, others))
    gap = first.mean - second.mean
    below = math.hypot(first.mean - first.low, second.high - second.mean)
    above = math.hypot(first.high - first.mean, second.mean - second.low)
    return Interval(gap, gap - below, gap + above)
