"""EASE: one weight from every item to every other, in closed form."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import linalg
from scipy.linalg import lapack

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.kernels.cooccurrence import count_cooccurrences
from recsys_core.algorithms.models import ItemModel
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import number
from recsys_core.threads import for_each_block

_BLOCK_CELLS = 2**20

LARGEST = 20_000
"""Items; beyond, the n × n matrix in double precision (3.2 GB here) no longer fits an ordinary memory."""

# As measured: the weights in float32, and packed for the store.
_BYTES_PER_WEIGHT = 4 * 2
# What is inverted, in float64: among items in place, among people with X dense beside it.
_BYTES_INVERTED = 8


@dataclass(frozen=True)
class EASE(Algorithm):
    """Minimise ‖X − XB‖² + λ‖B‖² over all B (n, n) with a diagonal of zeros, in closed form.

    X (m, n) is 1 where there is an interaction and 0 elsewhere. With P = (XᵀX + λI)⁻¹ the minimiser is
    B = I − P diag(1 / diag P), and the minimum is Σ_i (1/P_ii − λ). A score is a row of XB. Source: Steck,
    Embarrassingly shallow autoencoders for sparse data, WWW 2019, equations 4 to 8. We do not differ, but
    report the minimum itself, and where people are few invert among them.
    """

    label = "EASE"
    objective_label = "Squared error over all cells + penalty"
    equation = (
        r"\begin{gathered}\min_{B}\ \lVert X-XB\rVert_F^2+\lambda\lVert B\rVert_F^2\quad"
        r"\text{with}\ \operatorname{diag}B=0"
        r"\\ P=(X^{\top}X+\lambda I)^{-1},\quad B=I-P\,\operatorname{diag}(1/\operatorname{diag}P)\end{gathered}"
    )
    meaning = (
        "Guess each choice of a person from all their other choices by one least-squares problem; because no item "
        "may vouch for itself, the weights say what goes with what, and all of them are found at once."
    )
    divergence_advice = "raise the regularisation λ"
    is_stochastic = False
    is_item_based = True
    caution = (
        "It has no factors, but a weight for every pair of items: its memory grows with the square of their number, "
        f"and more than {LARGEST:,} items are refused."
    )

    regularization: float = number(
        200.0,
        "Regularisation λ",
        "How strongly the weights between items are held near zero.",
        bounds=(1e-3, 1e9),
        typical=(1, 5000),
        log=True,
        symbol="λ",
    )

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        if train.n_items > LARGEST:
            raise InputError(
                f"{self.label} must have at most {LARGEST:,} items, for it weighs every item against every other. "
                f"Got {train.n_items:,}: keep only the more popular items, or choose an algorithm with factors."
            )
        return self._solved(train)

    def training_bytes(self, train: Interactions) -> int:
        m, n = train.n_users, train.n_items
        return _BYTES_PER_WEIGHT * n * n + _BYTES_INVERTED * n * min(n, 2 * m)

    def _solved(self, train: Interactions) -> Generator[Epoch, Self | None, None]:
        solve = self._among_users if is_cheaper_among_users(train) else self._among_items
        weights, objective = solve(train)
        np.fill_diagonal(weights, 0)
        yield Epoch(1, ItemModel(train, weights), max(0.0, objective))

    def _among_items(self, train: Interactions) -> tuple[np.ndarray, float]:
        """Return the weights, but for their diagonal, and the minimum, from P itself."""
        n, lam = train.n_items, self.regularization
        diagonal = np.arange(n)
        g = np.empty((n, n), order="F")  # XᵀX + λI, then its inverse, in the same memory
        for rows, counts in count_cooccurrences(train):
            g[:, rows] = counts.T
        g[diagonal, diagonal] += lam
        p = _inverse(g)
        objective = float(np.sum(1 / p[diagonal, diagonal] - lam))
        weights = p.astype(np.float32, order="C")
        weights /= -p[diagonal, diagonal].astype(np.float32)
        return weights, objective

    def _among_users(self, train: Interactions) -> tuple[np.ndarray, float]:
        """Return the same from P = (I − WᵀW) / λ with W = L⁻¹X and LLᵀ = XXᵀ + λI, m × m (Woodbury's identity)."""
        x, m, n, lam = train.binary, train.n_users, train.n_items, self.regularization
        k = (x @ x.T).toarray().astype(np.float64)
        k[np.diag_indices(m)] += lam
        factor = linalg.cholesky(k, lower=True, check_finite=False)
        w = linalg.solve_triangular(factor, x.toarray().astype(np.float64), lower=True, check_finite=False)
        explained = np.einsum("ui,ui->i", w, w)
        left = 1 - explained  # λ P_ii
        weights = np.empty((n, n), np.float32)
        size = max(1, _BLOCK_CELLS // n)

        def fill(start: int) -> None:
            weights[start : start + size] = (w[:, start : start + size].T @ w) / left

        for_each_block(fill, range(0, n, size))
        return weights, float(np.sum(lam * explained / left))


def is_cheaper_among_users(train: Interactions) -> bool:
    """Return whether n³ multiplications among items are more than the 2mn² among people."""
    return 2 * train.n_users < train.n_items


def _inverse(matrix: np.ndarray) -> np.ndarray:
    """Return the inverse of a positive definite float64 matrix in Fortran order, which is overwritten: by Cholesky."""
    factor, failed = lapack.dpotrf(matrix, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise np.linalg.LinAlgError("the matrix is not positive definite")
    for column in range(len(inverse)):  # LAPACK fills one triangle; row by row needs no second matrix
        inverse[column, column + 1 :] = inverse[column + 1 :, column]
    return np.asarray(inverse)
