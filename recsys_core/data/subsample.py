"""Taking part of the people, where all of them would take too long."""

import numpy as np

from recsys_core.data.interactions import Interactions


def sample_users(data: Interactions, most: int, rng: np.random.Generator) -> np.ndarray:
    """Which people to keep, (m,) bool: all, or random ones who together have at most `most` interactions.

    People are kept whole, so that what is left of them looks as it did; at least one is kept.
    """
    if data.n_interactions <= most:
        return np.ones(data.n_users, bool)
    order = rng.permutation(data.n_users)
    n_kept = np.searchsorted(np.cumsum(data.items_per_user[order]), most, side="right")
    kept = np.zeros(data.n_users, bool)
    kept[order[: max(1, n_kept)]] = True
    return kept
