"""Solve many small symmetric positive definite systems side by side: each step of Cholesky is taken in all at once."""

import numpy as np


def solve_side_by_side(systems: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve A_r x_r = b_r by Cholesky for all r of `systems` (k + 1, k, rows), which are overwritten.

    `systems[:k, :, r]` is A_r, of which one triangle is read, and `systems[k, :, r]` is b_r. With the rows as the last
    axis a step is one vectorised call for all of them; LAPACK, called for one row after the other, spends most of its
    time on the calls where k is small. Returns x (k, rows), and a mask (rows,) of the systems that are not positive
    definite to working precision, whose x means nothing.
    """
    k, rows = systems.shape[1:]
    inverse_pivots = np.empty((k, rows), systems.dtype)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for j in range(k):
            column = systems[j:, j]  # its last row is b, so that forward substitution is done on the way
            if j:
                column -= np.einsum("ipr,pr->ir", systems[j:, :j], systems[j, :j])
            np.sqrt(column[0], out=inverse_pivots[j])
            np.divide(1, inverse_pivots[j], out=inverse_pivots[j])
            column *= inverse_pivots[j]
        x: np.ndarray = systems[k]
        for j in range(k - 1, -1, -1):
            x[j] *= inverse_pivots[j]
            if j:
                x[:j] -= systems[j, :j] * x[j]
    return x, np.logical_not(np.isfinite(inverse_pivots).all(axis=0))
