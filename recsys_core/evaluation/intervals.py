"""Bootstrap intervals over users: how far a mean, or a difference of means, may be trusted."""

from dataclasses import dataclass

import numpy as np

from recsys_core.errors import InputError

LEVEL = 0.95
N_RESAMPLES = 2000
_CHUNK_CELLS = 2**19


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval. With fewer than two users nothing is known: `low` and `high` are NaN."""

    mean: float
    low: float
    high: float

    def verdict(self, *, higher_is_better: bool = True) -> str:
        """Of a difference: "better", "worse", or "cannot tell" where the interval holds 0."""
        if self.low > 0:
            return "better" if higher_is_better else "worse"
        if self.high < 0:
            return "worse" if higher_is_better else "better"
        return "cannot tell"


def mean_interval(values: np.ndarray, *, seed: int = 0) -> Interval:
    """The mean of `values` (u,), one per user, with its percentile bootstrap interval.

    Users are drawn with replacement, 2,000 times (Efron and Tibshirani 1993, ch. 13; for ranking
    metrics Sakai, SIGIR 2006). Raises InputError without a value.
    """
    values = np.asarray(values, np.float64)
    if len(values) == 0:
        raise InputError("A mean must have at least one user. Got none.")
    mean = float(values.mean())
    if len(values) < 2:
        return Interval(mean, np.nan, np.nan)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(_resampled_means(values, np.random.default_rng(seed)), [tail, 1 - tail])
    return Interval(mean, float(low), float(high))


def difference_interval(ours: np.ndarray, baseline: np.ndarray, *, seed: int = 0) -> Interval:
    """The mean of `ours - baseline`, both (u,) over the same users in the same order, with its interval.

    Pairing takes away what makes users differ from one another, so that small differences show.
    """
    ours, baseline = np.asarray(ours, np.float64), np.asarray(baseline, np.float64)
    if ours.shape != baseline.shape:
        raise InputError(
            f"A paired difference must have the same users on both sides. Got {len(ours)} and {len(baseline)} users."
        )
    return mean_interval(ours - baseline, seed=seed)


def _resampled_means(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(N_RESAMPLES,) means of as many values, drawn with replacement; a chunk of resamples at a time."""
    n_values = len(values)
    rows = max(1, _CHUNK_CELLS // n_values)
    chunks = [min(rows, N_RESAMPLES - start) for start in range(0, N_RESAMPLES, rows)]
    return np.concatenate(
        [values[rng.integers(n_values, size=(count, n_values), dtype=np.int32)].mean(axis=1) for count in chunks]
    )
