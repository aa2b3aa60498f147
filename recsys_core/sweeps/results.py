"""What came of a sweep: the best setting and its plateau, and how much each hyperparameter does."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.algorithm import Algorithm
from recsys_core.evaluation.intervals import LEVEL, Interval, mean_intervals, p_values
from recsys_core.evaluation.verdicts import holm, seed_spread, widened
from recsys_core.sweeps.plan import Plan

_BINS = 3  # where no two settings share a value


@dataclass(frozen=True, eq=False)
class Scored:
    """A setting with what its runs reached: `values` (u,) per user, averaged over its `n_seeds` seeds.

    `spread` is the standard deviation of the mean over seeds, 0 where only one is known; `seconds` of training.
    """

    plan: Plan
    point: tuple
    recipe: Algorithm
    values: np.ndarray
    n_seeds: int
    spread: float
    seconds: float

    @property
    def mean(self) -> float:
        return float(self.values.mean())


def scored(plan: Plan, point: tuple, recipe: Algorithm, by_seed: Sequence[np.ndarray], seconds: Sequence[float]):
    """A setting from the per-user values (u,) and the training seconds of its runs, one a seed."""
    means = [float(values.mean()) for values in by_seed]
    values = np.mean(by_seed, axis=0)
    return Scored(plan, point, recipe, values, len(by_seed), seed_spread(means), float(np.mean(seconds)))


@dataclass(frozen=True, eq=False)
class Standing:
    """Settings side by side: their `intervals`, the place of the `best`, and which are `level` with it.

    Level is what cannot be told from the best. `behind` says by how much each mean is below that of the best.
    """

    intervals: list[Interval]
    best: int
    level: np.ndarray
    behind: list[Interval]


def standing(settings: Sequence[Scored]) -> Standing:
    """Who is best, and whose difference to the best is no more than chance.

    A setting is told from the best only where the interval of their difference (over users and, where known, over
    seeds) does not hold 0 and the randomisation test, Holm-corrected over all that are held against the best, has
    p < 5 %: the rule of `evaluation.verdicts`, for many against one.
    """
    table = np.stack([each.values for each in settings], axis=1)
    spreads = np.array([each.spread / np.sqrt(each.n_seeds) for each in settings])
    intervals = [widened(each, spread) for each, spread in zip(mean_intervals(table), spreads, strict=True)]
    best = int(np.argmax(table.mean(axis=0)))
    differences = table[:, [best]] - table
    behind = [
        widened(each, float(np.hypot(spreads[best], spread)))
        for each, spread in zip(mean_intervals(differences), spreads, strict=True)
    ]
    others = np.arange(len(settings)) != best
    p = np.ones(len(settings))
    p[others] = holm(p_values(differences[:, others]))
    level = np.array([not (p[at] < 1 - LEVEL and behind[at].low > 0) for at in range(len(settings))])
    return Standing(intervals, best, level, behind)


def plateau(settings: Sequence[Scored], found: Standing, name: str) -> tuple | None:
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
    while low > 0 and found.level[same[low - 1]]:
        low -= 1
    while high < len(same) - 1 and found.level[same[high + 1]]:
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


def sensitivities(settings: Sequence[Scored]) -> list[Sensitivity]:
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
