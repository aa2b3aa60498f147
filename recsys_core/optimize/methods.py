"""Methods of optimisation as generators of their iterates; BFGS, L-BFGS and SLSQP are SciPy's."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import cycle
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import minimize

from recsys_core.algorithms.kernels.adagrad import adagrad_step

Function = Callable[[np.ndarray], float]
"""f(x) of x (d,)"""
Gradient = Callable[[np.ndarray], np.ndarray]
"""∇f(x) (d,) of x (d,); also any other map of points to points."""
Constraint = Mapping[str, Any]
"""As scipy.optimize.minimize takes it."""
Batch = TypeVar("Batch")

_MOST = 100_000  # iterations: who asks decides when to stop


def bfgs(value: Function, gradient: Gradient, start: np.ndarray, tolerance: float = 1e-7) -> Iterator[np.ndarray]:
    """Yield the iterates of BFGS, which builds the Hessian up from the gradients it meets; `start` (d,) first.

    Ends where no slope exceeds `tolerance` or no step helps. (Nocedal and Wright, Numerical Optimization, chapter 6.)
    """
    options = {"gtol": tolerance, "maxiter": _MOST}
    return _path(start, value, jac=gradient, method="BFGS", options=options)


def lbfgs(
    value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]], start: np.ndarray, tolerance: float = 1e-7
) -> Iterator[np.ndarray]:
    """Yield the iterates of L-BFGS, which keeps the last ten gradients only, for many dimensions; `start` (d,) first.

    Ends as `bfgs` does (Liu and Nocedal, Mathematical Programming 1989).
    """
    options = {"gtol": tolerance, "ftol": 0.0, "maxiter": _MOST, "maxfun": 10 * _MOST}
    return _path(start, value_and_gradient, jac=True, method="L-BFGS-B", options=options)


def slsqp(
    value: Function,
    start: np.ndarray,
    *,
    gradient: Gradient | None = None,
    bounds: Sequence[tuple[float, float]] | None = None,
    constraints: Sequence[Constraint] = (),
    tolerance: float = 1e-10,
) -> Iterator[np.ndarray]:
    """Yield the iterates of sequential least squares programming to a minimum under `constraints`; `start` (d,) first.

    `constraints` are those of scipy.optimize.minimize: {"type": "eq" or "ineq", "fun": c} holds c(x) = 0 or c(x) ≥ 0.
    Without `gradient` it takes finite differences. (Kraft, DFVLR-FB 88-28, 1988.)
    """
    options = {"ftol": tolerance, "maxiter": 1000}
    return _path(start, value, jac=gradient, method="SLSQP", bounds=bounds, constraints=constraints, options=options)


def _path(start: np.ndarray, value: Callable[[np.ndarray], object], **settings: Any) -> Iterator[np.ndarray]:
    """Yield `start`, then every iterate that minimize(value, start, **settings) reports.

    SciPy calls back, and we want to be asked: so its minimiser runs in a thread that waits at every iterate until
    the next one is asked for. Who stops asking ends it.
    """
    start = np.array(start, np.float64)
    yield start
    iterates: SimpleQueue[np.ndarray | Exception | None] = SimpleQueue()
    go_on: SimpleQueue[bool] = SimpleQueue()

    def hand_over(x: np.ndarray) -> None:
        iterates.put(np.array(x))
        if not go_on.get():
            raise StopIteration

    def run() -> None:
        try:
            minimize(value, start, callback=hand_over, **settings)
            iterates.put(None)
        except StopIteration:
            pass
        except Exception as error:  # belongs to who asks, in the other thread
            iterates.put(error)

    threading.Thread(target=run, daemon=True, name="minimize").start()
    try:
        while (x := iterates.get()) is not None:
            if isinstance(x, Exception):
                raise x
            yield x
            go_on.put(True)
    finally:
        go_on.put(False)


def alternating(best: Sequence[Gradient], start: np.ndarray) -> Iterator[np.ndarray]:
    """Yield x ← best[0](x), x ← best[1](x), … in turns, without end; `start` (d,) first.

    Each of `best` returns x with one part of it at the minimum, the rest as it was: so the objective never rises.
    ALS is this with the users as one part and the items as the other.
    """
    x = np.array(start, np.float64)
    for improve in cycle(best):
        yield x
        x = improve(x)


def gradient_descent(gradient: Gradient, start: np.ndarray, step_size: float) -> Iterator[np.ndarray]:
    """Yield x ← x − η ∇f(x), without end; `start` (d,) first (Cauchy 1847).

    Near a minimum with Hessian H it converges for η < 2 / λ_max(H) and then by the factor max |1 − η λ_i(H)| a step.
    """
    x = np.array(start, np.float64)
    while True:
        yield x
        x = x - step_size * gradient(x)


def newton(
    function: Callable[[np.ndarray], np.ndarray | float],
    jacobian: Callable[[np.ndarray], np.ndarray | float],
    start: np.ndarray | float,
) -> Iterator[np.ndarray]:
    """Yield x ← x − J(x)⁺ F(x), without end; `start` (d,) or a number first.

    It looks for a root of F. With F = ∇f and J the Hessian of f that is a point where f is level: a minimum,
    but as gladly a saddle or a top. Close to a root with regular J the error is squared at every step.
    The pseudo-inverse ⁺ is J⁻¹ where that exists (Ben-Israel, J. Math. Anal. Appl. 1966).
    """
    x = np.atleast_1d(np.array(start, np.float64))
    while True:
        yield x
        x = x - np.linalg.pinv(np.atleast_2d(jacobian(x))) @ np.atleast_1d(function(x))


def adagrad(
    batches: Callable[[], Iterable[Batch]],
    gradient: Callable[[np.ndarray, Batch], np.ndarray],
    start: np.ndarray,
    learning_rate: float,
) -> Iterator[np.ndarray]:
    """Yield x (d,) after every pass of `batches()`, without end: x ← x − η g / √Σg², g = gradient(x, batch).

    The sum runs over all gradients so far, coordinate by coordinate (Duchi, Hazan and Singer, JMLR 2011).
    """
    x = np.array(start, np.float64)
    squares = np.full_like(x, 1e-12)  # so that a coordinate no rating has touched stays where it is
    while True:
        yield x
        x = x.copy()
        for batch in batches():
            x -= adagrad_step(gradient(x, batch), squares, learning_rate)
