"""Draw all rows of one side of a factorisation from their posterior: the ridge step of ALS, plus noise."""

import numpy as np
import scipy.linalg

from recsys_core.algorithms.kernels.lapack import solve_positive_definite, solve_transposed_triangles
from recsys_core.algorithms.kernels.normal_wishart import Gaussian
from recsys_core.algorithms.kernels.row_groups import RowGroup, RowGroups
from recsys_core.threads import for_each_block

_LARGEST_DIAGONAL = (
    1e5  # mean, where the prior's is 1; above, float32 cannot tell a direction without data from singular
)
_PARALLEL_FROM = 3e7  # multiply-adds; below, handing work to threads costs more than it saves


def sample_rows(
    rows: RowGroups,
    factors: np.ndarray,
    *,
    targets: np.ndarray,
    precision: float,
    prior: Gaussian,
    noise: np.ndarray,
    fitted: np.ndarray | None = None,
) -> np.ndarray:
    """Draw every row x_u of m from p(x_u | t_u), where t_uj ~ N(x_u·y_j, 1/α) over its entries j and x_u ~ N(μ, Λ⁻¹).

    The posterior is N(A⁻¹b, A⁻¹) with A = α Σ y_j y_jᵀ + Λ and b = α Σ t_uj y_j + Λμ: the normal equations of ALS. With
    A = LLᵀ, which solving them leaves behind, x = A⁻¹b + L⁻ᵀξ for `noise` ξ ~ N(0, I), (m, d). `factors` Y is (n, d),
    `targets` t stand beside the entries, α is `precision`. Returns x (m, d) float32, a draw from the prior for an empty
    row; `fitted`, where given, is filled with the x·y_j of all entries. Source: Salakhutdinov and Mnih, Bayesian
    probabilistic matrix factorization using Markov chain Monte Carlo, ICML 2008, equations 11 to 13.
    """
    data, d = rows.data, rows.n_factors
    # In coordinates z = Cᵀx with Λ = CCᵀ the prior's precision is I: a system is I + Σ ỹ ỹᵀ with ỹ = √α C⁻¹y.
    root = np.linalg.cholesky(prior.precision)
    whitened = np.sqrt(precision) * scipy.linalg.solve_triangular(root, factors.T.astype(np.float64), lower=True)
    padded = rows.padded(np.ascontiguousarray(whitened.T, np.float32))
    targets_, pull = np.float32(np.sqrt(precision)) * targets, (root.T @ prior.mean).astype(np.float32)
    drawn = (noise + pull).astype(np.float32)

    def sample_group(group: RowGroup) -> None:
        y = rows.gathered(padded, group)
        t = np.asarray(group.beside(targets_))
        z = np.matmul(t[:, None, :], y)[:, 0]
        z += pull
        systems = rows.scratch.array("systems", (len(y), d, d))
        np.matmul(y.transpose(0, 2, 1), y, out=systems)  # of an array with its own transpose: one `syrk` a row
        diagonals = np.einsum("rkk->rk", systems)  # a view
        diagonals += 1
        mean_diagonal = diagonals.mean(axis=1)
        spread = np.ascontiguousarray(noise[group.rows], np.float32)
        failed = solve_positive_definite(systems, z)
        solve_transposed_triangles(systems, spread)
        z += spread
        delicate = np.union1d(failed, np.flatnonzero(mean_diagonal >= _LARGEST_DIAGONAL))
        if len(delicate):
            z[delicate] = _sample_in_double(y[delicate], t[delicate], pull, noise[group.rows[delicate]])
        drawn[group.rows] = z
        if fitted is not None:
            group.put(np.matmul(y, z[:, :, None])[:, :, 0], fitted)

    for_each_block(sample_group, rows.groups, parallel=data.n_interactions * d * d > _PARALLEL_FROM)
    if fitted is not None:
        fitted /= np.float32(np.sqrt(precision))
    return np.ascontiguousarray(
        scipy.linalg.solve_triangular(root, drawn.T.astype(np.float64), lower=True, trans="T").T, np.float32
    )


def _sample_in_double(y: np.ndarray, t: np.ndarray, pull: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Do the same in float64 for y (r, L, d), t (r, L) and noise (r, d)."""
    y, t, spread = (np.array(each, np.float64) for each in (y, t, noise))
    systems = y.transpose(0, 2, 1) @ y + np.eye(y.shape[2])
    z: np.ndarray = np.matmul(t[:, None, :], y)[:, 0] + pull
    solve_positive_definite(systems, z)
    solve_transposed_triangles(systems, spread)
    z += spread
    return z
