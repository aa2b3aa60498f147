"""Rank the settings of a sweep, find the plateau around the best, and measure the effect of each hyperparameter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.base import Algorithm
from recsys_core.comparison.verdicts import MARGIN, WORSE, Verdict, judge
from recsys_core.evaluation.bootstrap import (
    Interval,
    SeedVariance,
    mean_intervals,
    seed_spread,
    seed_variances,
    widened,
)
from recsys_core.evaluation.randomisation import chance_of_pairs
from recsys_core.sweeps.plan import Plan, Point

_BINS = 3  # where no two settings share a value


@dataclass(frozen=True, eq=False)
class ScoredSetting:
    """A setting with its scores: `values` (u,) per user, averaged over seeds; `means`, one per seed over users.

    `seconds` is the mean training time.
    """

    plan: Plan
    point: Point
    recipe: Algorithm
    values: np.ndarray
    means: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        """The mean over users and seeds."""
        return float(self.values.mean())

    @property
    def n_seeds(self) -> int:
        """The number of seeds with a finished run."""
        return len(self.means)

    @property
    def spread(self) -> float:
        """The standard deviation over seeds; 0 with a single seed."""
        return seed_spread(self.means)

    @property
    def hides_luck(self) -> bool:
        """Whether another seed would give another model, and none has been trained."""
        return self.recipe.is_stochastic and self.n_seeds < 2

    @property
    def seeds(self) -> list[SeedVariance]:
        """The variance of the mean over seeds."""
        return seed_variances(self.means, n_averaged=self.n_seeds)


def score_setting(
    plan: Plan, point: Point, recipe: Algorithm, by_seed: Sequence[np.ndarray], seconds: Sequence[float]
) -> ScoredSetting:
    """Score a setting from the per-user values (u,) and the training seconds of its runs, one per seed."""
    means = tuple(float(values.mean()) for values in by_seed)
    return ScoredSetting(plan, point, recipe, np.mean(by_seed, axis=0), means, float(np.mean(seconds)))


@dataclass(frozen=True, eq=False)
class SettingsRanking:
    """Settings with their `intervals`, the index of the `best`, and the verdict on each against the best."""

    intervals: list[Interval]
    best: int
    verdicts: list[Verdict]

    @property
    def is_not_worse(self) -> np.ndarray:
        """Which settings (s,) are not clearly worse than the best, as booleans."""
        return np.array([verdict.word != WORSE for verdict in self.verdicts])

    @property
    def gaps(self) -> list[Interval]:
        """The intervals of how much the mean of each setting is below that of the best."""
        return [-verdict.difference for verdict in self.verdicts]


def rank_settings(settings: Sequence[ScoredSetting], *, margin: float = MARGIN) -> SettingsRanking:
    """Find the best setting and judge each against it, by the rule of `comparison.verdicts`.

    The best is chosen by the same data, so each verdict must hold whoever had come out best: it is judged among all
    pairs of settings (as in Tukey's test; for models Hansen, Lunde and Nason's range statistic, Econometrica 2011).
    The best is the reference: the smallest difference that matters is `margin` times its mean.
    """
    table = np.stack([each.values for each in settings], axis=1)
    intervals = [
        widened(interval, each.seeds, n_users=len(table))
        for interval, each in zip(mean_intervals(table), settings, strict=True)
    ]
    means = table.mean(axis=0)
    best = int(np.argmax(means))
    chance, band = chance_of_pairs(table), margin * abs(float(means[best]))
    verdicts = [
        judge(
            table[:, index] - table[:, best],
            chance,
            band=band,
            seeds=[*each.seeds, *settings[best].seeds],
            are_alike=index == best,
        )
        for index, each in enumerate(settings)
    ]
    return SettingsRanking(intervals, best, verdicts)


def find_plateau(
    settings: Sequence[ScoredSetting], ranking: SettingsRanking, name: str
) -> tuple[float | str, float | str] | None:
    """Return (low, high): the neighbouring values of `name`, all else fixed, that are not clearly worse than the best.

    None if no other value was tried, or if `name` is a choice.
    """
    best = settings[ranking.best]
    axis = best.plan.names.index(name)
    same = [
        index
        for index, each in enumerate(settings)
        if each.plan == best.plan and _without(each.point, axis) == _without(best.point, axis)
    ]
    if len(same) < 2 or best.plan.varied[axis].options:
        return None
    same.sort(key=lambda index: settings[index].point[axis])
    low = high = same.index(ranking.best)
    while low > 0 and ranking.is_not_worse[same[low - 1]]:
        low -= 1
    while high < len(same) - 1 and ranking.is_not_worse[same[high + 1]]:
        high += 1
    return settings[same[low]].point[axis], settings[same[high]].point[axis]


def _without(point: Point, axis: int) -> Point:
    return point[:axis] + point[axis + 1 :]


@dataclass(frozen=True)
class Sensitivity:
    """The mean score at the worst and at the best value of a hyperparameter, averaged over the others."""

    name: str
    worst: float
    best: float

    @property
    def effect(self) -> float:
        """The difference between the best and the worst value."""
        return self.best - self.worst


def compute_sensitivities(settings: Sequence[ScoredSetting]) -> list[Sensitivity]:
    """Compute the effect of each varied hyperparameter of one plan, the strongest first.

    Settings are grouped by value or, where few share one, into thirds of the ordered values; the effect lies between
    the smallest and the largest mean of the groups.
    """
    plan = settings[0].plan
    means = np.array([each.mean for each in settings])
    effects = []
    for axis, name in enumerate(plan.names):
        values = [each.point[axis] for each in settings]
        ordered = sorted(set(values))
        group = np.array([ordered.index(value) for value in values])
        if len(plan.names) > 1 and len(ordered) > len(settings) / 2 and len(settings) > _BINS:
            group = group * _BINS // len(ordered)
        groups = [means[group == each].mean() for each in np.unique(group)]
        effects.append(Sensitivity(name, float(min(groups)), float(max(groups))))
    return sorted(effects, key=lambda each: -each.effect)
