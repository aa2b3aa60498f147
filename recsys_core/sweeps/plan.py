"""Plan a sweep: which settings of which algorithms are trained, and from how many seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import Parameter, parameters
from recsys_core.store.run import restore_recipe

MOST_VARIED_IN_GRID = 2
"""More would multiply to more runs than anybody waits for; random and searched settings may vary everything."""

Point = tuple[float | str, ...]
"""A setting: one value for each varied hyperparameter."""


@dataclass(frozen=True)
class Search:
    """How a plan grows (see `sweeps.search`): to `count` points within `ranges` (low, high), from `seed`.

    With `seconds` it grows until the algorithm has been trained for that long on the split, and `count` moves along: it
    is one more than there are points until the time is over. `is_random` draws points at random instead of by TPE.
    """

    ranges: tuple[tuple[float, float], ...]
    count: int
    seed: int = 0
    seconds: float | None = None
    is_random: bool = False


@dataclass(frozen=True)
class Plan:
    """The settings of one algorithm in a sweep: `points` for the fields `names`; the other fields are as in `base`.

    With a `search`, `points` are those that it has proposed so far. Raises InputError unless at least one field of
    the algorithm is varied over at least one point within the bounds.
    """

    algorithm: str
    base: Algorithm
    names: tuple[str, ...]
    points: tuple[Point, ...]
    search: Search | None = None

    def __post_init__(self) -> None:
        if not self.names:
            raise InputError("A sweep must vary at least one hyperparameter. Got none.")
        known = parameters(self.base)
        if unknown := [name for name in self.names if name not in known]:
            raise InputError(f"A sweep must vary what {self.base.label} has. It has no {', '.join(unknown)}.")
        if not self.points:
            raise InputError("A sweep must try at least one value. Got none.")
        self.recipes()  # refuses values out of bounds now, not in a worker

    @property
    def varied(self) -> list[Parameter]:
        """The hyperparameters that are varied."""
        return [parameters(self.base)[name] for name in self.names]

    @property
    def is_grid(self) -> bool:
        """Whether every value of one field meets every value of the other."""
        return len(set(self.points)) == math.prod(len(set(values)) for values in zip(*self.points, strict=True))

    @property
    def n_to_propose(self) -> int:
        """How many points the search will still propose."""
        return max(0, self.search.count - len(self.points)) if self.search else 0

    def with_defaults_for(self, train: Interactions) -> "Plan":
        """Return the plan with the defaults for `train` in all fields that it does not vary."""
        return replace(self, base=ALGORITHMS[self.algorithm].defaults_for(train))

    def recipes(self) -> list[Algorithm]:
        """Return the recipe of each point."""
        return [replace(self.base, **dict(zip(self.names, point, strict=True))) for point in self.points]


@dataclass(frozen=True)
class Task:
    """One run that a sweep asks for."""

    algorithm: str
    recipe: Algorithm
    seed: int


@dataclass(frozen=True)
class Sweep:
    """Plans, and the seeds from which each of their settings is trained. Raises InputError if either is empty."""

    plans: tuple[Plan, ...]
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        if not self.plans or not self.seeds:
            raise InputError("A sweep must have at least one algorithm and one seed. Choose them.")

    def tasks(self) -> list[Task]:
        """Return every run once; all settings from the first seed come before any from the second."""
        tasks = (
            Task(plan.algorithm, recipe, seed)
            for seed in self.seeds
            for plan in self.plans
            for recipe in plan.recipes()
        )
        return list(dict.fromkeys(tasks))

    @property
    def n_runs(self) -> int:
        """How many runs the sweep will have, including those that a search will still propose."""
        return len(self.tasks()) + len(self.seeds) * sum(plan.n_to_propose for plan in self.plans)

    def description(self) -> dict[str, Any]:
        """Return the sweep as JSON values, which `restore_sweep` reads."""
        return {"plans": [_plan_description(plan) for plan in self.plans], "seeds": list(self.seeds)}


def _plan_description(plan: Plan) -> dict[str, Any]:
    described: dict[str, Any] = {
        "algorithm": plan.algorithm,
        "base": plan.base.settings(),
        "names": list(plan.names),
        "points": [list(point) for point in plan.points],
    }
    if plan.search:
        ranges = [list(ends) for ends in plan.search.ranges]
        described["search"] = {"ranges": ranges, "count": plan.search.count, "seed": plan.search.seed}
        if plan.search.seconds is not None:
            described["search"] |= {"seconds": plan.search.seconds, "is_random": plan.search.is_random}
    return described


def is_restorable(description: dict[str, Any]) -> bool:
    """Return whether this code still has every algorithm and field that a stored sweep names."""
    try:
        restore_sweep(description)
    except (KeyError, TypeError, InputError):
        return False
    return True


def restore_sweep(description: dict[str, Any]) -> Sweep:
    """Rebuild a sweep from its description. Raises KeyError or InputError if this code lacks what it names."""
    plans = tuple(
        Plan(
            each["algorithm"],
            restore_recipe(each["algorithm"], each["base"]),
            tuple(each["names"]),
            tuple(tuple(point) for point in each["points"]),
            _restore_search(each.get("search")),
        )
        for each in description["plans"]
    )
    return Sweep(plans, tuple(description["seeds"]))


def _restore_search(described: dict[str, Any] | None) -> Search | None:
    if described is None:
        return None
    return Search(**described | {"ranges": tuple(tuple(ends) for ends in described["ranges"])})


def plan_grid(
    algorithm: str, names: Sequence[str], ranges: Sequence[tuple[float, float]], counts: Sequence[int]
) -> Plan:
    """Plan every combination of `counts` values per field, evenly spaced over its range (low, high).

    The spacing is logarithmic where the field is. A choice takes all its options. Raises InputError beyond two fields.
    """
    if len(names) > MOST_VARIED_IN_GRID:
        raise InputError(
            f"A grid must vary one or two hyperparameters. Got {len(names)}: choose fewer, or try random settings."
        )
    known = parameters(ALGORITHMS[algorithm])
    axes = [_space_evenly(known[name], *ends, count) for name, ends, count in zip(names, ranges, counts, strict=True)]
    return Plan(algorithm, ALGORITHMS[algorithm](), tuple(names), tuple(product(*axes)))


def plan_random(
    algorithm: str, names: Sequence[str], ranges: Sequence[tuple[float, float]], count: int, *, seed: int = 0
) -> Plan:
    """Plan `count` random settings within the ranges, log-uniform where a field is logarithmic.

    Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 2012: where only one of two fields
    matters, a grid of c settings tries √c values of it, c random ones c.
    """
    known = parameters(ALGORITHMS[algorithm])
    points = random_points([known[name] for name in names], ranges, count, seed=seed)
    return Plan(algorithm, ALGORITHMS[algorithm](), tuple(names), tuple(dict.fromkeys(points)))


def random_points(
    varied: Sequence[Parameter], ranges: Sequence[tuple[float, float]], count: int, *, seed: int
) -> list[Point]:
    """Draw `count` points within the ranges (low, high), some of which may be equal."""
    rng = np.random.default_rng(seed)
    columns = (_values_at(each, *ends, rng.random(count)) for each, ends in zip(varied, ranges, strict=True))
    return list(zip(*columns, strict=True))


def suggest_range(parameter: Parameter) -> tuple[float, float]:
    """Return the range worth trying first: from well below to well above the default, within what is typical."""
    low, high = parameter.typical
    if parameter.log:
        low, high = max(low, parameter.default / 30), min(high, parameter.default * 10)
    else:
        low, high = max(low, parameter.default / 8), min(high, max(2 * parameter.default, low + (high - low) / 8))
    return (round(low), round(high)) if parameter.is_integer else (low, high)


def _space_evenly(parameter: Parameter, low: float, high: float, count: int) -> list[float | str]:
    if parameter.options:
        return list(parameter.options)
    return list(dict.fromkeys(_values_at(parameter, low, high, np.linspace(0, 1, count) if count > 1 else np.zeros(1))))


def _values_at(parameter: Parameter, low: float, high: float, shares: np.ndarray) -> list[float | str]:
    """Return the values at `shares` (count,) of the way from `low` to `high`, rounded so that their names are short."""
    if parameter.options:
        return [parameter.options[int(share * len(parameter.options))] for share in shares]
    if parameter.log and low > 0:
        values = np.exp(np.log(low) + shares * (np.log(high) - np.log(low)))
    else:
        values = low + shares * (high - low)
    return [round_to_three_digits(parameter, value) for value in values]


def round_to_three_digits(parameter: Parameter, value: float) -> float:
    """Round to three significant digits, and to a whole number where the parameter is one."""
    value = float(f"{value:.3g}")
    return round(value) if parameter.is_integer else value
