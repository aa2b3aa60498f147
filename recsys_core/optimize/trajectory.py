"""Follow an iterative method to its end: its points, their values, its time, and how it ended."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from time import perf_counter

import numpy as np

from recsys_core.optimize.methods import Function, Gradient

ARRIVED, DIVERGED, UNFINISHED = "arrived", "diverged", "unfinished"
_FAR_ABOVE = 1e12  # Newton leaps high and comes back


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The way a method went: `points` (s, d), their `values`, the lengths of their gradients, `seconds` (s,) so far."""

    points: np.ndarray
    values: np.ndarray
    slopes: np.ndarray
    seconds: np.ndarray
    ending: str

    @property
    def n_steps(self) -> int:
        return len(self.points) - 1


def follow(
    iterates: Iterable[np.ndarray], value: Function, gradient: Gradient, *, most: int = 600, tolerance: float = 1e-6
) -> Trajectory:
    """Ask for at most `most` steps, and stop where the gradient is shorter than `tolerance` or the method diverges.

    ARRIVED: the gradient vanishes. DIVERGED: a value is not finite, is 10¹² times above the first, or the last
    one is above the first. Only what the method itself does is timed.
    """
    points: list[np.ndarray] = []
    values: list[float] = []
    slopes: list[float] = []
    seconds: list[float] = []
    ending = None
    with np.errstate(over="ignore", invalid="ignore"):  # overflow is what we are here to notice
        for x, spent in islice(timed(iterates), most + 1):
            height, slope = float(value(x)), float(np.linalg.norm(gradient(x)))
            if not (np.isfinite(height) and np.isfinite(slope)) or (
                values and height > _FAR_ABOVE * (abs(values[0]) + 1)
            ):
                ending = DIVERGED
                break
            points.append(x)
            values.append(height)
            slopes.append(slope)
            seconds.append(spent)
            if slope <= tolerance:
                ending = ARRIVED
                break
    if ending is None:
        ending = DIVERGED if values[-1] > values[0] else UNFINISHED
    return Trajectory(np.array(points), np.array(values), np.array(slopes), np.array(seconds), ending)


def timed(iterates: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, float]]:
    """Yield every iterate with the seconds spent on it and those before; the time of the consumer does not count."""
    iterator, spent = iter(iterates), 0.0
    while True:
        began = perf_counter()
        x = next(iterator, None)
        spent += perf_counter() - began
        if x is None:
            return
        yield x, spent
