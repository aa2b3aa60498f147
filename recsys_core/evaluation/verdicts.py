"""Verdicts: which of several recommenders is better, said only where it is more than chance."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import norm

from recsys_core.evaluation.intervals import LEVEL, Interval, mean_intervals, p_values

POWER = 0.8
"""With as many users as `users_needed`, a difference of this size shows in 80 of 100 tests."""
BETTER, WORSE, CANNOT_TELL = "better", "worse", "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """One recommender against another: `word` says what the first one is.

    `difference` is first minus second with its 95 % interval over users and, where known, over seeds. `p_value` is
    that of the randomisation test, Holm-corrected over all pairs judged together. The word is "better" or "worse"
    only where p < 5 % and the interval does not hold 0. `users_needed` is None where there is no difference at all.
    """

    difference: Interval
    p_value: float
    word: str
    users_needed: int | None


def judge_all(
    values: Sequence[np.ndarray],
    *,
    recipes: Sequence | None = None,
    seed_spreads: Sequence[float] | None = None,
    seed: int = 0,
) -> dict[tuple[int, int], Verdict]:
    """Verdicts on all pairs of recommenders, by their places (first, second), both ways round.

    `values` holds one (u,) array a recommender, over the same users in the same order; higher is better. `recipes`
    says what each was trained by: where two are equal, only the luck of the start tells them apart, and nobody is
    better. `seed_spreads` are standard deviations of the mean over seeds, 0 where unknown; they widen the intervals.
    """
    table = np.stack(values, axis=1).astype(np.float64)
    pairs = list(combinations(range(table.shape[1]), 2))
    if not pairs:
        return {}
    differences = np.stack([table[:, first] - table[:, second] for first, second in pairs], axis=1)
    intervals = mean_intervals(differences, seed=seed)
    corrected = holm(p_values(differences, seed=seed))
    spreads = [0.0] * len(values) if seed_spreads is None else seed_spreads
    verdicts = {}
    for place, (first, second) in enumerate(pairs):
        interval = widened(intervals[place], math.hypot(spreads[first], spreads[second]))
        p = float(corrected[place])
        alike = recipes is not None and recipes[first] == recipes[second]
        word = interval.verdict() if p < 1 - LEVEL and not alike else CANNOT_TELL
        needed = users_needed(differences[:, place])
        verdicts[first, second] = Verdict(interval, p, word, needed)
        opposite = {BETTER: WORSE, WORSE: BETTER, CANNOT_TELL: CANNOT_TELL}[word]
        verdicts[second, first] = Verdict(-interval, p, opposite, needed)
    return verdicts


def holm(p: np.ndarray) -> np.ndarray:
    """p-values corrected so that among all of them one false alarm is at most as likely as each said before.

    Holm, A simple sequentially rejective multiple test procedure, Scand. J. Statistics 1979: the smallest of c is
    multiplied by c, the next by c - 1, and so on, none becoming smaller than the one before it.
    """
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1)
    return corrected


def users_needed(differences: np.ndarray) -> int | None:
    """How many users would show a mean difference like that of `differences` (u,), at 5 % and a power of 80 %.

    n = ((z_0.975 + z_0.8) s / d)², the paired t test's size in the normal limit (Cohen 1988; for rankings Sakai,
    Information Retrieval Journal 2016). None where the mean is 0 or there are fewer than two users.
    """
    if len(differences) < 2 or differences.mean() == 0:
        return None
    z = norm.ppf(1 - (1 - LEVEL) / 2) + norm.ppf(POWER)
    return math.ceil((z * differences.std(ddof=1) / differences.mean()) ** 2)


def seed_spread(means_by_seed: Sequence[float]) -> float:
    """The standard deviation of a metric's mean over the seeds of one recipe; 0, for unknown, with fewer than two."""
    return float(np.std(means_by_seed, ddof=1)) if len(means_by_seed) > 1 else 0.0


def widened(interval: Interval, spread: float) -> Interval:
    """The interval with a further independent source of chance of standard deviation `spread`."""
    further = norm.ppf(1 - (1 - LEVEL) / 2) * spread
    return Interval(
        interval.mean,
        interval.mean - math.hypot(interval.mean - interval.low, further),
        interval.mean + math.hypot(interval.high - interval.mean, further),
    )
