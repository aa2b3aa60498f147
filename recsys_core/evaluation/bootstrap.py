"""Intervals over users: how far a mean or a mean difference can be trusted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.errors import InputError

LEVEL = 0.95
FEWEST_USERS = 10
"""Below it no interval is given: too few people to say."""
TOO_FEW, NO_SPREAD = "too few people to say", "no spread over people to tell by"
"""Why an interval is not known."""
SHARES, DIFFERENCES = (0.0, 1.0), (-1.0, 1.0)
"""The bounds of a ranking metric, and of a difference of two."""


@dataclass(frozen=True)
class Interval:
    """A mean and its 95% interval. Where it cannot be said, `low` and `high` are NaN, and `why_unknown` says why."""

    mean: float
    low: float
    high: float
    why_unknown: str = TOO_FEW

    def __neg__(self) -> "Interval":
        return replace(self, mean=-self.mean, low=-self.high, high=-self.low)

    def within(self, least: float, most: float) -> "Interval":
        """Return the interval without what lies below `least` or above `most`."""
        return replace(self, low=max(self.low, least), high=min(self.high, most)) if self.is_known else self

    @property
    def is_known(self) -> bool:
        return not math.isnan(self.low)

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies above or below 0; false where it is not known."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class SeedVariance:
    """The estimated `variance` over seeds of a recommender's mean, with its degrees of `freedom`, seeds minus one."""

    variance: float
    freedom: int


def exceeded_by_t(share: float, freedom: float) -> float:
    """Return what Student's t with `freedom` degrees exceeds in a `share` of all cases.

    The digits are those of `scipy.stats.t.isf`, whose import takes a third of a server's start.
    """
    from scipy.special import stdtrit  # here, since a fresh server's first page needs no interval

    return float(-stdtrit(freedom, share))


def mean_interval(values: np.ndarray, *, bounds: tuple[float, float] = SHARES, alpha: float = 1 - LEVEL) -> Interval:
    """Return the mean of `values` (u,) with an interval that misses the true mean in `alpha` of all samples.

    See `mean_intervals`. Raises InputError without a value.
    """
    return mean_intervals(np.asarray(values, np.float64)[:, None], bounds=bounds, alpha=alpha)[0]


def mean_intervals(
    values: np.ndarray, *, bounds: tuple[float, float] = SHARES, alpha: float = 1 - LEVEL
) -> list[Interval]:
    """Return `mean_interval` of every column of `values` (u, c), one row per user.

    Student's t interval after two users are added, one at each end, as Agresti and Coull (American Statistician
    1998) do for shares: few users, most of them 0, seldom show how large the rest can be. The ends are the smallest
    and the largest value seen, each moved 2/u of the way to its bound; of differences, where the lower bound is below
    0, the largest absolute value with both signs, since either recommender might have been the better one. Users who
    are all alike leave no variance: then the bound is that of Clopper and Pearson (Biometrika 1934) on the share of
    users who are different and were not met, who may be at either bound. A bound that values exceed is none.

    The interval covers in at least 93% of samples from 10 users on, for values as NDCG, hit rate and their
    differences have them, and is hardly wider than Student's from 200 on (`python -m tests.simulations`).
    With fewer than 10 users, and of equal values without bounds, it is unknown.
    """
    n_users = len(values)
    if n_users == 0:
        raise InputError("A mean must have at least one user. Got none.")
    means = values.mean(axis=0)
    if n_users < FEWEST_USERS:
        return [Interval(float(mean), math.nan, math.nan) for mean in means]
    least, most = values.min(axis=0), values.max(axis=0)
    floor, ceiling = (
        np.where(least < bounds[0] - 1e-9, -math.inf, bounds[0]),
        np.where(most > bounds[1] + 1e-9, math.inf, bounds[1]),
    )
    ends = (-np.maximum(-least, most), np.maximum(-least, most)) if bounds[0] < 0 else (least, most)
    added = [
        np.where(np.isfinite(bound), end + 2 / n_users * (bound - end), end)
        for end, bound in zip(ends, (floor, ceiling), strict=True)
    ]
    count = n_users + 2
    centre = (n_users * means + added[0] + added[1]) / count
    squares = ((values - centre) ** 2).sum(axis=0) + (added[0] - centre) ** 2 + (added[1] - centre) ** 2
    half = exceeded_by_t(alpha / 2, n_users - 1) * np.sqrt(squares / (count - 1) / count)
    lows = np.maximum(np.minimum(centre - half, means), floor)
    highs = np.minimum(np.maximum(centre + half, means), ceiling)

    alike = most - least <= 1e-12 * np.maximum(np.abs(most), 1)
    unmet = 1 - (alpha / 2) ** (1 / n_users)
    with np.errstate(invalid="ignore"):
        lows = np.where(alike, np.where(np.isfinite(floor), means - unmet * (means - floor), math.nan), lows)
        highs = np.where(alike, np.where(np.isfinite(ceiling), means + unmet * (ceiling - means), math.nan), highs)
    unknown = np.isnan(lows) | np.isnan(highs)
    return [
        Interval(mean, math.nan, math.nan, NO_SPREAD) if nothing else Interval(mean, low, high)
        for mean, low, high, nothing in zip(means.tolist(), lows.tolist(), highs.tolist(), unknown, strict=True)
    ]


