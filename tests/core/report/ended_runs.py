"""Runs that have ended, for a report or a program to tell of."""

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.corruption import corrupt_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import SplitRecipe
from recsys_core.runner.execute import execute
from recsys_core.store.store import RunStore

SPLIT = SplitRecipe(validation=0.2, seed=5)


def executed(
    store: RunStore,
    dataset: Dataset,
    algorithm: str,
    *,
    split: SplitRecipe = SPLIT,
    breaks=(),
    stop: bool = False,
    branch=None,
    **settings,
):
    """A run that has ended; with `stop` it is asked to at once, so that it ends after its first epoch."""
    corrupted = corrupt_split(dataset, store.split(store.add_dataset(dataset), split), breaks)
    run_id = store.queue.add_run(corrupted, algorithm, ALGORITHMS[algorithm](**settings), 1, branch=branch)
    run = store.queue.claim("test")
    if stop:
        store.queue.request_stop(run_id)
    execute(store, run)
    return store.run(run_id)
