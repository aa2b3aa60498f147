"""Refuse a training before it starts, where it or its model would not fit into memory or into the store."""

import os
from pathlib import Path

from recsys_core.algorithms.base import Algorithm
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.film.record import MOST_FRAMES, MOST_POINTS
from recsys_core.runner.film_writer import has_film

N_WORKERS = 2
"""Trainings that run at the same time on one machine, which share its memory."""

# As measured at the peak: the ratings by user and by item, sorted, grouped, and cut into training and held-out subsets.
_BYTES_PER_RATING = 60
# Blocks of scores and stacks of rows that several threads work on.
_WORKING_BYTES = 50_000_000
# SQLite's own limit of one value; PostgreSQL's is 7% higher.
_LARGEST_VALUE = 1_000_000_000


def training_bytes(recipe: Algorithm, train: Interactions) -> int:
    """Estimate how many bytes a training takes at its peak."""
    best = recipe.model_bytes(train) if recipe.keeps_best_epoch else 0  # held while the training goes on
    own = recipe.training_bytes(train) + best + film_bytes(recipe, train)
    return _WORKING_BYTES + _BYTES_PER_RATING * train.n_interactions + own


def film_bytes(recipe: Algorithm, train: Interactions) -> int:
    """Estimate the bytes of the factors that a film of the training keeps until its end; 0 where there is no film."""
    if not has_film(recipe, train):
        return 0
    n_frames = min(MOST_FRAMES, recipe.last_epoch(train) + 1)
    n_points = min(MOST_POINTS, train.n_users + train.n_items)
    return n_frames * n_points * recipe.n_factors * 4


def memory_limit() -> int:
    """Return how many bytes one training may take: the memory of the machine or container, shared by the workers."""
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
    """Raise InputError where the training would need more than `limit` bytes, by default `memory_limit()`, or its
    model could not be kept."""
    needed, kept = training_bytes(recipe, train), recipe.model_bytes(train)
    limit = memory_limit() if limit is None else limit
    lever = "lower k" if recipe.n_factors else "choose an algorithm with factors"
    if kept > _LARGEST_VALUE:
        raise InputError(
            f"A model must fit into one value of a database, which holds {_gigabytes(_LARGEST_VALUE)}. {recipe.label} "
            f"on this data makes {_gigabytes(kept)}: {lever}, or keep fewer users or items."
        )
    if needed > limit:
        raise InputError(
            f"A training must fit into memory. {recipe.label} on this data needs about {_gigabytes(needed)}, "
            f"the limit is {_gigabytes(limit)}: {lever}, or keep fewer users or items."
        )


def _gigabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:,.1f} GB"