def difference_interval(
    ours: np.ndarray, baseline: np.ndarray, *, bounds: tuple[float, float] = DIFFERENCES
) -> Interval:
    """Return the mean of `ours - baseline`, both (u,) over the same users in the same order, with its interval.

    Pairing takes away what makes users differ from one another, so that small differences show.
    """
    ours, baseline = np.asarray(ours, np.float64), np.asarray(baseline, np.float64)
    if ours.shape != baseline.shape:
        raise InputError(
            f"A paired difference must have the same users on both sides. Got {len(ours)} and {len(baseline)} users."
        )
    return mean_interval(ours - baseline, bounds=bounds)


def share_interval(count: int, n: int) -> Interval:
    """Return the share `count` / `n` of cases with the exact interval of Clopper and Pearson (Biometrika 1934).

    It misses the true share in at most 5% of samples, however small. Raises InputError without a case.
    """
    from scipy.special import betaincinv  # see `exceeded_by_t`

    if n == 0:
        raise InputError("A share must be one of some cases. Got none.")
    tail = (1 - LEVEL) / 2
    low = float(betaincinv(count, n - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, n - count, 1 - tail)) if count < n else 1.0
    return Interval(count / n, low, high)


def seed_spread(means_by_seed: Sequence[float]) -> float:
    """Return the standard deviation over seeds of one recipe's mean; 0, for unknown, with fewer than two."""
    return float(np.std(means_by_seed, ddof=1)) if len(means_by_seed) > 1 else 0.0


def seed_variances(means_by_seed: Sequence[float], *, n_averaged: int = 1) -> list[SeedVariance]:
    """Return the variance over seeds of the mean of `n_averaged` of them; none where fewer than two seeds are known."""
    if len(means_by_seed) < 2:
        return []
    return [SeedVariance(seed_spread(means_by_seed) ** 2 / n_averaged, len(means_by_seed) - 1)]


def widened(interval: Interval, seeds: Sequence[SeedVariance], *, n_users: int, alpha: float = 1 - LEVEL) -> Interval:
    """Return the interval widened by the variance over seeds, a further, independent source of chance.

    Variances add up; Student's t gets the degrees of freedom of their sum (Welch, Biometrika 1947; Satterthwaite,
    Biometrics Bulletin 1946). That alone covers in 87% of samples where two seeds hide a variance much
    greater than that over users, so the interval is never narrower than the seeds alone make it: then it covers in 94%
    and more.
    """
    of_seeds = sum(each.variance for each in seeds)
    if not of_seeds or not interval.is_known:
        return interval
    weighted = sum(each.variance**2 / each.freedom for each in seeds)
    least = exceeded_by_t(alpha / 2, of_seeds**2 / weighted) * math.sqrt(of_seeds)

    def side(length: float) -> float:
        users = (length / exceeded_by_t(alpha / 2, n_users - 1)) ** 2
        freedom = (users + of_seeds) ** 2 / (users**2 / (n_users - 1) + weighted)
        return float(max(exceeded_by_t(alpha / 2, freedom) * math.sqrt(users + of_seeds), least))

    mean = interval.mean
    return Interval(mean, mean - side(mean - interval.low), mean + side(interval.high - mean))
