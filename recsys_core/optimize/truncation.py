"""ALS without a penalty beside the truncated SVD: one answer where every cell is seen, two where some are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

_ROUNDING = 1e-15  # of a system's trace: a ridge that changes nothing but lets one with too few cells be solved
_STANDS_STILL = 2e-16  # of the size of the matrix: what a sweep changes is rounding
_DIGITS = 6  # decimals that are printed


def truncated_error(singular_values: np.ndarray, k: int, n_cells: int) -> float:
    """Return √(Σ_{j>k} σ_j² / cells): no matrix of rank k is nearer, root mean square (Eckart and Young 1936)."""
    return float(np.sqrt(np.sum(singular_values[k:] ** 2) / n_cells))


def als_sweeps(
    matrix: np.ndarray, seen: np.ndarray, k: int, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield P (m, k) and Q (n, k) after every sweep of ALS with λ = 0 on the `seen` cells (m, n) bool, without end.

    p_u = (Σ_seen q_i q_iᵀ)⁻¹ Σ_seen a_ui q_i, then the mirror image, all in float64. Where every cell is seen a sweep
    is AᵀA applied to the space of Q: orthogonal iteration, which ends in the first k singular vectors. k should be at
    most the rank of `matrix`.
    """
    q = rng.normal(size=(matrix.shape[1], k))
    while True:
        p = _solve(matrix, seen, q)
        q = _solve(matrix.T, seen.T, p)
        yield p, q


def _solve(matrix: np.ndarray, seen: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """Solve for every row of `matrix` the least squares on the rows of `fixed` that belong to its `seen` cells."""
    k = fixed.shape[1]
    products = (fixed[:, :, None] * fixed[:, None, :]).reshape(-1, k * k)
    systems = (seen.astype(np.float64) @ products).reshape(-1, k, k)
    right_sides = np.where(seen, matrix, 0.0) @ fixed
    traces = np.trace(systems, axis1=1, axis2=2)
    systems[:, np.arange(k), np.arange(k)] += (_ROUNDING * traces + 1e-300)[:, None]
    return np.linalg.solve(systems, right_sides[:, :, None])[:, :, 0]


@dataclass(frozen=True, eq=False)
class Curves:
    """Root mean square errors of ALS after every sweep (s,), over the cells it sees, those hidden (NaN where there are
    none) and all; `truncated` is that of the SVD of the whole matrix, with its `singular_values`."""

    on_seen: np.ndarray
    on_hidden: np.ndarray
    on_all: np.ndarray
    truncated: float
    singular_values: np.ndarray


def curves(matrix: np.ndarray, k: int, hidden_share: float, *, sweeps: int, seed: int = 0) -> Curves:
    """Run ALS with k factors on `matrix` (m, n) after a share of its cells, drawn at random, has been hidden.

    Ends after `sweeps`, or where it stands still.
    """
    rng = np.random.default_rng(seed)
    seen = rng.random(matrix.shape) >= hidden_share
    sigma = np.linalg.svd(matrix, compute_uv=False)
    rows = []
    for p, q in islice(als_sweeps(matrix, seen, k, rng), sweeps):
        squares = (matrix - p @ q.T) ** 2
        rows.append([_root_mean(squares[seen]), _root_mean(squares[~seen]), _root_mean(squares)])
        if len(rows) > 1 and abs(rows[-1][0] - rows[-2][0]) <= _STANDS_STILL * _root_mean(matrix**2):
            break
    on_seen, on_hidden, on_all = np.array(rows).T
    return Curves(on_seen, on_hidden, on_all, truncated_error(sigma, k, matrix.size), sigma)


def _root_mean(squares: np.ndarray) -> float:
    return float(np.sqrt(squares.mean())) if squares.size else float("nan")


def rank(matrix: np.ndarray) -> int:
    """Return how many singular values are above the rounding of the largest."""
    return int(np.linalg.matrix_rank(matrix, rtol=1e-9))


def n_equal_digits(one: float, other: float) -> int:
    """Return how many leading digits two numbers above 0 share, up to the 15 that float64 keeps."""
    difference = abs(one - other) / max(abs(one), abs(other))
    return 15 if difference < 1e-15 else max(0, int(-np.log10(difference)))


@dataclass(frozen=True)
class WorkedTruncation:
    """√((‖A‖² − σ₁² − … − σ_k²) / cells) in the digits that are printed: `error` is what the others give."""

    squared_norm: float
    strongest: tuple[float, ...]
    error: float


def worked_truncation(singular_values: np.ndarray, k: int, n_cells: int) -> WorkedTruncation:
    squared_norm = round(float(np.sum(singular_values**2)), _DIGITS)
    strongest = tuple(round(float(value), _DIGITS) for value in singular_values[:k])
    left = squared_norm - sum(value**2 for value in strongest)
    return WorkedTruncation(squared_norm, strongest, round(float(np.sqrt(max(left, 0.0) / n_cells)), _DIGITS))
