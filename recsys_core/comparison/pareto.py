"""Find the Pareto front: what nothing else beats in quality without costing more."""

import numpy as np


def pareto_front(quality: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """Return (r,) bool: whether none of the other candidates is at least as good and as cheap, and better in one.

    Equal candidates stand on the front together. NaN in either keeps a candidate off the front.
    """
    quality, cost = np.asarray(quality, np.float64), np.asarray(cost, np.float64)
    no_worse = (quality[:, None] >= quality) & (cost[:, None] <= cost)
    better = (quality[:, None] > quality) | (cost[:, None] < cost)
    is_on_front: np.ndarray = ~np.any(no_worse & better, axis=0) & np.isfinite(quality) & np.isfinite(cost)
    return is_on_front
