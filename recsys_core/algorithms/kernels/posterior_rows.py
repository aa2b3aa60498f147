"""Draw all rows of one side of a factorisation from their posterior: the ridge step of ALS, plus noise."""

import numpy as np
import scipy.linalg

from recsys_core.algorithms.kernels.lapack import draw_from_normals
from recsys_core.algorithms.kernels.normal_wishart import Gaussian
from recsys_core.algorithms.kernels.row_groups import RowGroup, RowGroups
from recsys_core.threads import for_each_block

# On average, where the prior's is 1; above, float32 cannot tell a direction without data from singular.
_LARGEST_DIAGONAL = 1e5
_PARALLEL_FROM = 3e7  # multiply-adds; below, handing work to threads costs more than it saves


def sample_rows(
    rows: RowGroups,
    factors: np.ndarray,
    *,
    targets: np.ndarray,
    precision: float,
    prior: Gaussian,
    noise: np.ndarray,
    squared_errors: np.ndarray | None = None,
) -> np.ndarray:
    """Draw every row x_u of m from p(x_u | t_u), where t_uj ~ N(x_u·y_j, 1/α) over its entries j and x_u ~ N(μ, Λ⁻¹).

    The posterior is N(A⁻¹b, A⁻¹) with A = α Σ y_j y_jᵀ + Λ and b = α Σ t_uj y_j + Λμ: the normal equations of ALS. `noise`
    ξ ~ N(0, I), (m, d), is what makes a draw of their solution (see `draw_from_normals`). `factors` Y is (n, d),
    `targets` t stand beside the entries, α is `precision`. Returns x (m, d) float32, a draw from the prior for an empty
    row; `squared_errors` (m,), where given, is filled with Σ_j (t_uj − x_u·y_j)² of every row. Source: Salakhutdinov and Mnih, Bayesian
    probabilistic matrix factorization using Markov chain Monte Carlo, ICML 2008, equations 11 to 13.
    """
    data, d = rows.data, rows.n_factors
    # In coordinates z = Cᵀx with Λ = CCᵀ the prior's precision is I: a system is I + Σ ỹ ỹᵀ with ỹ = √α C⁻¹y.
    root = np.linalg.cholesky(prior.precision)
    whitened = np.sqrt(precision) * scipy.linalg.solve_triangular(root, factors.T.astype(np.float64), lower=True)
    padded = rows.padded(np.ascontiguousarray(whitened.T, np.float32))
    targets_, pull = np.float32(np.sqrt(precision)) * targets, (root.T @ prior.mean).astype(np.float32)
    squares = np.einsum("id,id->i", padded, padded)
    drawn = (noise + pull).astype(np.float32)
    if squared_errors is not None:
        squared_errors[:] = 0

    def sample_group(group: RowGroup) -> None:
        y = rows.gathered(padded, group)
        t = np.asarray(group.beside(targets_))
        z = np.matmul(t[:, None, :], y)[:, 0]
        z += pull
        systems = rows.scratch.array("systems", (len(y), d, d))
        np.matmul(y.transpose(0, 2, 1), y, out=systems)  # of an array with its own transpose: one `syrk` a row
        np.einsum("rkk->rk", systems)[:] += 1
        failed = draw_from_normals(systems, z, np.asarray(noise[group.rows], np.float32))
        trace = np.take(squares, group.items).sum(axis=1)  # of a system less I
        delicate = np.union1d(failed, np.flatnonzero(trace >= d * _LARGEST_DIAGONAL))
        if len(delicate):
            z[delicate] = _sample_in_double(y[delicate], t[delicate], pull, noise[group.rows[delicate]])
        drawn[group.rows] = z
        if squared_errors is not None:
            left = np.where(group.is_entry, t - np.matmul(y, z[:, :, None])[:, :, 0], 0)
            squared_errors[group.rows] = np.einsum("rl,rl->r", left, left) / np.float32(precision)

    for_each_block(sample_group, rows.groups, parallel=data.n_interactions * d * d > _PARALLEL_FROM)
    return np.ascontiguousarray(
        scipy.linalg.solve_triangular(root, drawn.T.astype(np.float64), lower=True, trans="T").T, np.float32
    )


def _sample_in_double(y: np.ndarray, t: np.ndarray, pull: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Do the same in float64 for y (r, L, d), t (r, L) and noise (r, d)."""
    y, t = (np.array(each, np.float64) for each in (y, t))
    systems = y.transpose(0, 2, 1) @ y + np.eye(y.shape[2])
    z: np.ndarray = np.matmul(t[:, None, :], y)[:, 0] + pull
    draw_from_normals(systems, z, np.asarray(noise, np.float64))
    return z
