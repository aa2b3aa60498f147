"""The strongest singular values of a sparse matrix with their vectors, by block Lanczos steps in double precision."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from scipy import sparse

from recsys_core.threads import for_each_block, one_blas_thread

_Product = Callable[[np.ndarray], np.ndarray]  # of a matrix and a block of vectors

_WIDTH = 12  # vectors that share one pass over the sparse matrix
_SPARE = 32  # vectors kept beside the k wanted when the basis is full
_ANGLE = 3e-7  # radians that a vector is away from the exact one, as estimated; three times that at most, as measured
_ROUNDING = 1e-14  # of the largest eigenvalue: what float64 leaves of a residual
_NEARLY_EQUAL = 1e-7  # relative difference of eigenvalues that float32 ratings leave open
_WEAK = 1e-4  # of the strongest direction in a block: below, one orthogonalisation is not enough
_WHOLE = 256  # rows up to which LAPACK is as quick on the whole matrix
_MOST_VECTORS = 40  # multiplied for each one kept; by then no spectrum is told apart any further
_FEW_ENTRIES = 200_000  # that are done before another thread has woken up
_ROW_BLOCKS = 4
_STEP = 0.8  # of the way on which the error is expected to fall to `_ANGLE`, before it is looked at again


@one_blas_thread()  # a product's last bits must not depend on how many cores are free
def leading_singular_triplets(matrix: sparse.csr_array, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find U (m, k), σ (k,) descending and V (n, k) of the k largest singular values, k at most min(m, n).

    They are eigenpairs of AᵀA or of AAᵀ, whichever is smaller. The largest entry of each column of V is positive.
    What is below the rounding of the largest is 0, with a column of zeros on the longer side.
    """
    k = min(k, *matrix.shape)
    is_wide = matrix.shape[0] < matrix.shape[1]
    tall = sparse.csr_array(matrix.T if is_wide else matrix, dtype=np.float64)
    rows, columns = _row_blocks(tall), _row_blocks(tall.T.tocsr())
    values, v = _leading_eigenpairs(lambda block: _product(columns, _product(rows, block)), tall.shape[1], k)
    images = _product(rows, v)
    sigma = np.where(values > _ROUNDING * values[0], np.linalg.norm(images, axis=0), 0.0)
    u = np.divide(images, sigma, out=np.zeros_like(images), where=sigma > 0)
    u, v = (v, u) if is_wide else (u, v)
    signs = np.where(v[np.abs(v).argmax(axis=0), np.arange(k)] < 0, -1.0, 1.0)
    return u * signs, sigma, v * signs


