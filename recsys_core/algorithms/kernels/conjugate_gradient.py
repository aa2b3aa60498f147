"""Take a few conjugate gradient steps towards the ridge systems of one side, with no k × k matrix for a row."""

import numpy as np

from recsys_core.algorithms.kernels.row_groups import RowGroup, RowGroups
from recsys_core.threads import for_each_block

_PARALLEL_FROM = 1e6  # multiply-adds; below, handing work to threads costs more than it saves
_TINY = np.float32(1e-30)  # where a residual is zero already, a step of 0/0 becomes one of 0


def improve_rows(
    rows: RowGroups,
    factors: np.ndarray,
    start: np.ndarray,
    *,
    targets: np.ndarray | float | np.floating,
    weights: np.ndarray | float | np.floating,
    everywhere: float,
    ridge: np.ndarray,
    steps: int,
    fitted: np.ndarray | None = None,
) -> np.ndarray:
    """Take `steps` steps from `start` (m, k) towards the minimum of the quadratic of `solve_rows`; same arguments.

    Every step lowers the quadratic, and k steps would reach its minimum. Source: Hestenes and Stiefel 1952; for
    implicit feedback Takács, Pilászy and Tikk, Applications of the conjugate gradient method for implicit
    feedback collaborative filtering, RecSys 2011, whose start is, as here, the row's factors of the epoch before.
    A product of the system with p is a YᵀY p + Σ w (y·p) y + ridge p: two passes over the row's entries.
    Returns x (m, k), zero for empty rows.
    """
    data, gram = rows.data, np.float32(everywhere) * (factors.T @ factors)
    padded = rows.padded(factors)
    solutions = np.zeros((data.n_users, rows.n_factors), np.float32)
    ridge = np.broadcast_to(np.asarray(ridge, np.float32), data.n_users)

    def improve_group(group: RowGroup) -> None:
        y = rows.gathered(padded, group)
        t, w, row_ridge = group.beside(targets), group.beside(weights), ridge[group.rows][:, None]
        x = start[group.rows]
        fits = np.matmul(y, x[:, :, None])[:, :, 0]
        r = np.matmul((t - w * fits)[:, None, :], y)[:, 0]  # padding has y = 0 and adds nothing
        r -= x @ gram
        r -= row_ridge * x
        p, rr = r.copy(), _row_dots(r, r)
        for step in range(steps):
            along = np.matmul(y, p[:, :, None])[:, :, 0]
            product = np.matmul((w * along)[:, None, :], y)[:, 0]
            product += p @ gram
            product += row_ridge * p
            length = rr / np.maximum(_row_dots(p, product), _TINY)
            x += length * p
            if fitted is not None:
                fits += length * along
            if step + 1 < steps:
                r -= length * product
                before, rr = rr, _row_dots(r, r)
                p *= rr / np.maximum(before, _TINY)
                p += r
        solutions[group.rows] = x
        if fitted is not None:
            group.put(fits, fitted)

    work = data.n_interactions * rows.n_factors
    for_each_block(improve_group, rows.groups, parallel=work > _PARALLEL_FROM)
    return solutions


def _row_dots(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    dots: np.ndarray = np.einsum("rk,rk->r", a, b)
    return dots[:, None]
