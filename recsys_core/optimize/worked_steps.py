"""The four methods on a surface that can be drawn, and one step of each in numbers to check by hand."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.optimize.methods import alternating, bfgs, gradient_descent, newton
from recsys_core.optimize.surface import Surface
from recsys_core.optimize.trajectory import Trajectory, follow

ALS, DESCENT, NEWTON, BFGS = "ALS", "Gradient descent", "Newton", "BFGS"
METHODS: dict[str, Callable[[Surface, np.ndarray, float], Iterator[np.ndarray]]] = {
    ALS: lambda surface, start, step_size: alternating((surface.minimise_a, surface.minimise_b), start),
    DESCENT: lambda surface, start, step_size: gradient_descent(surface.gradient, start, step_size),
    NEWTON: lambda surface, start, step_size: newton(surface.gradient, surface.hessian, start),
    BFGS: lambda surface, start, step_size: bfgs(surface.value, surface.gradient, start),
}
_POINT, _SLOPE = 4, 6  # decimals that are printed


def follow_methods(
    surface: Surface, start: np.ndarray, step_size: float, methods: Iterable[str]
) -> dict[str, Trajectory]:
    """Follow each of `methods`, names of METHODS, from the same start (2,), and return their trajectories by name.

    Each is walked three times, and a step takes the shortest of its times: what else the machine does counts least.
    """

    def walk(name: str) -> Trajectory:
        return follow(METHODS[name](surface, start, step_size), surface.value, surface.gradient)

    return {name: _quickest([walk(name) for _ in range(3)]) for name in methods}


def _quickest(walks: list[Trajectory]) -> Trajectory:
    spent = np.min([np.diff(walk.seconds, prepend=0.0) for walk in walks], axis=0)
    return replace(walks[0], seconds=np.cumsum(spent))


@dataclass(frozen=True, eq=False)
class WorkedStep:
    """One step in the digits that are printed: `after` is what those of the other fields give, and no more.

    `before` and `after` (2,); `gradient` (2,) and `hessian` (2, 2) at `before`; `parabola` (3,) along the axis `axis`
    that ALS moves on; `difference` (2,) of the next gradient and this one, which is what BFGS learns from.
    """

    before: np.ndarray
    after: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray
    axis: int
    parabola: np.ndarray
    difference: np.ndarray


def worked_step(method: str, surface: Surface, path: Trajectory, step: int, step_size: float) -> WorkedStep:
    """Work out step number `step`, from 1, of `path`, which `method` took."""
    before, after = path.points[step - 1].round(_POINT), path.points[step].round(_POINT)
    gradient, hessian = surface.gradient(before).round(_SLOPE), surface.hessian(before).round(_SLOPE)
    axis = (step - 1) % 2
    parabola = surface.parabola(before, axis).round(_SLOPE)
    if method == DESCENT:
        after = (before - step_size * gradient).round(_POINT)
    elif method == NEWTON:
        after = (before - np.linalg.pinv(hessian) @ gradient).round(_POINT)
    elif method == ALS and parabola[2] > 0:
        after = before.copy()
        after[axis] = (-parabola[1] / (2 * parabola[2])).round(_POINT)
    difference = (surface.gradient(after).round(_SLOPE) - gradient).round(_SLOPE)
    return WorkedStep(before, after, gradient, hessian, axis, parabola, difference)
