"""What came of a sweep: the best setting and its plateau, and how much each hyperparameter does."""

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
from recsys_core.sweeps.plan import Plan

_BINS = 3  # where no two settings share a value


@dataclass(frozen=True, eq=False)
class ScoredSetting:
    """A setting with what its runs reached: `values` (u,) per user, averaged over the seeds in `means`.

    `means` holds the mean of each seed's run; `seconds` of training.
    """

    plan: Plan
    point: tuple
    recipe: Algorithm
    values: np.ndarray
    means: tuple[float, ...]
    seconds: float

    @property
    def mean(self) -> float:
        return float(self.values.mean())

    @property
    def n_seeds(self) -> int:
        return len(self.means)

    @property
    def spread(self) -> float:
        """The standard deviation over seeds; 0 where only one is known."""
        return seed_spread(self.means)

    @property
    def seeds(self) -> list[SeedVariance]:
        """The variance over seeds of the average."""
        return seed_variances(self.means, n_averaged=self.n_seeds)


def score_setting(plan: Plan, point: tuple, recipe: Algorithm, by_seed: Sequence[np.ndarray], seconds: Sequence[float]):
    """A setting from the per-user values (u,) and the training seconds of its runs, one a seed."""
    means = tuple(float(values.mean()) for values in by_seed)
    return ScoredSetting(plan, point, recipe, np.mean(by_seed, axis=0), means, float(np.mean(seconds)))


@dataclass(frozen=True, eq=False)
class SettingsRanking:
    """Settings side by side: their `intervals`, the place of the `best`, and the `verdicts` on each against it.

    `is_not_worse` says which are not told worse than the best.
    """

    intervals: list[Interval]
    best: int
    verdicts: list[Verdict]

    @property
    def is_not_worse(self) -> np.ndarray:
        return np.array([verdict.word != WORSE for verdict in self.verdicts])

    @property
    def gaps(self) -> list[Interval]:
        """By how much the mean of each is below that of the best."""
        return [-verdict.difference for verdict in self.verdicts]


def rank_settings(settings: Sequence[ScoredSetting], *, margin: float = MARGIN) -> SettingsRanking:
    """Who is best, and what the others are against it, by the rule of `evaluation.verdicts`.

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
            table[:, place] - table[:, best],
            chance,
            band=band,
            seeds=[*each.seeds, *settings[best].seeds],
            are_alike=place == best,
        )
        for place, each in enumerate(settings)
    ]
    return SettingsRanking(intervals, best, verdicts)


def find_plateau(settings: Sequence[ScoredSetting], found: SettingsRanking, name: str) -> tuple | None:
    """(low, high): how far `name` may be moved from the best setting, all else fixed, without a telling difference.

    Over neighbouring values tried, with a grid; None where no value beside the best one was tried.
    """
    best = settings[found.best]
    along = best.plan.names.index(name)
    same = [
        place
        for place, each in enumerate(settings)
        if each.plan == best.plan and _without(each.point, along) == _without(best.point, along)
    ]
    if len(same) < 2 or best.plan.varied[along].options:
        return None
    same.sort(key=lambda place: settings[place].point[along])
    low = high = same.index(found.best)
    while low > 0 and found.is_not_worse[same[low - 1]]:
        low -= 1
    while high < len(same) - 1 and found.is_not_worse[same[high + 1]]:
        high += 1
    return settings[same[low]].point[along], settings[same[high]].point[along]


def _without(point: tuple, place: int) -> tuple:
    return point[:place] + point[place + 1 :]


@dataclass(frozen=True)
class Sensitivity:
    """How much a hyperparameter moves the mean: from its worst to its best value, averaged over the rest."""

    name: str
    worst: float
    best: float

    @property
    def effect(self) -> float:
        return self.best - self.worst


def compute_sensitivities(settings: Sequence[ScoredSetting]) -> list[Sensitivity]:
    """One for each varied hyperparameter of one plan's `settings`, the strongest first.

    Settings are grouped by value or, where hardly any two share one, by thirds of the values in order: the largest
    and smallest mean of the groups are the main effect's ends.
    """
    plan = settings[0].plan
    means = np.array([each.mean for each in settings])
    found = []
    for along, name in enumerate(plan.names):
        values = [each.point[along] for each in settings]
        ordered = sorted(set(values))
        place = np.array([ordered.index(value) for value in values])
        if len(plan.names) > 1 and len(ordered) > len(settings) / 2 and len(settings) > _BINS:
            place = place * _BINS // len(ordered)
        groups = [means[place == each].mean() for each in np.unique(place)]
        found.append(Sensitivity(name, float(min(groups)), float(max(groups))))
    return sorted(found, key=lambda each: -each.effect)
