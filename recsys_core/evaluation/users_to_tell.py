"""How many people it takes to tell two recommenders apart, before any difference has been seen."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from recsys_core.evaluation.verdicts import users_needed


def users_to_tell(values: Sequence[np.ndarray], share: float) -> int | None:
    """How many users would show a difference of `share` of the best recommender's mean.

    `values` holds one (u,) array a recommender, over the same users. Differences between users are taken to spread as
    they do between these recommenders: the median over their pairs counts. None with fewer than two recommenders or
    users, where the best mean is 0, and where no pair differs for anybody.
    """
    values = [np.asarray(each, np.float64) for each in values]
    goal = share * max((each.mean() for each in values if len(each)), default=0.0)
    differences = [first - second for first, second in combinations(values, 2) if np.any(first != second)]
    if not differences or len(values[0]) < 2 or goal <= 0:
        return None
    return int(np.median([users_needed(each - each.mean() + goal) for each in differences]))
