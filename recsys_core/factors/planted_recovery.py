"""How much of a planted truth a model has found again."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import orthogonal_procrustes, subspace_angles

from recsys_core.data.dataset import GroundTruth


@dataclass(frozen=True, eq=False)
class Recovery:
    """Learned tastes of people beside the K planted ones.

    `angles` (K,) are the principal angles in degrees between the two subspaces of R^m, ascending: 0 is the
    same direction, 90 none in common. `likeness` (K, K) is the correlation over people of each planted taste
    (row) with each learned one (column), after the turn that brings the learned axes nearest.
    """

    angles: np.ndarray
    likeness: np.ndarray

    @property
    def matched(self) -> np.ndarray:
        """(K,) the correlation of each planted taste with its own learned one."""
        return np.diag(self.likeness)

    @property
    def largest_other(self) -> float:
        """The largest correlation, of either sign, of a planted taste with another's learned one."""
        return float(np.abs(self.likeness - np.diag(self.matched)).max())


def recovery(user_factors: np.ndarray, ground_truth: GroundTruth) -> Recovery:
    """Compare `user_factors` (m, k) with the planted tastes (m, K); k must be at least K, the first K count.

    Factors are fixed only up to a turn of their axes, so subspaces are compared (Björck and Golub 1973) and
    single tastes only after the orthogonal turn that fits best (Procrustes: Schönemann 1966), with all learned
    axes at length 1. That turn is free to flatter: compare with `by_chance`.
    """
    planted = ground_truth.user_tastes
    learned = np.linalg.qr(user_factors[:, : ground_truth.n_tastes].astype(np.float64))[0]
    turned = learned @ orthogonal_procrustes(learned, planted)[0]
    return Recovery(
        angles=np.degrees(subspace_angles(learned, planted))[::-1],
        likeness=_correlations(planted, turned),
    )


def by_chance(ground_truth: GroundTruth, *, seed: int = 0) -> Recovery:
    """The same for random factors: what a model that has learned nothing would seem to find."""
    rng = np.random.default_rng(seed)
    return recovery(rng.normal(size=ground_truth.user_tastes.shape), ground_truth)


def _correlations(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Correlations of the columns of one matrix with those of the other; 0 where one is constant."""
    ours, theirs = (columns - columns.mean(axis=0) for columns in (ours, theirs))
    lengths = np.outer(np.linalg.norm(ours, axis=0), np.linalg.norm(theirs, axis=0))
    return np.divide(ours.T @ theirs, lengths, out=np.zeros(lengths.shape), where=lengths > 0)
