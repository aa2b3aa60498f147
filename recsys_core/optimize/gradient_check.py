"""Check a gradient that was derived by hand."""

import numpy as np

from recsys_core.optimize.methods import Function, Gradient


def gradient_error(
    value: Function, gradient: Gradient, x: np.ndarray, rng: np.random.Generator, *, n_directions: int = 8
) -> float:
    """Return the largest relative difference of ∇f(x)·d and (f(x + hd) − f(x − hd)) / 2h over random unit vectors d.

    Central differences err by O(h²) and by rounding ε|f|/h, so h is ∛ε times the size of x, and ∛ε where x is 0
    (Nocedal and Wright, Numerical Optimization, section 8.1).
    """
    x = np.asarray(x, np.float64)
    slope = gradient(x)
    h = np.cbrt(np.finfo(np.float64).eps) * (float(np.linalg.norm(x)) or 1.0)
    worst = 0.0
    for _ in range(n_directions):
        direction = rng.normal(size=x.shape)
        direction /= np.linalg.norm(direction)
        measured = (value(x + h * direction) - value(x - h * direction)) / (2 * h)
        derived = slope @ direction
        worst = max(worst, abs(measured - derived) / max(abs(measured), abs(derived), 1e-300))
    return worst
