"""The running mean of products of factors, kept as factors itself."""

import numpy as np
import scipy.linalg


class MeanProduct:
    """The mean over samples s of P_s Q_sᵀ, with P_s (m, k) and Q_s (n, k), by its 2k strongest directions.

    The mean of t samples has up to tk directions. Every new sample is taken in by a QR of the factors side by side and
    an SVD of the small matrix between, of which 2k directions are kept; what is left out each time is the weakest.
    """

    def __init__(self, n_users: int, n_items: int, k: int) -> None:
        self._k, self._count = k, 0
        self._left = np.zeros((n_users, 0), np.float32)
        self._right = np.zeros((n_items, 0), np.float32)

    def add(self, user_factors: np.ndarray, item_factors: np.ndarray) -> None:
        """Take in one more sample, of the same weight as each before."""
        self._count += 1
        weight = np.float32(1 / self._count)
        left = np.hstack([self._left * (1 - weight), user_factors * weight])
        self._left, self._right = _strongest(left, np.hstack([self._right, item_factors]), 2 * self._k)

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the k strongest directions as factors (m, k) and (n, k), of equal length in both; 0 where none is."""
        left, right = (np.zeros((len(each), self._k), np.float32) for each in (self._left, self._right))
        there = min(self._k, self._left.shape[1])
        left[:, :there], right[:, :there] = self._left[:, :there], self._right[:, :there]
        return left, right


def _strongest(left: np.ndarray, right: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return factors of the best approximation of left rightᵀ with at most k directions, the strongest first."""
    (left_basis, left_square), (right_basis, right_square) = (
        scipy.linalg.qr(each, mode="economic", check_finite=False) for each in (left, right)
    )
    u, strengths, vt = np.linalg.svd(left_square @ right_square.T, full_matrices=False)
    roots = np.sqrt(strengths[:k])
    return left_basis @ (u[:, :k] * roots), right_basis @ (vt[:k].T * roots)
