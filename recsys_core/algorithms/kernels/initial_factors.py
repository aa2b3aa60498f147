"""Initial factors: random directions that have been multiplied once by the data."""

import numpy as np
from scipy import linalg

from recsys_core.data.interactions import Interactions
from recsys_core.threads import for_each_block

STARTS = ("spread", "noise")


def spread_directions(train: Interactions, k: int, rng: np.random.Generator) -> np.ndarray:
    """Return orthonormal item directions (n, k), float32: a basis of XᵀXΩ, X the binary matrix (m, n) and Ω random.

    The first step of a subspace iteration (Halko, Martinsson and Tropp, SIAM Review 2011), which lies already near
    the tastes that many share. With more factors than items the last columns are zero.
    """
    x = train.binary
    random = rng.normal(size=(train.n_items, k)).astype(np.float32)
    spread = np.hstack(for_each_block(lambda columns: x.T @ (x @ columns), np.array_split(random, 2, axis=1)))
    basis = _orthonormal_basis(spread)
    directions = np.zeros((train.n_items, k), np.float32)
    directions[:, : basis.shape[1]] = basis
    return directions


def _orthonormal_basis(columns: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis (n, min(n, k)) of the space of `columns` (n, k), in their precision.

    NumPy's `qr` would compute in float64, which takes three times as long.
    """
    basis: np.ndarray = linalg.qr(columns, mode="economic", check_finite=False)[0]
    return basis
