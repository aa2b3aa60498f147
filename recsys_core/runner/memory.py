"""How much memory will a training need, and its model in the store? Asked before it starts, so that it is refused."""

import os
from pathlib import Path

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.ease import EASE
from recsys_core.algorithms.item_knn import ItemKNN
from recsys_core.algorithms.svd import SVD
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError

N_WORKERS = 2
"""Trainings that run at the same time on one machine, which share its memory."""

# All as measured at the peak, with room for packing what the store keeps.
# The ratings by user and by item, sorted, grouped, and cut into training and held-out parts.
_BYTES_A_RATING = 60
# Blocks of scores and stacks of rows that several threads work on.
_WORKING_BYTES = 50_000_000
# float32 factors in training, in the last model, in work arrays or gradients, and packed for the store.
_BYTES_A_FACTOR = 4 * 5
# Singular vectors in float64, factors of them, and what the last model and its packing take.
_BYTES_A_SINGULAR_VALUE = 4 * 9
# Lanczos steps hold at most so many float64 vectors of the shorter side for each of k + 32.
_BYTES_A_LANCZOS_VECTOR = 8 * 6
# The weights in float32, and packed for the store.
_BYTES_A_PAIR_OF_ITEMS = 2 * 4
# Where EASE inverts, in float64: among items in place, among people with X dense beside it.
_BYTES_INVERTED = 8
# A weight and its place, as blocks, joined, turned and packed.
_BYTES_A_NEIGHBOUR = 4 * 8
# SQLite's own limit; PostgreSQL's is 7 % higher.
_MOST_KEPT = 1_000_000_000


def training_bytes(recipe: Algorithm, train: Interactions) -> int:
    """About how many bytes a training takes at its peak, from its recipe and m, n and the number of ratings."""
    m, n, k = train.n_users, train.n_items, getattr(recipe, "n_factors", 1)
    if isinstance(recipe, EASE):
        own = _BYTES_A_PAIR_OF_ITEMS * n * n + _BYTES_INVERTED * n * min(n, 2 * m)
    elif isinstance(recipe, ItemKNN):
        own = _BYTES_A_NEIGHBOUR * n * min(n, recipe.n_neighbours)
    elif isinstance(recipe, SVD):
        k = min(k, m, n)
        own = max(_BYTES_A_SINGULAR_VALUE * (m + n) * k, _BYTES_A_LANCZOS_VECTOR * min(m, n) * (k + 32))
    else:
        own = _BYTES_A_FACTOR * (m + n) * k
    return _WORKING_BYTES + _BYTES_A_RATING * train.n_interactions + own


def model_bytes(recipe: Algorithm, train: Interactions) -> int:
    """About how many bytes the model will take in the store: factors, or weights between items and the ratings."""
    m, n, n_learned = train.n_users, train.n_items, recipe.learns_from(train).n_interactions
    if isinstance(recipe, EASE):
        return 4 * n * n + 8 * n_learned
    if isinstance(recipe, ItemKNN):
        return 8 * n * min(n, recipe.n_neighbours) + 8 * n_learned
    return 4 * (m + n) * (getattr(recipe, "n_factors", 1) + 1)


def memory_limit() -> int:
    """Bytes that one training may take: the machine's (or container's) memory, shared by the workers."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = 4 << 30  # a system that does not tell
    try:
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):
        pass  # no container, or one without a limit
    return memory // N_WORKERS


def check_memory(recipe: Algorithm, train: Interactions, limit: int | None = None) -> None:
    """Raises InputError where the training would need more than `limit` bytes, by default `memory_limit()`, or its
    model could not be kept."""
    needed, limit = training_bytes(recipe, train), memory_limit() if limit is None else limit
    lever = "lower k" if hasattr(recipe, "n_factors") else "choose an algorithm with factors"
    if (kept := model_bytes(recipe, train)) > _MOST_KEPT:
        raise InputError(
            f"A model must fit into one value of a database, which holds {_gigabytes(_MOST_KEPT)}. {recipe.label} on "
            f"these ratings makes {_gigabytes(kept)}: {lever}, or keep fewer users or items."
        )
    if needed > limit:
        raise InputError(
            f"A training must fit into memory. {recipe.label} on these ratings needs about {_gigabytes(needed)}, "
            f"the limit is {_gigabytes(limit)}: {lever}, or keep fewer users or items."
        )


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:,.1f} GB"
