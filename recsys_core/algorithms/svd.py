"""Truncated singular value decomposition: one factorisation serves every number of factors."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from recsys_core.algorithms import fields
from recsys_core.algorithms.algorithm import Algorithm, Epoch, FactorModel
from recsys_core.algorithms.centering import CENTERINGS, Baseline
from recsys_core.algorithms.orthonormal import orthonormal
from recsys_core.data.interactions import Interactions
from recsys_core.parameters import choice, number
from recsys_core.threads import for_each_block, one_blas_thread

_DENSE_CELLS = 1_000_000  # below, LAPACK on the dense matrix is quicker than Lanczos steps on the sparse one
_RESIDUAL_TOLERANCE = 1e-4  # how far above the least residual, relatively, the trend of the last looks may point
_ROUNDING = 1e-6  # of float32, in a sum of squares
_ROW_BLOCKS = 4


@dataclass(frozen=True)
class SVD(Algorithm):
    """Minimise Σ_{all u,i} (a_ui − p_u·q_i)² + λ s (Σ‖p_u‖² + Σ‖q_i‖²) over k factors, in closed form.

    With A = U Σ Vᵀ the minimiser is P = U_k √(Σ_k − λs)₊, Q = V_k √(Σ_k − λs)₊; λ = 0 is the truncated SVD
    (Eckart and Young 1936). With λ > 0 every singular value shrinks by λs (Mazumder, Hastie and Tibshirani,
    JMLR 2010, section 8). The unit s is 1 for choices and for ratings, which have one, their standard deviation, so
    that λ has none. Plain-penalty ALS with all cells observed reaches the same minimum.

    A holds the ratings minus `centering`, with 0 where nothing is known; without centring it is 1 where there
    is an interaction (PureSVD: Cremonesi, Koren and Turrin, RecSys 2010, on binary data). Epoch j carries the
    best model of j factors, so the epochs are the ranks and the objective falls with each.
    """

    label = "SVD"
    objective_label = "Squared error over all cells + penalty"
    equation = (
        r"\begin{gathered}\min_{P,Q}\sum_{u,i}\big(a_{ui}-p_u^{\top}q_i\big)^2"
        r"+\lambda\,s\Big(\sum_u\lVert p_u\rVert^2+\sum_i\lVert q_i\rVert^2\Big)"
        r"\\ P=U_k\sqrt{(\Sigma_k-\lambda s)_+},\quad Q=V_k\sqrt{(\Sigma_k-\lambda s)_+}\end{gathered}"
    )
    meaning = (
        "Among all matrices with k patterns, the nearest to the whole table: no search, one exact answer; "
        "each further factor explains less than the one before it."
    )
    mend = "raise the regularisation λ"
    has_luck = False
    caution = (
        "Where every cell is observed, ALS with the plain penalty and the same λ reaches exactly this answer "
        "(Eckart and Young). With averages taken away it predicts ratings, and then ranks badly by nature."
    )

    n_factors: int = fields.factors(48)
    regularization: float = number(
        10.0,
        "Regularisation λ",
        "By how much every singular value is shrunk; 0 is the plain truncated SVD. With averages taken away it is in "
        "units of s, the standard deviation of the training ratings; without, s = 1.",
        bounds=(0, 1e6),
        typical=(0, 50),
        symbol="λ",
    )
    centering: str = choice(
        "none",
        "Averages taken away first",
        "None: factorise who chose what, good for ranking. The others predict ratings.",
        options=CENTERINGS,
    )

    def learns_from(self, data: Interactions) -> Interactions:
        """With averages taken away all ratings; else what is relevant, since who chose what is factorised."""
        return data.relevant if self.centering == "none" else data

    def last_epoch(self, train: Interactions) -> int:
        return min(self.n_factors, train.n_users, train.n_items)

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Iterator[Epoch]:
        baseline = Baseline.of(train, self.centering)
        predicts_ratings = self.centering != "none"
        values = baseline.residuals(train) if predicts_ratings else np.ones(train.n_interactions, np.float32)
        matrix = sparse.csr_array((values, train.items, train.indptr), shape=train.matrix.shape)
        u, sigma, v = leading_singular_triplets(matrix, self.n_factors, rng)
        ridge = self.ridge(train)
        shrunk = np.maximum(sigma - ridge, 0)
        p, q = u * np.sqrt(shrunk), v * np.sqrt(shrunk)
        # What one factor takes off the squared error, less what it costs in penalty.
        gains = sigma**2 - (sigma - shrunk) ** 2 - 2 * ridge * shrunk
        objectives = np.sum(values.astype(np.float64) ** 2) - np.cumsum(gains)
        for rank in range(1, len(sigma) + 1):
            model = FactorModel.of(
                p[:, :rank],
                q[:, :rank],
                user_bias=baseline.user_bias,
                item_bias=baseline.item_bias,
                offset=baseline.offset,
                predicts_ratings=predicts_ratings,
            )
            yield Epoch(rank, model, float(max(objectives[rank - 1], 0.0)))

    def ridge(self, train: Interactions) -> float:
        """λ s, by which every singular value shrinks; choices have no unit, ratings that of `train`."""
        return self.regularization * (1.0 if self.centering == "none" else train.rating_scale)


def leading_singular_triplets(matrix: sparse.csr_array, k: int, rng: np.random.Generator):
    """U (m, k), σ (k,) descending and V (n, k) of the k largest singular values, k at most min(m, n).

    The largest entry of each column of V is positive, so that signs do not depend on the start.
    """
    k = min(k, *matrix.shape)
    if matrix.shape[0] * matrix.shape[1] <= _DENSE_CELLS:
        u, sigma, vt = np.linalg.svd(matrix.toarray().astype(np.float64), full_matrices=False)
        u, sigma, v = u[:, :k], sigma[:k], vt[:k].T
    elif matrix.shape[0] < matrix.shape[1]:
        v, sigma, u = _by_block_lanczos(matrix.T.tocsr(), k, rng)
    else:
        u, sigma, v = _by_block_lanczos(matrix, k, rng)
    signs = np.where(v[np.abs(v).argmax(axis=0), np.arange(k)] < 0, -1.0, 1.0)
    return u * signs, sigma, v * signs


@one_blas_thread()  # threads that BLAS leaves spinning would stand in the way of the sparse products
def _by_block_lanczos(matrix: sparse.csr_array, k: int, rng: np.random.Generator):
    """The same, found in the space that AᵀA spreads a block of random vectors over.

    Block Lanczos with full reorthogonalisation (Golub, Luk and Overton, ACM TOMS 1981). A block makes every
    product with the sparse matrix serve many vectors, in float32 and on all cores.
    Ends when the squared residual ‖A‖² − Σσ², by the geometric trend of the last looks at it, is as good as least.
    """
    matrix = matrix.astype(np.float32)
    n = matrix.shape[1]
    rows, columns = _row_blocks(matrix), _row_blocks(matrix.T.tocsr())
    squared_norm = np.sum(matrix.data**2, dtype=np.float64)
    width = min(n, max(8, k // 2))
    basis = orthonormal(rng.normal(size=(n, width)).astype(np.float32))
    block, projected, energies = basis, np.zeros((0, 0)), []  # projected: Qᵀ AᵀA Q of the basis Q
    while True:
        spread = _product(columns, _product(rows, block))
        along = basis.T @ spread
        column = along.astype(np.float64)
        grown = np.zeros((basis.shape[1],) * 2)
        grown[: len(projected), : len(projected)] = projected
        grown[:, len(projected) :] = column
        grown[len(projected) :, :] = column.T
        projected = grown
        is_time_to_look = basis.shape[1] // width % 2 == 0 and len(projected) >= 2 * k
        if is_time_to_look:
            energies.append(np.linalg.eigvalsh(projected)[-k:].sum())
        if len(projected) == n or (is_time_to_look and _has_settled(energies, squared_norm)):
            break
        spread -= basis @ along
        spread -= basis @ (basis.T @ spread)  # once more, for what rounding left
        block = orthonormal(spread)[:, : n - basis.shape[1]]
        basis = np.concatenate([basis, block], axis=1)
    values, vectors = np.linalg.eigh(projected)
    v = basis @ vectors[:, ::-1][:, :k].astype(np.float32)
    sigma = np.sqrt(np.maximum(values[::-1][:k], 0))
    images = _product(rows, v).astype(np.float64)
    return images / np.where(sigma > 0, sigma, 1.0), sigma, v.astype(np.float64)


def _has_settled(energies: list[float], squared_norm: float) -> bool:
    """Whether what is still to come, gain · r / (1 − r) with r the ratio of the last two gains, hardly matters."""
    if len(energies) < 3:
        return False
    earlier, gain = np.diff(energies[-3:])
    to_come = gain * gain / (earlier - gain) if gain < earlier else np.inf
    squared_residual = max(squared_norm - energies[-1], _ROUNDING * squared_norm)
    return max(to_come, 0) <= 2 * _RESIDUAL_TOLERANCE * squared_residual


def _row_blocks(matrix: sparse.csr_array) -> list[sparse.csr_array]:
    """A few blocks of rows with about as many entries each."""
    cuts = np.searchsorted(matrix.indptr, np.linspace(0, matrix.nnz, _ROW_BLOCKS + 1)[1:-1])
    return [matrix[start:stop] for start, stop in pairwise([0, *cuts, matrix.shape[0]])]


def _product(blocks: list[sparse.csr_array], dense: np.ndarray) -> np.ndarray:
    """The product of all rows, blocks side by side on all cores (SciPy's sparse products release the GIL)."""
    return np.concatenate(for_each_block(lambda block: block @ dense, blocks))
