"""What a sweep asks: which settings of which algorithms, from how many seeds."""

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

MOST_VARIED = 2


@dataclass(frozen=True)
class Search:
    """How a plan grows (see `sweeps.search`): to `count` points within these `ranges`, as `seed` has it."""

    ranges: tuple[tuple[float, float], ...]
    count: int
    seed: int = 0


@dataclass(frozen=True)
class Plan:
    """One algorithm's part of a sweep: `points` are values of the fields `names`, the others stay as in `base`.

    Where there is a `search`, these are the points that it has asked for so far.
    """

    algorithm: str
    base: Algorithm
    names: tuple[str, ...]
    points: tuple[tuple, ...]
    search: Search | None = None

    def __post_init__(self):
        if not 1 <= len(self.names) <= MOST_VARIED:
            raise InputError(f"A sweep must vary one or two hyperparameters. Got {len(self.names)}.")
        known = parameters(self.base)
        if unknown := [name for name in self.names if name not in known]:
            raise InputError(f"A sweep must vary what {self.base.label} has. It has no {', '.join(unknown)}.")
        if not self.points:
            raise InputError("A sweep must try at least one value. Got none.")
        self.recipes()  # values out of bounds are refused now, not in a worker

    @property
    def varied(self) -> list[Parameter]:
        return [parameters(self.base)[name] for name in self.names]

    @property
    def is_grid(self) -> bool:
        """Whether every value of one field meets every value of the other."""
        return len(set(self.points)) == math.prod(len(set(values)) for values in zip(*self.points, strict=True))

    @property
    def n_to_propose(self) -> int:
        """How many points are still to be asked for."""
        return max(0, self.search.count - len(self.points)) if self.search else 0

    def with_defaults_for(self, train: Interactions) -> "Plan":
        """The same plan, with what it does not vary where a training on `train` would begin."""
        return replace(self, base=ALGORITHMS[self.algorithm].defaults_for(train))

    def recipes(self) -> list[Algorithm]:
        return [replace(self.base, **dict(zip(self.names, point, strict=True))) for point in self.points]


@dataclass(frozen=True)
class Task:
    """One run that a sweep asks for."""

    algorithm: str
    recipe: Algorithm
    seed: int


@dataclass(frozen=True)
class Sweep:
    """Plans and the seeds from which each of their settings is trained."""

    plans: tuple[Plan, ...]
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self):
        if not self.plans or not self.seeds:
            raise InputError("A sweep must have at least one algorithm and one seed. Choose them.")

    def tasks(self) -> list[Task]:
        """Every run once: all settings from the first seed come before any from the second."""
        tasks = (
            Task(plan.algorithm, recipe, seed)
            for seed in self.seeds
            for plan in self.plans
            for recipe in plan.recipes()
        )
        return list(dict.fromkeys(tasks))

    @property
    def n_runs(self) -> int:
        """How many runs it will have been, those included that are still to be asked for."""
        return len(self.tasks()) + len(self.seeds) * sum(plan.n_to_propose for plan in self.plans)

    def description(self) -> dict[str, Any]:
        """All of it, ready for JSON; `restore_sweep` is the way back."""
        return {"plans": [_plan_description(plan) for plan in self.plans], "seeds": list(self.seeds)}


def _plan_description(plan: Plan) -> dict[str, Any]:
    described = {
        "algorithm": plan.algorithm,
        "base": plan.base.settings(),
        "names": list(plan.names),
        "points": [list(point) for point in plan.points],
    }
    if plan.search:
        ranges = [list(ends) for ends in plan.search.ranges]
        described["search"] = {"ranges": ranges, "count": plan.search.count, "seed": plan.search.seed}
    return described


def restore_sweep(description: dict[str, Any]) -> Sweep:
    """The Sweep that `description` was taken from; KeyError or InputError if this code lacks what it names."""
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
    return Search(tuple(tuple(ends) for ends in described["ranges"]), described["count"], described["seed"])


def plan_grid(
    algorithm: str, names: Sequence[str], ranges: Sequence[tuple[float, float]], counts: Sequence[int]
) -> Plan:
    """Every combination of `counts` values of each field, evenly from end to end of its range.

    Even on a logarithmic scale where the field is logarithmic. A choice takes all its options.
    """
    known = parameters(ALGORITHMS[algorithm])
    axes = [_space_evenly(known[name], *ends, count) for name, ends, count in zip(names, ranges, counts, strict=True)]
    return Plan(algorithm, ALGORITHMS[algorithm](), tuple(names), tuple(product(*axes)))


def plan_random(
    algorithm: str, names: Sequence[str], ranges: Sequence[tuple[float, float]], count: int, *, seed: int = 0
) -> Plan:
    """`count` settings drawn from the ranges, log-uniformly where a field is logarithmic.

    Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 2012: where only one of two fields
    matters, a grid of c settings tries √c values of it, c random ones c.
    """
    known, rng = parameters(ALGORITHMS[algorithm]), np.random.default_rng(seed)
    points = zip(
        *(_values_at(known[name], *ends, rng.random(count)) for name, ends in zip(names, ranges, strict=True)),
        strict=True,
    )
    return Plan(algorithm, ALGORITHMS[algorithm](), tuple(names), tuple(dict.fromkeys(points)))


def _space_evenly(parameter: Parameter, low, high, count: int) -> list:
    if parameter.options:
        return list(parameter.options)
    return list(dict.fromkeys(_values_at(parameter, low, high, np.linspace(0, 1, count) if count > 1 else np.zeros(1))))


def _values_at(parameter: Parameter, low: float, high: float, shares: np.ndarray) -> list:
    """The values at these shares (count,) of the way from `low` to `high`, in three digits: names must be short."""
    if parameter.options:
        return [parameter.options[int(share * len(parameter.options))] for share in shares]
    if parameter.log and low > 0:
        values = np.exp(np.log(low) + shares * (np.log(high) - np.log(low)))
    else:
        values = low + shares * (high - low)
    return [round_to_three_digits(parameter, value) for value in values]


def round_to_three_digits(parameter: Parameter, value: float) -> float:
    value = float(f"{value:.3g}")
    return round(value) if parameter.is_integer else value
