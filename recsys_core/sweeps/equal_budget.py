"""Give several algorithms the same number of settings or the same minutes of search, so that comparing them is fair.

Shehzad and Jannach, Everyone's a winner! On hyperparameter tuning of recommendation models (RecSys 2023).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.comparison.tuning import MOST_SETTINGS, Setting, tuning_record
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.parameters import parameters
from recsys_core.store.run import DIVERGED, FINISHED, Branch, Run, all_but_seed
from recsys_core.store.store import RunStore
from recsys_core.store.trial import trial_of
from recsys_core.sweeps.plan import Plan, Point, Search, plan_random, suggest_range
from recsys_core.sweeps.search import plan_search, propose_points

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
    tried = store.tried_runs(split.fingerprint)
    counted = [*tried, *(run for run in runs if run.is_live)]
    bases = _bases(pinned)
    counts = {key: len({trial_of(run).setting for run in (*counted, *pinned) if run.algorithm == key}) for key in bases}
    target = max([n_settings, *counts.values()])
    # A search learns from runs that are there; at random, what was deleted is not drawn again.
    plan, known = (_plan_search, runs) if is_search else (_plan_random, [*runs, *tried])
    missing = {key: target - count for key, count in counts.items() if count < target}
    plans = tuple(
        plan(key, bases[key], split.train, [run for run in known if run.algorithm == key], count)
        for key, count in missing.items()
    )
    return EqualBudget(target, sum(missing.values()), plans)


@dataclass(frozen=True)
class EqualMinutes:
    """What is still to be searched so that each algorithm has `minutes`: `seconds` more of the algorithms, by key, that
    lack some, to `plans`."""

    minutes: int
    seconds: Mapping[str, float]
    plans: tuple[Plan, ...]


def lacking_minutes(store: RunStore, split: Split, pinned: Sequence[Run], minutes: int) -> EqualMinutes:
    """Return how many seconds every algorithm of the `pinned` runs lacks to `minutes` of search, without plans.

    What was trained before counts; where one algorithm has had more, all get as many minutes.
    """
    trials = [trial_of(run) for run in store.tried_runs(split.fingerprint)]
    records = {key: tuning_record(base, trials) for key, base in _bases(pinned).items()}
    most = max((record.seconds_before_last for record in records.values()), default=0.0)
    target = max(minutes, int(most // 60) + 1)
    lacking = {
        key: 60 * target - record.seconds
        for key, record in records.items()
        if record.seconds < 60 * target and record.n_settings < MOST_SETTINGS
    }
    return EqualMinutes(target, lacking, ())


def plan_equal_minutes(
    store: RunStore, split: Split, pinned: Sequence[Run], minutes: int, *, is_search: bool = False
) -> EqualMinutes:
    """Plan searches that go on until every algorithm of the `pinned` runs has had `minutes`, or MOST_SETTINGS.

    A search starts no setting once its minutes are over. Which settings it tries is as in `plan_equal_budget`.
    Raises InputError if `is_search` and Optuna is not installed.
    """
    lacking = lacking_minutes(store, split, pinned, minutes)
    runs, bases = store.runs(split.fingerprint), _bases(pinned)
    plans = tuple(
        _plan_timed(
            key,
            bases[key],
            split.train,
            [run for run in runs if run.algorithm == key],
            60.0 * lacking.minutes,
            is_random=not is_search,
        )
        for key in lacking.seconds
    )
    return replace(lacking, plans=plans)


def _bases(pinned: Sequence[Run]) -> dict[str, Algorithm]:
    """Return the recipe of the first pinned run of each algorithm that has something to choose."""
    bases: dict[str, Algorithm] = {}
    for run in pinned:
        if run.algorithm in ALGORITHMS and parameters(run.recipe):
            bases.setdefault(run.algorithm, run.recipe)
    return bases


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
    points = _known_points(runs, base, ranges)
    if not points:
        return replace(plan_search(algorithm, list(ranges), list(ranges.values()), count), base=base)
    return Plan(algorithm, base, tuple(ranges), points, Search(_widen(ranges, points), len(points) + count))


def _plan_timed(
    algorithm: str, base: Algorithm, train: Interactions, runs: Sequence[Run], seconds: float, *, is_random: bool
) -> Plan:
    """Plan a search that begins from the finished `runs` and goes on until `seconds` are over."""
    ranges = _ranges(algorithm, train)
    points = _known_points(runs, base, ranges)
    search = Search(_widen(ranges, points), 0, seconds=seconds, is_random=is_random)
    points = points or propose_points([parameters(base)[name] for name in ranges], search, (), {})
    return Plan(algorithm, base, tuple(ranges), points, replace(search, count=len(points) + 1))


def _known_points(runs: Sequence[Run], base: Algorithm, ranges: Mapping[str, tuple[float, float]]) -> tuple[Point, ...]:
    """Return the points of the finished `runs` that a search within the ranges, or wider ones, can learn from.

    A logarithmic scale has no 0: widened to it, the search would try hardly anything but large values.
    """
    logarithmic = [
        name for name, each in parameters(base).items() if each.log and name in ranges and ranges[name][0] > 0
    ]
    recipes = [run.recipe for run in runs if _can_learn_from(run, base, ranges)]
    on_scale = [recipe for recipe in recipes if all(getattr(recipe, name) > 0 for name in logarithmic)]
    return tuple(dict.fromkeys(_point(recipe, ranges) for recipe in on_scale))


def _widen(ranges: Mapping[str, tuple[float, float]], points: Sequence[Point]) -> tuple[tuple[float, float], ...]:
    """Return the ranges, wide enough for the `points`."""
    columns = zip(*points, strict=True) if points else [()] * len(ranges)
    return tuple(
        (min(low, *values), max(high, *values)) if values else (low, high)
        for (low, high), values in zip(ranges.values(), columns, strict=True)
    )


def _point(recipe: Algorithm, names: Collection[str]) -> Point:
    return tuple(getattr(recipe, name) for name in names)


def _can_learn_from(run: Run, base: Algorithm, names: Collection[str]) -> bool:
    """Whether a run is one that a sweep over `names` from `base` would train."""
    same = replace(run.recipe, **{name: getattr(base, name) for name in names}) == base
    is_plain = run.branch is None and not run.corruptions and run.numerics_version == NUMERICS_VERSION
    return same and is_plain and run.state == FINISHED and run.seed == _SEED


def find_best_settings(runs: Sequence[Run], score: Callable[[Run], float]) -> dict[str, Run]:
    """Return a run of the best setting of each algorithm: the highest mean `score` over its seeds.

    A branch is a setting of its own. What came in a file, what is made of other runs, and what diverged do not compete.
    """
    means = _mean_scores(runs, score)
    best: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: (run.seed, run.id)):
        if run.algorithm not in ALGORITHMS or run.state == DIVERGED:
            continue
        if run.algorithm not in best or means[all_but_seed(run)] > means[all_but_seed(best[run.algorithm])]:
            best[run.algorithm] = run
    return best


def find_better_settings(runs: Sequence[Run], pinned: Sequence[Run], score: Callable[[Run], float]) -> dict[str, Run]:
    """Return a run of the best setting of each algorithm, as above, where that is better than all `pinned` ones."""
    means, best = _mean_scores(runs, score), find_best_settings(runs, score)
    to_beat: dict[str, float] = {}
    for run in pinned:
        to_beat[run.algorithm] = max(to_beat.get(run.algorithm, -np.inf), means.get(all_but_seed(run), -np.inf))
    return {key: best[key] for key, mean in to_beat.items() if key in best and means[all_but_seed(best[key])] > mean}


def settings_alike(tried: Sequence[Run], scores: Mapping[int, float]) -> str:
    """Return of which algorithms at least every second setting has exactly the NDCG@10 of another; '' of none.

    `scores` holds that of a run by its number. Settings that change no list are no chance to do better.
    """
    reached: dict[str, dict[Setting, float]] = {}
    for run in tried:
        if run.id in scores:
            reached.setdefault(run.recipe.label, {}).setdefault(trial_of(run).setting, scores[run.id])
    counts = {label: (len(set(each.values())), len(each)) for label, each in reached.items()}
    return " ".join(
        f"The {count} settings of {label} that were tried have only {distinct} different "
        f"{'value' if distinct == 1 else 'values'} of NDCG@{CUTOFF} on validation."
        for label, (distinct, count) in counts.items()
        if 2 * distinct <= count
    )


def _mean_scores(
    runs: Sequence[Run], score: Callable[[Run], float]
) -> dict[tuple[str, Algorithm, Branch | None], float]:
    """Return the mean score over its seeds of each setting."""
    scores: dict[tuple[str, Algorithm, Branch | None], list[float]] = {}
    for run in runs:
        scores.setdefault(all_but_seed(run), []).append(score(run))
    return {setting: float(np.mean(each)) for setting, each in scores.items()}
