"""The runs of a sweep: which are there already, which are on their way, how long the others will take."""

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

DONE = (FINISHED, DIVERGED, FAILED)  # would end in the same way again


@dataclass(frozen=True)
class Progress:
    """The tasks of a sweep with the run that answers each: done, live, or None where one is missing.

    `n_to_propose` more runs will follow, whose settings a search has not asked for yet; `interrupted` are those that
    would have answered what is missing.
    """

    runs: dict[Task, Run | None]
    n_to_propose: int = 0
    interrupted: tuple[Run, ...] = ()

    @property
    def n_runs(self) -> int:
        return len(self.runs) + self.n_to_propose

    @property
    def n_missing(self) -> int:
        return len(self.missing) + self.n_to_propose

    @property
    def done(self) -> list[Run]:
        return [run for run in self.runs.values() if run is not None and run.state in DONE]

    @property
    def live(self) -> list[Run]:
        return [run for run in self.runs.values() if run is not None and run.is_live]

    @property
    def missing(self) -> list[Task]:
        return [task for task, run in self.runs.items() if run is None]

    @property
    def is_active(self) -> bool:
        """Whether runs are on their way, or a worker has just ended the last one and is about to ask further."""
        if self.live or self.missing or not self.n_to_propose:
            return bool(self.live)
        last = max(self.done, key=lambda run: run.ended)
        return not last.stop_requested and time.time() - last.ended < STALE_AFTER


def match_runs(sweep: Sweep, runs: Sequence[Run], split_fingerprint: str, version: str | None = None) -> Progress:
    """Who of `runs` answers each task, found by fingerprint: a run from elsewhere with the same settings serves too."""
    version = version or NUMERICS_VERSION
    answers = {run.fingerprint: run for run in runs if run.state in DONE or run.is_live}
    ended = {run.fingerprint: run for run in runs if run.state == INTERRUPTED}
    asked = {
        task: run_fingerprint(split_fingerprint, task.algorithm, task.recipe, task.seed, version)
        for task in sweep.tasks()
    }
    return Progress(
        {task: answers.get(fingerprint) for task, fingerprint in asked.items()},
        sweep.n_runs - len(asked),
        tuple(ended[fingerprint] for fingerprint in asked.values() if fingerprint in ended.keys() - answers.keys()),
    )


def queue_missing(store: RunStore, split: Split, sweep: Sweep, *, deadline: float | None = None) -> int:
    """Queue, in the background, what no run has answered and none is about to; returns how many."""
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
    """Take the queued runs of a sweep out of the queue; what is being trained ends after its epoch."""
    for run in live:
        if run.in_background or run.state != QUEUED:
            store.queue.request_stop(run.id)


def estimate_seconds(tasks: Sequence[Task], runs: Sequence[Run], n_workers: int) -> float | None:
    """How long `tasks` will take `n_workers`, by finished `runs` on the same data; None if an algorithm has none.

    A task takes as long for each epoch as the run of its algorithm that is nearest to it in factors.
    """
    known = [run for run in runs if run.state == FINISHED and not run.corruptions]
    expected = [_expected(task, [run for run in known if run.algorithm == task.algorithm]) for task in tasks]
    if any(seconds is None for seconds in expected):
        return None
    return sum(expected) / max(1, min(n_workers, len(tasks)))


def estimate_seconds_left(found: Progress, runs: Sequence[Run], n_workers: int) -> float | None:
    """`estimate_seconds` of all that is not done; what a search will ask for is taken to be like what it has asked."""
    to_do = [task for task, run in found.runs.items() if run is None or run.is_live]
    return estimate_seconds([*to_do, *islice(cycle(found.runs), found.n_to_propose)], runs, n_workers)


def _expected(task: Task, like: Sequence[Run]) -> float | None:
    if not like:
        return None
    nearest = min(like, key=lambda run: abs(math.log(_size(run.recipe) / _size(task.recipe))))
    return (nearest.ended - nearest.started) * _length(task.recipe) / _length(nearest.recipe)


def _size(recipe: Algorithm) -> int:
    return recipe.n_factors or 1


def _length(recipe: Algorithm) -> int:
    return recipe.n_epochs


def deadline_after(minutes: float) -> float:
    """The moment after which a sweep of so many minutes begins no run."""
    return time.time() + 60 * minutes
