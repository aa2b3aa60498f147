"""Alternating minimisation: one part at a time, each to its best."""

from collections.abc import Callable, Iterator, Sequence
from itertools import cycle

import numpy as np


def alternating(best: Sequence[Callable], start: np.ndarray) -> Iterator[np.ndarray]:
    """x ← best[0](x), x ← best[1](x), … in turns, without end; `start` (d,) first.

    Each of `best` returns x with one part of it at the minimum, the rest as it was: so the objective never rises.
    ALS is this with the people as one part and the items as the other.
    """
    x = np.array(start, np.float64)
    for improve in cycle(best):
        yield x
        x = improve(x)
