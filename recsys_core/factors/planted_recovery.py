"""Measure how much of the planted tastes a model has recovered."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import orthogonal_procrustes, subspace_angles

from recsys_core.data.dataset import GroundTruth
from recsys_core.factors.item_attributes import correlations


@dataclass(frozen=True, eq=False)
class Recovery:
    """Learned tastes of the users beside the K planted ones.

    `angles` (K,) are the principal angles in degrees between the two subspaces of R^m, ascending: 0 is the same
    direction, 90 nothing in common. `correlations` (K, K) are those over the users of each planted taste (row) with
    each learned one (column), after the rotation that brings the learned axes nearest.
    """

    angles: np.ndarray
    correlations: np.ndarray

    @property
    def matched(self) -> np.ndarray:
        """(K,) the correlation of each planted taste with its learned one."""
        return np.diag(self.correlations)

    @property
    def largest_other(self) -> float:
        """The largest correlation, of either sign, of a planted taste with another's learned one."""
        return float(np.abs(self.correlations - np.diag(self.matched)).max())


def measure_recovery(user_factors: np.ndarray, ground_truth: GroundTruth) -> Recovery:
    """Compare `user_factors` (m, k) with the planted tastes (m, K); k must be at least K, the first K count.

    Factors are fixed only up to a rotation, so subspaces are compared (Björck and Golub 1973), and single tastes only
    after the orthogonal rotation that fits best (Procrustes: Schönemann 1966), with all learned axes at length 1. That
    rotation flatters: compare with `chance_recovery`.
    """
    planted = ground_truth.user_tastes
    learned = np.linalg.qr(user_factors[:, : ground_truth.n_tastes].astype(np.float64))[0]
    rotated = learned @ orthogonal_procrustes(learned, planted)[0]
    return Recovery(
        angles=np.degrees(subspace_angles(learned, planted))[::-1],
        correlations=correlations(planted, rotated),
    )


def chance_recovery(ground_truth: GroundTruth, *, seed: int = 0) -> Recovery:
    """Return the recovery of random factors: what a model that has learned nothing would seem to find."""
    rng = np.random.default_rng(seed)
    return measure_recovery(rng.normal(size=ground_truth.user_tastes.shape), ground_truth)