def _leading_eigenpairs(gram: _Product, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the k largest eigenvalues of G (n, n), descending, and their vectors (n, k); `gram` multiplies by G."""
    if n <= max(_WHOLE, 3 * (k + _SPARE)):
        values, vectors = np.linalg.eigh(gram(np.eye(n)))
        return np.maximum(values[::-1][:k], 0), vectors[:, ::-1][:, :k]
    # Of a value that repeats, a block finds no more copies than it is wide: k are always enough.
    for width in (_WIDTH, k):
        if pairs := _by_block_lanczos(gram, n, k, width):
            return pairs
    raise AssertionError("a block as wide as the vectors wanted misses none")


def _by_block_lanczos(gram: _Product, n: int, k: int, width: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Do the same for a large n; return None where a value comes `width` < k times, so that copies may be missing.

    Block Lanczos with full reorthogonalisation (Golub, Luk and Overton, ACM TOMS 1981), restarted with the best
    vectors of a full basis (Wu and Simon, SIAM J. Matrix Anal. 2000), so that few more than 2k are held. For a
    basis Q and the next block X there is G Q = Q T + X C, C nonzero only where Q is `coupled` with X; a Ritz vector
    Q y therefore has the residual ‖C y‖.
    """
    kept = k + _SPARE
    most = kept + max(kept, 4 * width)
    rng = np.random.default_rng(0)  # always the same start: there is no luck in the answer
    basis, projected = np.empty((most, n)), np.zeros((most, most))
    block = np.linalg.qr(rng.normal(size=(n, width)))[0]
    coupled, coupling = slice(0, 0), np.zeros((width, 0))
    largest, multiplied = 0.0, 0
    next_look, seen = float(kept), (k, 1.0)  # vectors multiplied at the next look and at the last, with the error there
    while True:
        new = slice(coupled.stop, coupled.stop + width)
        held = basis[: new.stop]
        held[new] = block.T
        spread = gram(block)
        multiplied += width
        largest = max(largest, np.linalg.norm(spread, axis=0).max())
        spread -= held[coupled].T @ coupling.T
        own = block.T @ spread
        spread -= block @ own
        projected[new, coupled], projected[new, new] = coupling, own
        block, coupling = _next_block(spread, held, largest, rng)
        coupled = new
        is_full = len(held) + width > most
        if not is_full and multiplied < next_look:
            continue
        values, vectors = np.linalg.eigh(projected[: len(held), : len(held)])  # reads the lower triangle
        values, vectors = values[::-1], vectors[:, ::-1]
        if width < k and _repeat(values[:k], width):
            return None
        error = _error(values, coupling @ vectors[new], np.linalg.eigvalsh(own)[-1], k)
        if multiplied >= _MOST_VECTORS * kept or error <= _ANGLE:
            return np.maximum(values[:k], 0), held.T @ vectors[:, :k]
        next_look, seen = _next_look(seen, (multiplied, error)), (multiplied, error)
        if is_full:
            basis[:kept] = vectors[:, :kept].T @ held
            projected[:] = np.diag(np.pad(values[:kept], (0, most - kept)))
            coupled, coupling = slice(0, kept), coupling @ vectors[new, :kept]


def _next_block(
    spread: np.ndarray, held: np.ndarray, largest: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return X (n, b), orthonormal and orthogonal to what is held, and C (b, b) with `spread` = X C.

    Where the space has closed, as that of an identity does at once, rounding is all there is left, and directions
    drawn at random lead on.
    """
    spread -= held.T @ (held @ spread)
    block, coupling = np.linalg.qr(spread)
    strengths = np.abs(np.diag(coupling))
    if strengths.min() <= max(_WEAK * strengths.max(), 10 * _ROUNDING * largest):
        noise = rng.normal(size=spread.shape) / np.sqrt(len(spread))
        block, coupling = np.linalg.qr(spread + 1e-2 * _ROUNDING * (largest or 1.0) * noise)
        block = _orthonormal_to(held, block)
        coupling = block.T @ spread
    return block, coupling


def _orthonormal_to(held: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Make the columns orthonormal, and orthogonal to the rows that are held; twice is enough (Parlett 1998)."""
    for _ in range(2):
        columns = np.linalg.qr(columns - held.T @ (held @ columns))[0]
    return columns


def _next_look(earlier: tuple[int, float], now: tuple[int, float]) -> float:
    """Return how many vectors to multiply before the next look: the error falls by about the same factor for each."""
    (before, more), (multiplied, error) = earlier, now
    if not 0 < error < min(more, 1):
        return float("inf")  # when the basis is full
    return float(multiplied + _STEP * (multiplied - before) * np.log(error / _ANGLE) / np.log(more / error))


def _error(values: np.ndarray, couplings: np.ndarray, outside: float, k: int) -> float:
    """Estimate the largest angle (radians) of one of the first k Ritz vectors with the exact one, to first order.

    `couplings` (b, j) hold C y for all j Ritz vectors y, whose residual is X C y. What a vector y_i lacks of what
    the basis does not hold is ‖C y_i‖ / (λ_i − μ), with μ an eigenvalue that is left there: `outside`, the largest
    that the last block had. Through it y_i mixes with the others, by (C y_i)·(C y_j) / ((λ_i − μ) (λ_i − λ_j)). This is
    the second term of Rayleigh and Schrödinger's series; residual by gap (Davis and Kahan 1970) bounds it, hundreds
    of times too high where values lie close.

    Equal values determine a space and no vectors: there a residual at rounding is all that can be asked for. Where k
    cuts through nearly equal ones, the ratings themselves, which are float32, do not say which belong to the answer.
    """
    wanted = values[:k]
    lacking, residuals = couplings[:, :k], np.linalg.norm(couplings[:, :k], axis=0)
    distances = np.abs(wanted[:, None] - values)
    mixed = np.abs(lacking.T @ couplings)
    mixed[np.arange(k), np.arange(k)] = 0
    least = max(_ROUNDING * values[0], np.finfo(float).tiny)  # that two values are known to differ by
    mixing = np.max(mixed / np.maximum(distances, least), axis=1)
    errors = np.maximum(residuals, mixing) / np.maximum(wanted - min(outside, values[k]), least)
    allowed = np.full(k, _ROUNDING * values[0])
    apart = np.flatnonzero(-np.diff(values[: k + 1]) > _NEARLY_EQUAL * wanted)
    split = slice(apart[-1] + 1 if len(apart) else 0, None)  # nearly equal to the first that is not wanted
    allowed[split] = np.maximum(allowed[split], _NEARLY_EQUAL * wanted[split])
    return float(np.max(errors, where=residuals > allowed, initial=0))


def _repeat(values: np.ndarray, times: int) -> bool:
    """Return whether one of the descending values stands there so many times, or differs less than matters."""
    first = values[: len(values) - times + 1]
    return bool(np.any(first - values[times - 1 :] <= _NEARLY_EQUAL * first))


def _row_blocks(matrix: sparse.csr_array) -> list[sparse.csr_array]:
    """Cut the matrix into a few blocks of rows with about as many entries each; a small one stays whole."""
    if matrix.nnz <= _FEW_ENTRIES:
        return [matrix]
    splits = np.searchsorted(matrix.indptr, np.linspace(0, matrix.nnz, _ROW_BLOCKS + 1)[1:-1])
    return [matrix[start:stop] for start, stop in pairwise([0, *splits, matrix.shape[0]])]


def _product(blocks: list[sparse.csr_array], dense: np.ndarray) -> np.ndarray:
    """Multiply all rows, blocks side by side on all cores (SciPy's sparse products release the GIL)."""
    return np.concatenate(for_each_block(lambda block: block @ dense, blocks))
