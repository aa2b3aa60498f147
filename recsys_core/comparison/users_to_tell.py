"""How many users it takes to tell two recommenders apart, before the difference between them is known."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np

from recsys_core.comparison.verdicts import POWER
from recsys_core.evaluation.bootstrap import LEVEL


def users_to_tell(values: Sequence[np.ndarray], share: float) -> int | None:
    """Return how many users would show a difference of `share` of the best recommender's mean, in 80 of 100 tests.

    `values` holds one (u,) array a recommender, over the same users. n = ((z_0.975 + z_0.8) s / d)², the paired
    t test's size in the normal limit (Cohen 1988), where d is that difference and s the standard deviation over users
    of the difference between two of these recommenders, the median over all pairs that differ. None with fewer than
    two recommenders or users, where the best mean is 0, and where no pair differs for anybody.
    """
    values = [np.asarray(each, np.float64) for each in values]
    goal = share * max((float(each.mean()) for each in values if len(each)), default=0.0)
    differences = [first - second for first, second in combinations(values, 2) if np.any(first != second)]
    if not differences or len(values[0]) < 2 or goal <= 0:
        return None
    spread = float(np.median([each.std(ddof=1) for each in differences]))
    from scipy.special import ndtri  # see `exceeded_by_t`

    z = float(ndtri(1 - (1 - LEVEL) / 2) + ndtri(POWER))
    return math.ceil((z * spread / goal) ** 2)
