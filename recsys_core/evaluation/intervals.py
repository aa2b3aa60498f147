"""Bootstrap intervals over users: how far a mean, or a difference of means, may be trusted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from recsys_core.errors import InputError

LEVEL = 0.95
N_RESAMPLES = 2000
_CHUNK = 100  # resamples at a time
_KEPT_USERS = 20_000  # up to here the draws are kept for the next question: 80 MB


@dataclass(frozen=True)
class Interval:
    """A mean and its 95 % interval. With fewer than two users nothing is known: `low` and `high` are NaN."""

    mean: float
    low: float
    high: float

    def __neg__(self) -> "Interval":
        return Interval(-self.mean, -self.high, -self.low)

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
    return mean_intervals(np.asarray(values, np.float64)[:, None], seed=seed)[0]


def mean_intervals(values: np.ndarray, *, seed: int = 0) -> list[Interval]:
    """`mean_interval` of every column of `values` (u, c), all from the same resampled users."""
    n_users = len(values)
    if n_users == 0:
        raise InputError("A mean must have at least one user. Got none.")
    means = values.mean(axis=0)
    if n_users < 2:
        return [Interval(float(mean), np.nan, np.nan) for mean in means]
    resampled = np.concatenate([counts @ values for counts in _in_chunks(_counts, n_users, seed)]) / n_users
    tail = (1 - LEVEL) / 2
    lows, highs = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return [Interval(float(mean), float(low), float(high)) for mean, low, high in zip(means, lows, highs, strict=True)]


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


def p_values(differences: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """(c,) how often a mean as far from 0 as that of each column of `differences` (u, c) comes about by chance.

    Randomisation test: were both recommenders alike, each user's difference might as well have the other sign, so
    the signs are drawn 2,000 times (Fisher 1935; for rankings Smucker, Allan and Carterette, CIKM 2007). The
    observed signs count as one draw, so that no p is 0 (Phipson and Smyth 2010). Two-sided.
    """
    n_users = len(differences)
    observed = np.abs(differences.sum(axis=0))
    as_far = np.zeros(differences.shape[1])
    for signs in _in_chunks(_signs, n_users, seed):
        as_far += np.sum(np.abs(signs @ differences) >= observed * (1 - 1e-9), axis=0)
    return (1 + as_far) / (1 + N_RESAMPLES)


def _in_chunks(draw, n_users: int, seed: int) -> Iterator[np.ndarray]:
    """The (2,000, u) matrix that `draw` makes, some float64 rows at a time, from memory where it fits."""
    if n_users <= _KEPT_USERS:
        drawn = _kept(draw, n_users, seed)
        chunks = (drawn[start : start + _CHUNK] for start in range(0, N_RESAMPLES, _CHUNK))
    else:
        rng = np.random.default_rng(seed)
        chunks = (draw(n_users, min(_CHUNK, N_RESAMPLES - start), rng) for start in range(0, N_RESAMPLES, _CHUNK))
    return (chunk.astype(np.float64) for chunk in chunks)


@lru_cache(maxsize=4)
def _kept(draw, n_users: int, seed: int) -> np.ndarray:
    return draw(n_users, N_RESAMPLES, np.random.default_rng(seed))


def _counts(n_users: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """How often each user is drawn, when as many users as there are are drawn with replacement; int16."""
    counts = np.empty((rows, n_users), np.int16)
    for row in counts:
        row[:] = np.bincount(rng.integers(n_users, size=n_users), minlength=n_users)
    return counts


def _signs(n_users: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """-1 or 1, int8."""
    return rng.integers(2, size=(rows, n_users), dtype=np.int8) * 2 - 1
