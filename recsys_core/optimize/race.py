"""A race of optimisers on one objective: whoever has used least time is next."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from recsys_core.data.interactions import Interactions
from recsys_core.metrics.rating import rmse
from recsys_core.optimize.factor_objective import FactorObjective
from recsys_core.optimize.methods import adagrad, alternating, gradient_descent, lbfgs
from recsys_core.optimize.trajectory import ARRIVED, DIVERGED, UNFINISHED, timed
from recsys_core.threads import one_blas_thread

_BATCH = 2_000
_MARKS = 60  # measured points of a racer, at most
_FAR_ABOVE = 10.0
_LEVEL = 1e-6  # of the gradient at the start: shorter ones have arrived


@dataclass(frozen=True)
class Mark:
    """Where a racer stood after `steps` of its own and `seconds` spent on nothing else."""

    steps: int
    seconds: float
    objective: float
    slope: float
    rmse: float


@dataclass(eq=False)
class Racer:
    """One method on its way; `ending` is empty while it runs, UNFINISHED when its time is up."""

    name: str
    iterates: Iterator[tuple[np.ndarray, float]]
    x: np.ndarray
    marks: list[Mark] = field(default_factory=list)
    steps: int = -1
    seconds: float = 0.0
    ending: str = ""


class Race:
    """ALS, gradient descent, Adagrad and L-BFGS from the same start, each for `seconds` of its own time.

    `step_size` and `learning_rate` are those of gradient descent and of Adagrad, the latter in units of √s as the
    factors are (`FactorObjective.unit`). The root mean squared error is
    taken on `held_out`, nan where that is empty. Measuring is not timed.
    """

    def __init__(
        self,
        objective: FactorObjective,
        held_out: Interactions,
        *,
        seconds: float,
        step_size: float,
        learning_rate: float,
        seed: int = 0,
    ):
        rng = np.random.default_rng(seed)
        start = objective.draw_start(rng)
        rate = learning_rate * objective.unit
        methods = {
            "ALS": alternating((objective.solve_users, objective.solve_items), start),
            "Gradient descent": gradient_descent(objective.gradient, start, step_size),
            "Adagrad": adagrad(lambda: objective.batches(rng, _BATCH), objective.batch_gradient, start, rate),
            "L-BFGS": lbfgs(objective.value_and_gradient, start),
        }
        self.objective, self.held_out, self.seconds = objective, held_out, seconds
        self.racers = [Racer(name, timed(iterates), start) for name, iterates in methods.items()]

    @property
    def is_over(self) -> bool:
        return all(racer.ending for racer in self.racers)

    @property
    def lowest(self) -> float:
        """The lowest objective that any racer has shown; inf before the first."""
        return min((mark.objective for racer in self.racers for mark in racer.marks), default=np.inf)

    def advance(self, wall_seconds: float) -> None:
        """Let the racers run for about `wall_seconds` of the clock on the wall, measuring included."""
        until = perf_counter() + wall_seconds
        with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
            while not self.is_over and perf_counter() < until:
                racer = min((racer for racer in self.racers if not racer.ending), key=lambda each: each.seconds)
                self._step(racer)

    def _step(self, racer: Racer) -> None:
        reached = next(racer.iterates, None)
        if reached is None:
            self._measure(racer)
            racer.ending = racer.ending or ARRIVED
            return
        (racer.x, racer.seconds), racer.steps = reached, racer.steps + 1
        is_up = racer.seconds >= self.seconds
        if is_up or not racer.marks or racer.seconds - racer.marks[-1].seconds >= self.seconds / _MARKS:
            self._measure(racer)
        if is_up and not racer.ending:
            racer.ending = UNFINISHED

    def _measure(self, racer: Racer) -> None:
        """Write down where `racer` is, or that it is lost."""
        mark = self._mark(racer)
        first = racer.marks[0] if racer.marks else mark
        if not mark.objective <= _FAR_ABOVE * first.objective:  # true for nan too
            racer.ending = DIVERGED
            return
        racer.marks.append(mark)
        if mark.slope <= _LEVEL * first.slope:
            racer.ending = ARRIVED

    def _mark(self, racer: Racer) -> Mark:
        value, slopes = self.objective.value_and_gradient(racer.x)
        held_out, error = self.held_out, np.nan
        if held_out.n_interactions and np.isfinite(value):
            predicted = self.objective.model(racer.x).scores_of(held_out.users, held_out.items)
            error = rmse(predicted, held_out.values)
        return Mark(racer.steps, racer.seconds, value, float(np.linalg.norm(slopes)), error)
