"""Draw a sample of users where all of them would take too long."""

import numpy as np

from recsys_core.data.interactions import Interactions


def sample_users(data: Interactions, most: int, rng: np.random.Generator) -> np.ndarray:
    """Draw the users to keep, (m,) bool: all, or random ones who together have at most `most` interactions.

    Users are kept with all their interactions; at least one user is kept.
    """
    if data.n_interactions <= most:
        return np.ones(data.n_users, bool)
    order = rng.permutation(data.n_users)
    n_kept = np.searchsorted(np.cumsum(data.items_per_user[order]), most, side="right")
    kept = np.zeros(data.n_users, bool)
    kept[order[: max(1, n_kept)]] = True
    return kept
