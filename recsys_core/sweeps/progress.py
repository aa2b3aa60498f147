"""Match the runs of a store to a sweep, queue the missing ones, and estimate how long they will take."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from recsys_core.algorithms.base import Algorithm
from recsys_core.data.split import Split
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.store.queue import STALE_AFTER
from recsys_core.store.run import DIVERGED, FAILED, FINISHED, INTERRUPTED, QUEUED, Run, run_fingerprint
from recsys_core.store.store import RunStore
from recsys_core.sweeps.plan import Sweep, Task

DONE = (FINISHED, DIVERGED, FAILED)  # would end the same way again


@dataclass(frozen=True)
class Progress:
    """The tasks of a sweep, each with the run that answers it: done, live, or None if missing.

    `n_to_propose` more runs will follow, whose settings a search has not proposed yet. `interrupted` are runs that
    would have answered what is missing.
    """

    runs: dict[Task, Run | None]
    n_to_propose: int = 0
    interrupted: tuple[Run, ...] = ()

    @property
    def n_runs(self) -> int:
        """How many runs the sweep will have."""
        return len(self.runs) + self.n_to_propose

    @property
    def n_missing(self) -> int:
        """How many runs are neither done nor live."""
        return len(self.missing) + self.n_to_propose

    @property
    def done(self) -> list[Run]:
        """The runs that have ended for good."""
        return [run for run in self.runs.values() if run is not None and run.state in DONE]

    @property
    def live(self) -> list[Run]:
        """The runs that are queued or running."""
        return [run for run in self.runs.values() if run is not None and run.is_live]

    @property
    def missing(self) -> list[Task]:
        """The tasks that no run answers."""
        return [task for task, run in self.runs.items() if run is None]

    @property
    def is_active(self) -> bool:
        """Whether runs are live, or a worker has just ended the last one and is about to queue the next proposals."""
        if self.live or self.missing or not self.n_to_propose:
            return bool(self.live)
        ended, last = max(((run.ended or run.created, run) for run in self.done), key=lambda pair: pair[0])
        return not last.stop_requested and abs(time.time() - ended) < STALE_AFTER


def match_runs(sweep: Sweep, runs: Sequence[Run], split_fingerprint: str, version: str | None = None) -> Progress:
    """Find the run that answers each task, by fingerprint: also one that was not queued by this sweep."""
    version = version or NUMERICS_VERSION
    answers = {run.fingerprint: run for run in runs if run.state in DONE or run.is_live}
    ended = {run.fingerprint: run for run in runs if run.state == INTERRUPTED}
    fingerprints = {
        task: run_fingerprint(split_fingerprint, task.algorithm, task.recipe, task.seed, version)
        for task in sweep.tasks()
    }
    return Progress(
        {task: answers.get(fingerprint) for task, fingerprint in fingerprints.items()},
        sweep.n_runs - len(fingerprints),
        tuple(ended[each] for each in fingerprints.values() if each in ended.keys() - answers.keys()),
    )


def queue_missing(store: RunStore, split: Split, sweep: Sweep, *, deadline: float | None = None) -> int:
    """Queue the missing runs of a sweep in the background and return how many there are.

    None starts after `deadline` (seconds since 1970).
    """
    runs = store.runs(split.fingerprint)
    missing = match_runs(sweep, runs, split.fingerprint).missing
    interrupted = {run.fingerprint: run.id for run in runs if run.state == INTERRUPTED}
    for task in missing:
        mine = run_fingerprint(split.fingerprint, task.algorithm, task.recipe, task.seed, NUMERICS_VERSION)
        if mine in interrupted:
            store.queue.requeue(interrupted[mine], in_background=True, deadline=deadline)
        else:
            store.queue.add_run(split, task.algorithm, task.recipe, task.seed, in_background=True, deadline=deadline)
    return len(missing)


def stop_sweep(store: RunStore, live: Sequence[Run]) -> None:
    """Stop the live runs of a sweep: queued ones leave the queue, running ones stop after their epoch.

    Those that wait come first: a worker whose run has stopped would take one of them.
    """
    for run in sorted(live, key=lambda run: run.state != QUEUED):
        if run.in_background or run.state != QUEUED:
            store.queue.request_stop(run.id)


def estimate_seconds(tasks: Sequence[Task], runs: Sequence[Run], n_workers: int) -> float | None:
    """Estimate how many seconds `n_workers` need for `tasks`, from finished `runs` on the same data.

    An epoch of a task takes as long as one of the run of its algorithm with the nearest number of factors. None if an
    algorithm has no finished run.
    """
    total = 0.0
    for task in tasks:
        known = [(run, seconds) for run in runs if (seconds := _seconds_per_epoch(run, task.algorithm)) is not None]
        if not known:
            return None
        _, seconds = min(known, key=lambda pair: abs(math.log(_size(pair[0].recipe) / _size(task.recipe))))
        total += seconds * task.recipe.n_epochs
    return total / max(1, min(n_workers, len(tasks)))


def estimate_seconds_left(progress: Progress, runs: Sequence[Run], n_workers: int) -> float | None:
    """Estimate the seconds until the sweep is done; what a search will propose counts like what it has proposed."""
    to_do = [task for task, run in progress.runs.items() if run is None or run.is_live]
    return estimate_seconds([*to_do, *islice(cycle(progress.runs), progress.n_to_propose)], runs, n_workers)


def _seconds_per_epoch(run: Run, algorithm: str) -> float | None:
    """Return the wall-clock seconds per epoch of a finished run of this algorithm on undamaged data, else None."""
    if (
        run.algorithm != algorithm
        or run.state != FINISHED
        or run.corruptions
        or run.started is None
        or run.ended is None
        or run.ended < run.started  # the clock was set back meanwhile
    ):
        return None
    return (run.ended - run.started) / run.recipe.n_epochs


def _size(recipe: Algorithm) -> int:
    return max(1, recipe.n_factors)


def deadline_after(minutes: float) -> float:
    """Return the time (seconds since 1970) after which a sweep with this budget starts no run."""
    return time.time() + 60 * minutes
