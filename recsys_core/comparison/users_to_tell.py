"""How many users it takes to tell two recommenders apart, before the difference between them is known."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from recsys_core.comparison.verdicts import MARGIN, POWER
from recsys_core.evaluation.randomisation import chance_of_pairs


def users_to_tell(values: Sequence[np.ndarray], share: float, *, margin: float = MARGIN) -> int | None:
    """Return with how many users a difference of `share` of the best recommender's mean is told in 80 of 100 tests.

    `values` holds one (u,) array a recommender, over the same users; told is what `verdicts` calls better or worse when
    it judges them all. n = ((z_{1−α/2} + z_0.8) s / d)², the paired t test's size in the normal limit (Cohen 1988),
    where d is what the difference has beyond the band of `margin`, α the level that allows for all pairs, and s the
    standard deviation over users of the difference between two of these recommenders, the median over all pairs that
    differ. None with fewer than two recommenders or users, where the best mean is 0, where no pair differs for anybody,
    and where the difference lies within the band.
    """
    values = [np.asarray(each, np.float64) for each in values]
    distance = (share - margin) * max((float(each.mean()) for each in values if len(each)), default=0.0)
    differences = [first - second for first, second in combinations(values, 2) if np.any(first != second)]
    if not differences or len(values[0]) < 2 or distance <= 0:
        return None
    spread = float(np.median([each.std(ddof=1) for each in differences]))
    from scipy.special import ndtri  # see `exceeded_by_t`

    z = float(ndtri(POWER) - ndtri(chance_of_pairs(np.stack(values, axis=1)).alpha / 2))
    return math.ceil((z * spread / distance) ** 2)
