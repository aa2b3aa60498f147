"""The same store opened anew, and runs put into its queue."""

from recsys_core.algorithms.svd import SVD
from recsys_core.store.store import RunStore


def reopened(store: RunStore) -> RunStore:
    """Another process's view: nothing of it comes from memory."""
    return RunStore(store.url)


def queue_runs(store, split, count=1, **settings) -> list[int]:
    return [store.queue.add_run(split, "svd", SVD(n_factors=2, **settings), seed) for seed in range(count)]
