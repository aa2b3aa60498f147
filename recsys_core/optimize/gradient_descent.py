"""Gradient descent: step by step against the slope."""

from collections.abc import Callable, Iterator

import numpy as np


def gradient_descent(gradient: Callable, start: np.ndarray, step_size: float) -> Iterator[np.ndarray]:
    """x ← x − η ∇f(x), without end; `start` (d,) first (Cauchy 1847).

    Near a minimum with Hessian H it converges for η < 2 / λ_max(H) and then by the factor max |1 − η λ_i(H)| a step.
    """
    x = np.array(start, np.float64)
    while True:
        yield x
        x = x - step_size * gradient(x)
