"""The strength that chance alone gives to the first pattern in a table of choices."""

import numpy as np

from recsys_core.data.interactions import Interactions


def noise_level(train: Interactions) -> float:
    """Return √a + √b, where a typical choice is by a user with a choices, of an item that b users chose; 0 without any.

    This is about the largest singular value that a 0/1 matrix (m, n) of pure chance has beyond its averages: with
    all rows and columns alike by the law of Bai and Yin, Ann. Probab. 1993; where they differ, those count that
    choices meet, a = Σd²/Σd over the counts d of people and b over those of items, as in Chung, Lu and Vu, Spectra of
    random graphs with given expected degrees, PNAS 2003. A penalty λ(‖X‖² + ‖Y‖²) takes λ off every singular value of
    a squared error, so that a λ near this level is what it takes to silence chance.
    """
    chosen = train.relevant
    return sum(float(np.sqrt(_typical(counts))) for counts in (chosen.items_per_user, chosen.users_per_item))


def _typical(counts: np.ndarray) -> float:
    """Return the mean of the counts as a choice meets them: long rows are met more often."""
    counts = counts.astype(np.float64)
    return float(np.sum(counts**2) / max(np.sum(counts), 1))
