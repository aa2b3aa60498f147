"""Adagrad: stochastic gradients, each coordinate with a step of its own."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np


def adagrad(
    batches: Callable[[], Iterable], gradient: Callable, start: np.ndarray, learning_rate: float
) -> Iterator[np.ndarray]:
    """x ← x − η g / √Σg², g = gradient(x, batch) over one pass of `batches()`; x (d,) after every pass, without end.

    The sum runs over all gradients so far, coordinate by coordinate (Duchi, Hazan and Singer, JMLR 2011).
    """
    x = np.array(start, np.float64)
    squares = np.full_like(x, 1e-12)  # so that a coordinate no rating has touched stays where it is
    while True:
        yield x
        x = x.copy()
        for batch in batches():
            g = gradient(x, batch)
            squares += g * g
            x -= learning_rate * g / np.sqrt(squares)
