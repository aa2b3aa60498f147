"""Small data of which loops can compute the truth."""

import numpy as np

from recsys_core.algorithms.centering import Averages
from recsys_core.data.interactions import Interactions


def drawn_ratings(n_users=14, n_items=11, share=0.4, seed=0) -> Interactions:
    """Random stars; the last user and the last item have none."""
    rng = np.random.default_rng(seed)
    chosen = rng.random((n_users, n_items)) < share
    chosen[-1], chosen[:, -1] = False, False
    users, items = np.nonzero(chosen)
    return Interactions.from_triples(users, items, rng.integers(1, 6, len(users)), n_users, n_items)


def full_ratings(n_users=12, n_items=9, n_patterns=3, seed=0) -> Interactions:
    """Every cell known: a few clear patterns, a little noise."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n_users, n_patterns)) @ rng.normal(size=(n_patterns, n_items))
    table += 0.1 * rng.normal(size=table.shape)
    users, items = np.indices(table.shape).reshape(2, -1)
    return Interactions.from_triples(users, items, table.ravel(), n_users, n_items)


def table_of(data: Interactions, values=None) -> np.ndarray:
    table = np.full((data.n_users, data.n_items), np.nan)
    table[data.users, data.items] = data.values if values is None else values
    return table


def residual_table(data: Interactions, centering: str) -> np.ndarray:
    return table_of(data, Averages.of(data, centering).residuals(data))
