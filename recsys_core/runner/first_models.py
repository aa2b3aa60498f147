"""The first models of new data: four algorithms at their defaults, trained where that takes seconds."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.runner.memory import check_memory
from recsys_core.store.store import RunStore

LONGEST_SECONDS = 30.0
"""A training that is estimated to take longer is offered, not started."""

# Nanoseconds for each training rating and factor in an epoch, the largest of those measured on the planted data, Jester
# 5k and MovieLens latest-small. In this order they are queued: the quickest to a curve first, then the longest, so that
# one worker trains it while the other trains all others. An epoch of SVD is one of its factors, and the first finds all
# of them.
_NANOSECONDS = {"implicit_als": 25.0, "lambdarank": 30.0, "svd": 0.6, "bpr": 11.0}
_NANOSECONDS_PER_SCORE = 20.0  # for each item of each person that is ranked on validation after an epoch
FIRST_MODELS = tuple(_NANOSECONDS)


@dataclass(frozen=True)
class FirstModel:
    """A training that could be started: the `seconds` it takes, as estimated, and why it is impossible (`obstacle`)."""

    algorithm: str
    recipe: Algorithm
    seconds: float
    obstacle: str = ""

    @property
    def is_quick(self) -> bool:
        """Whether it may be started without being asked for."""
        return not self.obstacle and self.seconds <= LONGEST_SECONDS


def estimate_seconds(algorithm: str, recipe: Algorithm, split: Split) -> float:
    """Estimate how long a first model trains on one processor core, with the ranking of its epochs on validation."""
    train = split.train
    ranked = np.count_nonzero(split.seen_and_held_out("validation")[1].relevant.items_per_user)
    in_epoch = _NANOSECONDS[algorithm] * train.n_interactions * recipe.n_factors
    scoring = _NANOSECONDS_PER_SCORE * float(ranked) * train.n_items
    return recipe.last_epoch(train) * (in_epoch + scoring) * 1e-9


def plan_first_models(store: RunStore, split: Split) -> list[FirstModel]:
    """Return the first models that this split lacks: of algorithms that are neither trained nor in training on it."""
    present, planned = store.queue.trained_algorithms(split.fingerprint), []
    for algorithm in FIRST_MODELS:
        if algorithm in present:
            continue
        recipe, obstacle = ALGORITHMS[algorithm].defaults_for(split.train), ""
        try:
            check_memory(recipe, split.train)
        except InputError as error:
            obstacle = str(error)
        planned.append(FirstModel(algorithm, recipe, estimate_seconds(algorithm, recipe, split), obstacle))
    return planned


def queue_first_models(store: RunStore, split: Split, models: Iterable[FirstModel]) -> list[int]:
    """Queue the trainings that are possible and that nobody has queued since they were planned; return their runs."""
    possible = [each for each in models if not each.obstacle]
    queued = [store.queue.add_first_run(split, each.algorithm, each.recipe, 0) for each in possible]
    return [run_id for run_id in queued if run_id is not None]
