"""Randomisation test over users: how far from 0 chance alone takes the largest of several mean differences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.evaluation.bootstrap import LEVEL
from recsys_core.threads import one_blas_thread

N_DRAWS = 2000
_CHUNK = 1 << 19  # signs at a time, as 4 MB of float64


@dataclass(frozen=True, eq=False)
class Chance:
    """What chance alone does to a family of `n_comparisons`: `largest` (2000,) of their statistics in every draw.

    The statistic of differences d is |Σ d| / √Σ d². Were two recommenders alike, each user's difference might as well
    have the other sign, so the signs are drawn 2,000 times (Fisher 1935; for rankings Smucker, Allan and Carterette,
    CIKM 2007), for all comparisons at once. Comparing each with the largest of all is the single-step max-T of
    Westfall and Young (Resampling-Based Multiple Testing, 1993, ch. 2.5): among all statements together a false alarm
    is at most as likely as stated, and correlated comparisons cost less than by Bonferroni or Holm. Dividing by √Σ d²,
    which no draw changes, is the same test as with Student's t, since t grows with it.
    """

    largest: np.ndarray
    n_comparisons: int

    def p_value(self, differences: np.ndarray) -> float:
        """Return the corrected two-sided p-value of one of the family.

        The observed signs count as one draw, so that none is 0 (Phipson and Smyth 2010).
        """
        return float((1 + np.sum(self.largest >= statistic(differences) * (1 - 1e-9))) / (1 + len(self.largest)))

    @property
    def alpha(self) -> float:
        """The level of each interval at which all of the family hold together in 95% of samples."""
        if self.n_comparisons < 2:
            return 1 - LEVEL
        from scipy.special import ndtr  # see `exceeded_by_t`

        return min(1 - LEVEL, float(2 * ndtr(-np.quantile(self.largest, LEVEL))))


def statistic(differences: np.ndarray) -> float:
    """Return |Σ d| / √Σ d²; 0 where all are 0."""
    scale = np.sqrt(np.sum(differences**2))
    return float(abs(differences.sum()) / scale) if scale > 0 else 0.0


def chance_of_pairs(values: np.ndarray, *, seed: int = 0) -> Chance:
    """Return the chance of all pairs of columns of `values` (u, r), where the pairs were chosen by their results."""
    count = values.shape[1]
    # Less what the first has of each user: where models are nearly alike, sums of whole values round their ties away.
    drawn = _draw_sums(values - values[:, :1], seed)
    largest = np.zeros(len(drawn))
    for first in range(count - 1):
        scales = np.sqrt(np.sum((values[:, first + 1 :] - values[:, [first]]) ** 2, axis=0))
        sums = np.abs(drawn[:, first + 1 :] - drawn[:, [first]])
        largest = np.maximum(largest, np.max(sums / np.where(scales > 0, scales, np.inf), axis=1))
    return Chance(largest, count * (count - 1) // 2)


def chance_of_groups(differences: Sequence[np.ndarray], members: Sequence[np.ndarray], *, seed: int = 0) -> Chance:
    """Return the chance of several differences (u,) within several groups of users.

    Groups are given by (u,) masks that may overlap.
    """
    within = np.stack([np.where(mask, each, 0.0) for each in differences for mask in members], axis=1)
    scales = np.sqrt(np.sum(within**2, axis=0))
    within /= np.where(scales > 0, scales, np.inf)
    largest = np.abs(_draw_sums(within, seed)).max(axis=1)
    return Chance(largest, within.shape[1])


def _draw_sums(values: np.ndarray, seed: int) -> np.ndarray:
    """Return (2000, r): the sums of the columns of `values` (u, r), with the signs of the users drawn each time."""
    n_users = len(values)
    bits, rows = _draw_bits(n_users, seed), max(1, _CHUNK // max(1, n_users))
    # Products this narrow gain nothing from several threads, which cost ten times the processor time on a busy machine.
    with one_blas_thread():
        kept = np.concatenate(
            [
                np.unpackbits(bits[first : first + rows], axis=1, count=n_users).astype(np.float64) @ values
                for first in range(0, N_DRAWS, rows)
            ]
        )
    sums: np.ndarray = 2 * kept - values.sum(axis=0)  # what keeps its sign, less what does not
    return sums


def _draw_bits(n_users: int, seed: int) -> np.ndarray:
    """(2000, u / 8) uint8: for each draw, a bit for each user, 1 where the sign stays."""
    n_bytes = -(-n_users // 8)
    return np.frombuffer(np.random.default_rng(seed).bytes(N_DRAWS * n_bytes), np.uint8).reshape(N_DRAWS, n_bytes)
