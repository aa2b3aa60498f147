"""Draw all rows of one side of a factorisation from their posterior: the ridge step of ALS, plus noise."""

import numpy as np
import scipy.linalg

from recsys_core.algorithms.kernels.lapack import draw_from_normals
from recsys_core.algorithms.kernels.normal_wishart import Gaussian
from recsys_core.algorithms.kernels.row_groups import RowGroup, RowGroups
from recsys_core.data.interactions import Interactions
from recsys_core.threads import for_each_block

# On average, where the prior's is 1; above, float32 cannot tell a direction without data from singular.
_LARGEST_DIAGONAL = 1e5
# Of the sum of the squared targets; below, the difference of float32 numbers that it is would be rounding.
_LEAST_ERROR = 1e-3
_PARALLEL_FROM = 3e7  # multiply-adds; below, handing work to threads costs more than it saves


class PosteriorRows:
    """The rows of one side, whose entries u, j have values t_uj ~ N(o_j + x_u·y_j, 1/α)."""

    def __init__(self, data: Interactions, values: np.ndarray, d: int) -> None:
        """Stand ready to draw x (m, d); `values` t are float32 and stand beside the entries of `data`."""
        self._d = d
        self._rows = RowGroups.of(data, d + 1)  # a target stands beside the factors of its entry
        self._targets = [group.beside(values) * group.is_entry for group in self._rows.groups]

    def draw(
        self,
        factors: np.ndarray,
        offsets: np.ndarray,
        *,
        precision: float,
        prior: Gaussian,
        noise: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw every row x_u of m from p(x_u | t_u), with x_u ~ N(μ, Λ⁻¹); return x and Σ_j (t_uj − o_j − x_u·y_j)².

        The posterior is N(A⁻¹b, A⁻¹) with A = α Σ y_j y_jᵀ + Λ and b = α Σ (t_uj − o_j) y_j + Λμ: the normal equations
        of ALS; `noise` ξ ~ N(0, I), (m, d), makes a draw of their solution. `factors` Y are (n, d), `offsets` o (n,), α
        is `precision`. Returns x (m, d) float32, a draw from the prior for an empty row, and the errors (m,) float64.
        Source: Salakhutdinov and Mnih, Bayesian probabilistic matrix factorization using Markov chain Monte Carlo, ICML
        2008, equations 11 to 13.

        In coordinates z = Cᵀx with Λ = CCᵀ the prior's precision is I: with ỹ = √α C⁻¹y and t̃ = √α (t − o) a row's
        system is [Ỹ t̃]ᵀ[Ỹ t̃] + [I μ̃; μ̃ᵀ ‖μ̃‖²]. Its Cholesky factor [L 0; lᵀ r] holds l = L⁻¹b̃, and in r² the least of
        ‖t̃ − Ỹz‖² + ‖z − μ̃‖², which is ‖ξ‖² more where z = L⁻ᵀ(l + ξ).
        """
        d, rows, data = self._d, self._rows, self._rows.data
        root, scale = np.linalg.cholesky(prior.precision), np.float32(np.sqrt(precision))
        whitened = np.zeros((data.n_items + 1, d + 1), np.float32)  # the padding's are 0
        whitened[:-1, :d] = scale * scipy.linalg.solve_triangular(root, factors.T.astype(np.float64), lower=True).T
        largest = float(np.einsum("id,id->i", whitened, whitened).max())
        padded_offsets = np.append(offsets, 0).astype(np.float32)
        mean = (root.T @ prior.mean).astype(np.float32)
        noise = noise.astype(np.float32, copy=False)
        drawn, errors = noise + mean, np.zeros(data.n_users)
        extra = _prior_system(mean)

        def draw_group(group: RowGroup, targets: np.ndarray) -> None:
            y = rows.gathered(whitened, group)
            y[:, :, d] = scale * (targets - np.take(padded_offsets, group.items, mode="clip"))
            systems = rows.scratch.array("systems", (len(y), d + 1, d + 1))
            np.matmul(y.transpose(0, 2, 1), y, out=systems)  # of an array with its own transpose: one `syrk` a row
            systems += extra
            squares = systems[:, d, d].astype(np.float64)
            own_noise = noise[group.rows]
            z, failed = draw_from_normals(systems, own_noise)
            left = systems[:, d, d].astype(np.float64) ** 2 - 1 + _squared_norms(own_noise) - _squared_norms(z - mean)
            strong = data.items_per_user[group.rows] * largest >= d * _LARGEST_DIAGONAL
            delicate = np.union1d(failed, np.flatnonzero(strong | (left < _LEAST_ERROR * squares)))
            if len(delicate):
                z[delicate], left[delicate] = _draw_in_double(y[delicate], mean, own_noise[delicate])
            drawn[group.rows], errors[group.rows] = z, left / precision

        for_each_block(
            lambda each: draw_group(*each),
            list(zip(rows.groups, self._targets, strict=True)),
            parallel=data.n_interactions * d * d > _PARALLEL_FROM,
        )
        x = scipy.linalg.solve_triangular(root, drawn.T.astype(np.float64), lower=True, trans="T").T
        return np.ascontiguousarray(x, np.float32), errors


def _prior_system(mean: np.ndarray) -> np.ndarray:
    """Return what the prior N(mean, I) adds to a system; the corner is 1 larger, so that it is positive."""
    system = np.eye(len(mean) + 1, dtype=mean.dtype)
    system[:-1, -1] = system[-1, :-1] = mean
    system[-1, -1] += mean @ mean
    return system


def _squared_norms(rows: np.ndarray) -> np.ndarray:
    norms: np.ndarray = np.einsum("rd,rd->r", rows, rows, dtype=np.float64)
    return norms


def _draw_in_double(y: np.ndarray, mean: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the draws z and ‖t̃ − Ỹz‖² by float64, for y = [Ỹ t̃] (r, L, d + 1) and noise (r, d)."""
    y = y.astype(np.float64)
    systems = y.transpose(0, 2, 1) @ y + _prior_system(mean.astype(np.float64))
    z, _ = draw_from_normals(systems, noise.astype(np.float64))
    return z, _squared_norms(y[:, :, -1] - np.matmul(y[:, :, :-1], z[:, :, None])[:, :, 0])
