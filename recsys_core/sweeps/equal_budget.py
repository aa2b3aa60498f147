"""Give several algorithms the same number of tried settings, so that the comparison of their best ones is fair.

Shehzad and Jannach, Everyone's a winner! On hyperparameter tuning of recommendation models (RecSys 2023).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.parameters import parameters
from recsys_core.store.run import FINISHED, Run
from recsys_core.store.store import RunStore
from recsys_core.sweeps.plan import Plan, Point, Search, plan_random, suggest_range
from recsys_core.sweeps.search import plan_search

_SEED = 0
_MOST_DRAWS = 50


@dataclass(frozen=True)
class EqualBudget:
    """What is still to be tried so that each algorithm has `n_settings`: `n_new` settings in `plans`, one per algorithm
    that lacks some."""

    n_settings: int
    n_new: int
    plans: tuple[Plan, ...]


def plan_equal_budget(
    store: RunStore, split: Split, pinned: Sequence[Run], n_settings: int, *, is_search: bool = False
) -> EqualBudget:
    """Plan what every algorithm of the `pinned` runs lacks to `n_settings` tried settings.

    Settings that were tried before, or are queued, count; where one algorithm has more of them already, all get as
    many. New ones vary every number of an algorithm around its default for these data, at random or by a search with
    Optuna that begins from what is known; choices such as a penalty's kind stay as in the first pinned run.
    Raises InputError if `is_search` and Optuna is not installed.
    """
    runs = store.runs(split.fingerprint)
    counted = [*store.runs_with("validation", split.fingerprint, archived=True), *(run for run in runs if run.is_live)]
    bases: dict[str, Algorithm] = {}
    for run in pinned:
        if run.algorithm in ALGORITHMS and parameters(run.recipe):
            bases.setdefault(run.algorithm, run.recipe)
    counts = {key: len({base} | {run.recipe for run in counted if run.algorithm == key}) for key, base in bases.items()}
    target = max([n_settings, *counts.values()])
    plan = _plan_search if is_search else _plan_random
    missing = {key: target - count for key, count in counts.items() if count < target}
    plans = tuple(
        plan(key, bases[key], split.train, [run for run in runs if run.algorithm == key], count)
        for key, count in missing.items()
    )
    return EqualBudget(target, sum(missing.values()), plans)


def _ranges(algorithm: str, train: Interactions) -> dict[str, tuple[float, float]]:
    """Return the range (low, high) to try of each hyperparameter that is a number."""
    defaults = ALGORITHMS[algorithm].defaults_for(train)
    return {
        name: suggest_range(replace(parameter, default=getattr(defaults, name)))
        for name, parameter in parameters(defaults).items()
        if not parameter.options
    }


def _plan_random(algorithm: str, base: Algorithm, train: Interactions, runs: Sequence[Run], count: int) -> Plan:
    """Plan `count` random settings that none of `runs` has."""
    ranges, known = _ranges(algorithm, train), {run.recipe for run in runs} | {base}
    points: dict[Point, None] = {}
    for draw in range(_MOST_DRAWS):
        drawn = plan_random(algorithm, list(ranges), list(ranges.values()), count, seed=len(known) + draw)
        drawn = replace(drawn, base=base)
        points |= {
            point: None for point, recipe in zip(drawn.points, drawn.recipes(), strict=True) if recipe not in known
        }
        if len(points) >= count:
            break
    return replace(drawn, points=tuple(points)[:count])


def _plan_search(algorithm: str, base: Algorithm, train: Interactions, runs: Sequence[Run], count: int) -> Plan:
    """Plan a search of `count` settings more than the finished `runs` that it can learn from."""
    ranges = _ranges(algorithm, train)
    points = tuple(dict.fromkeys(_point(run.recipe, ranges) for run in runs if _can_learn_from(run, base, ranges)))
    if not points:
        return replace(plan_search(algorithm, list(ranges), list(ranges.values()), count), base=base)
    wide = tuple(
        (min(low, *values), max(high, *values))
        for (low, high), values in zip(ranges.values(), zip(*points, strict=True), strict=True)
    )
    return Plan(algorithm, base, tuple(ranges), points, Search(wide, len(points) + count))


def _point(recipe: Algorithm, names: Collection[str]) -> Point:
    return tuple(getattr(recipe, name) for name in names)


def _can_learn_from(run: Run, base: Algorithm, names: Collection[str]) -> bool:
    """Whether a run is one that a sweep over `names` from `base` would train."""
    same = replace(run.recipe, **{name: getattr(base, name) for name in names}) == base
    is_plain = run.branch is None and not run.corruptions and run.numerics_version == NUMERICS_VERSION
    return same and is_plain and run.state == FINISHED and run.seed == _SEED


def find_best_settings(runs: Sequence[Run], score: Callable[[Run], float]) -> dict[str, Run]:
    """Return a run of the best setting of each algorithm: the highest mean `score` over its seeds."""
    by_setting: dict[tuple[str, Algorithm], list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.seed, run.id)):
        if run.branch is None:
            by_setting.setdefault((run.algorithm, run.recipe), []).append(run)
    best: dict[str, tuple[float, Run]] = {}
    for (algorithm, _), same in by_setting.items():
        mean = float(np.mean([score(run) for run in same]))
        if algorithm not in best or mean > best[algorithm][0]:
            best[algorithm] = mean, same[0]
    return {algorithm: run for algorithm, (_, run) in best.items()}
