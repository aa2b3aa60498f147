"""Newton–Raphson: to the root of the tangent, again and again."""

from collections.abc import Callable, Iterator

import numpy as np


def newton(function: Callable, jacobian: Callable, start: np.ndarray | float) -> Iterator[np.ndarray]:
    """x ← x − J(x)⁺ F(x), without end; `start` (d,) or a number first.

    It looks for a root of F. With F = ∇f and J the Hessian of f that is a point where f is level: a minimum,
    but as gladly a saddle or a top. Close to a root with regular J the error is squared at every step.
    The pseudo-inverse ⁺ is J⁻¹ where that exists (Ben-Israel, J. Math. Anal. Appl. 1966).
    """
    x = np.atleast_1d(np.array(start, np.float64))
    while True:
        yield x
        x = x - np.linalg.pinv(np.atleast_2d(jacobian(x))) @ np.atleast_1d(function(x))
