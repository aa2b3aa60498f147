"""All ridge systems of one side of a factorisation at once: the step that ALS alternates."""

import numpy as np

from recsys_core.algorithms.lapack import solve_positive_definite
from recsys_core.algorithms.row_groups import RowGroup, RowGroups
from recsys_core.threads import for_each_block

_LEAST_RIDGE = 1e-5  # of a system's mean diagonal; below, float32 cannot tell it from singular
_PARALLEL_FROM = 3e7  # multiply-adds; below, handing work to threads costs more than it saves


def solve_rows(
    rows: RowGroups,
    factors: np.ndarray,
    *,
    targets: np.ndarray | float,
    ridge: np.ndarray,
    weights: np.ndarray | float = 1.0,
    gram: np.ndarray | None = None,
    fitted: np.ndarray | None = None,
) -> np.ndarray:
    """For every row u minimise xᵀG x + Σ_j w_uj (x·y_j)² − 2 Σ_j t_uj (x·y_j) + ridge_u ‖x‖² over x.

    The sums run over the row's entries j; y_j are the rows of `factors` (n, k); `targets` t and `weights` w stand
    beside the entries, or are one number for all; `gram` is G (k, k), zero where None; `ridge` is (m,).
    The minimiser solves (G + Σ w y yᵀ + ridge I) x = Σ t y. Returns x (m, k), zero for empty rows; `fitted`, where
    given, is filled with the x·y_j of all entries. Where the system is singular (ridge 0 and fewer entries than
    factors) the shortest minimiser is taken.
    """
    data, k = rows.data, rows.n_factors
    padded = rows.padded(factors)
    solutions = np.zeros((data.n_users, k), np.float32)
    ridge = np.broadcast_to(np.asarray(ridge, np.float32), data.n_users)
    roots = np.sqrt(np.asarray(weights, np.float32))

    def solve_group(group: RowGroup) -> None:
        y = rows.gathered(padded, group)
        root = group.beside(roots)
        t = np.ascontiguousarray(np.broadcast_to(group.beside(targets), group.items.shape))  # or BLAS would not be used
        right_sides = np.matmul(t[:, None, :], y)[:, 0]
        weighted = y
        if np.ndim(root) or root != 1:
            weighted = np.multiply(y, root[..., None], out=rows.scratch.array("weighted", y.shape))
        # A product of an array with its own transpose is one `syrk` a row: half the multiplications.
        systems = rows.scratch.array("systems", (len(y), k, k))
        np.matmul(weighted.transpose(0, 2, 1), weighted, out=systems)
        if gram is not None:
            systems += gram
        diagonals = np.einsum("rkk->rk", systems)  # a view
        diagonals += ridge[group.rows][:, None]
        mean_diagonal = diagonals.mean(axis=1)
        failed = solve_positive_definite(systems, right_sides)
        x = right_sides
        # Where the ridge drowns in the rounding of float32, Cholesky may even pass and be wrong.
        delicate = np.union1d(failed, np.flatnonzero(ridge[group.rows] <= _LEAST_RIDGE * mean_diagonal))
        if len(delicate):
            own_ridge = ridge[group.rows[delicate]]
            x[delicate] = _solved_in_double(weighted[delicate], t[delicate], y[delicate], gram, own_ridge)
        solutions[group.rows] = x
        if fitted is not None:
            group.put(np.matmul(y, x[:, :, None])[:, :, 0], fitted)

    for_each_block(solve_group, rows.groups, parallel=data.n_interactions * k * k > _PARALLEL_FROM)
    return solutions


def _solved_in_double(weighted, t, y, gram, ridge) -> np.ndarray:
    """The systems of `solve_rows` formed and solved in float64; the shortest solution of a singular one."""
    weighted, y = weighted.astype(np.float64), y.astype(np.float64)
    systems = weighted.transpose(0, 2, 1) @ weighted
    if gram is not None:
        systems += gram
    diagonal = np.arange(systems.shape[1])
    systems[:, diagonal, diagonal] += ridge[:, None]
    right_sides = np.matmul(t[:, None, :], y)[:, 0, :, None]
    inverses = np.linalg.pinv(systems, hermitian=True, rcond=1e-8)
    return (inverses @ right_sides)[:, :, 0].astype(np.float32)
