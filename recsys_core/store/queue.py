"""The queue: runs that wait, the workers that claim them, and what a worker writes while it trains one."""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from recsys_core.algorithms.base import Algorithm
from recsys_core.data.corruption import CorruptedSplit
from recsys_core.data.split import Split
from recsys_core.evaluation.best_epoch import check_best_epoch
from recsys_core.numerics import NUMERICS_VERSION, numerical_environment
from recsys_core.store.database import Database
from recsys_core.store.run import INTERRUPTED, LIVE, QUEUED, RUNNING, USABLE, Branch, EpochRecord, Run
from recsys_core.store.run_rows import IS_PRESENT, row_to_run, skip_unreadable
from recsys_core.store.schema import datasets, epochs, runs

STALE_AFTER = 10.0
"""Seconds without a heartbeat after which a running run counts as interrupted."""
_DIED = "The process that trained it ended unexpectedly."
_IS_WAITING = (runs.c.state == QUEUED, IS_PRESENT)
_IN_BACKGROUND = func.coalesce(runs.c.in_background, False)
_TURN = (_IN_BACKGROUND, runs.c.id)


class ClaimLost(Exception):
    """The run is not this worker's any more: it was taken for dead, and the run may be another's by now."""


class RunQueue:
    """The runs of a database from the moment they are asked for to their end.

    Every method is one short transaction and safe to call from any thread or process. Where the database cannot do
    it, it raises `database.StoreError`.
    """

    def __init__(self, database: Database, person: Callable[[], str] = lambda: ""):
        self._person = person
        self._reading, self._writing = database.reading, database.writing

    # What pages do

    def add_run(
        self,
        split: Split,
        algorithm: str,
        recipe: Algorithm,
        seed: int,
        *,
        in_background: bool = False,
        deadline: float | None = None,
        branch: Branch | None = None,
    ) -> int:
        """Queue a run and return its number.

        `in_background` runs start after all others. A run that has not started by `deadline` (seconds since 1970) is
        taken out of the queue. Raises InputError for a recipe that keeps the best epoch on validation ratings, if
        `split` has none.
        """
        check_best_epoch(recipe, split)
        row = {
            **_row(split, algorithm, recipe, seed),
            "in_background": in_background,
            "deadline": deadline,
            "branch": None if branch is None else branch.settings(),
            "author": self._person() or None,
        }
        with self._writing() as connection:
            return Database.insert(connection, runs, row)

    def add_first_run(self, split: Split, algorithm: str, recipe: Algorithm, seed: int) -> int | None:
        """Queue a run as `add_run` does, unless its algorithm is among the `trained_algorithms`; None then.

        Of several who ask at once, also on other servers, one gets the run.
        """
        check_best_epoch(recipe, split)
        row = {**_row(split, algorithm, recipe, seed), "author": self._person() or None}
        data = select(datasets.c.fingerprint).where(datasets.c.fingerprint == row["data_fingerprint"])
        with self._writing() as connection:
            connection.execute(data.with_for_update())  # others who add a first run on these data wait here
            is_known = algorithm in _trained_algorithms(connection, split.fingerprint)
            return None if is_known else Database.insert(connection, runs, row)

    def trained_algorithms(self, split_fingerprint: str) -> set[str]:
        """Return the algorithms that are trained or in training on a split, without the runs of sweeps."""
        with self._reading() as connection:
            return _trained_algorithms(connection, split_fingerprint)

    def request_stop(self, run_id: int) -> None:
        """Ask a run to stop after its current epoch; take it out of the queue if it has not started."""
        with self._writing() as connection:
            ended = _end(INTERRUPTED, "Removed from the queue before it started.")
            connection.execute(update(runs).where(runs.c.id == run_id, runs.c.state == QUEUED).values(ended))
            connection.execute(update(runs).where(runs.c.id == run_id).values(stop_requested=True))

    def requeue(self, run_id: int, *, in_background: bool = False, deadline: float | None = None) -> None:
        """Queue an interrupted run again. Its seed makes it the same training; the rest is as in `add_run`."""
        with self._writing() as connection:
            anew = {"state": QUEUED, "message": "", "stop_requested": False, "started": None, "ended": None}
            anew |= {"in_background": in_background, "deadline": deadline, "worker": None}
            changed = connection.execute(
                update(runs)
                .where(runs.c.id == run_id, runs.c.state == INTERRUPTED)
                .values(**anew, numerics_version=NUMERICS_VERSION)
            )
            if changed.rowcount:
                connection.execute(delete(epochs).where(epochs.c.run_id == run_id))

    def n_ahead(self, run_id: int) -> int:
        """Return how many queued runs will start before this one."""
        with self._reading() as connection:
            query = select(runs.c.id).where(*_IS_WAITING).order_by(*_TURN)
            waiting = connection.execute(query).scalars().all()
        return waiting.index(run_id) if run_id in waiting else 0

    def has_live_runs(self) -> bool:
        """Return whether any run is queued or running."""
        with self._reading() as connection:
            query = select(runs.c.id).where(runs.c.state.in_(LIVE), IS_PRESENT).limit(1)
            return connection.execute(query).first() is not None

    def waiting_in_background(self) -> list[int]:
        """Return the numbers of the queued runs of sweeps, in the order in which they will start."""
        query = select(runs.c.id).where(*_IS_WAITING, runs.c.in_background).order_by(runs.c.id)
        with self._reading() as connection:
            return list(connection.execute(query).scalars())

    def deadline_of(self, run_id: int) -> float | None:
        """Return the time (seconds since 1970) after which a run of a sweep no longer starts, or None."""
        with self._reading() as connection:
            return connection.execute(select(runs.c.deadline).where(runs.c.id == run_id)).scalar()

    # What workers do

    def claim(self, worker: str, *, in_background: bool = True) -> Run | None:
        """Give `worker` the next run, or None if none waits; no other worker gets the same run.

        The longest waiting run goes first, background runs after all others; without `in_background`, not at all.
        """
        waiting = select(runs.c.id).where(*_IS_WAITING).order_by(*_TURN).limit(1)
        if not in_background:
            waiting = waiting.where(~_IN_BACKGROUND)
        with self._reading() as connection:  # a look without a lock, for the many times when nothing waits
            if connection.execute(waiting).first() is None:
                return None
        with self._writing() as connection:
            too_late = (runs.c.state == QUEUED, runs.c.deadline < time.time())
            ended = _end(INTERRUPTED, "The time budget of its sweep ended before it started.")
            connection.execute(update(runs).where(*too_late).values(ended))
            run_id = connection.execute(waiting.with_for_update(skip_locked=True)).scalar()
            if run_id is None:
                return None
            _start(connection, run_id, worker)
            return row_to_run(connection.execute(select(runs).where(runs.c.id == run_id)).one())

    def claim_for(self, run_id: int, claim_token: str, max_attempts: int) -> Run | None:
        """Claim one run for whoever holds `claim_token`, also from an earlier holder of the token that was lost.

        Returns None if the run is not to be trained any more: claimed by another, too late, deleted, stopped, or
        started `max_attempts` times already.
        """
        with self._writing() as connection:
            mine = select(runs).where(runs.c.id == run_id)
            row = connection.execute(mine.with_for_update()).first()
            if row is None:
                return None
            holder, _, attempts = (row.worker or "").partition("/")
            may_start = row.deleted is None and (row.deadline is None or row.deadline >= time.time())
            if row.state == QUEUED and may_start:
                attempt = 1
            elif row.state in (RUNNING, INTERRUPTED) and holder == claim_token and attempts:
                attempt = 1 + int(attempts)
            else:
                return None
            if row.stop_requested or attempt > max_attempts:
                lost = "Its worker was lost."
                message = lost if row.stop_requested else f"{max_attempts} workers were lost while they trained it."
                connection.execute(update(runs).where(runs.c.id == run_id).values(_end(INTERRUPTED, message)))
                return None
            _start(connection, run_id, f"{claim_token}/{attempt}")
            connection.execute(delete(epochs).where(epochs.c.run_id == run_id))
            return row_to_run(connection.execute(mine).one())

    def give_up_for(self, run_id: int, claim_token: str, why: str) -> None:
        """Mark a run as interrupted that whoever holds `claim_token` cannot train, unless another has claimed it."""
        is_free = (runs.c.state == QUEUED) | (
            (runs.c.state == RUNNING) & runs.c.worker.startswith(f"{claim_token}/", autoescape=True)
        )
        with self._writing() as connection:
            connection.execute(update(runs).where(runs.c.id == run_id, is_free).values(_end(INTERRUPTED, why)))

    def record_environment(self, run: Run) -> None:
        """Store the numerical environment of this process, which trains the run. Raises ClaimLost."""
        with self._writing() as connection:
            _update_claimed(connection, run, {"environment": numerical_environment()})

    def record_epoch(self, run: Run, record: EpochRecord) -> bool:
        """Add a point to the curves of a claimed run, and return whether it has been asked to stop. Raises ClaimLost.

        Nothing is added to the curves of a run that its worker has lost.
        """
        with self._writing() as connection:
            _update_claimed(connection, run, {"heartbeat": Database.now(connection)})
            connection.execute(insert(epochs).values(run_id=run.id, **vars(record)))
            return bool(connection.execute(select(runs.c.stop_requested).where(runs.c.id == run.id)).scalar())

    def record_heartbeat(self, worker: str) -> None:
        """Record that a worker, and the run it trains, are alive now."""
        with self._writing() as connection:
            connection.execute(update(runs).where(*_running(worker)).values(heartbeat=Database.now(connection)))

    def end_run(self, run: Run, state: str, message: str = "") -> None:
        """Record how a claimed run ended; `message` says why, where that needs words. Raises ClaimLost."""
        with self._writing() as connection:
            _update_claimed(connection, run, _end(state, message))

    def interrupt(self, worker: str, why: str = _DIED) -> None:
        """Mark the run of a worker as interrupted: the worker died, or gave the run up and says `why`."""
        with self._writing() as connection:
            connection.execute(update(runs).where(*_running(worker)).values(_end(INTERRUPTED, why)))

    def interrupt_stale(self) -> None:
        """Mark running runs as interrupted whose heartbeat has stopped, as after a crash of the whole machine."""
        with self._writing() as connection:
            now = Database.now(connection)
            # One from the future was recorded before the clock was set back: whoever lives beats again within seconds.
            has_stopped = ~runs.c.heartbeat.between(now - STALE_AFTER, now + STALE_AFTER)
            stale = update(runs).where(runs.c.state == RUNNING, has_stopped)
            connection.execute(stale.values(_end(INTERRUPTED, _DIED)))


def _row(split: Split, algorithm: str, recipe: Algorithm, seed: int) -> dict[str, Any]:
    """Return the row of a run that is queued now."""
    whole, corruptions = (split.whole, split.corruptions) if isinstance(split, CorruptedSplit) else (split, ())
    return {
        "data_fingerprint": whole.data_fingerprint,
        "split_fingerprint": split.fingerprint,
        "split": split.recipe.settings(),
        "algorithm": algorithm,
        "settings": recipe.settings(),
        "seed": seed,
        "numerics_version": NUMERICS_VERSION,
        "state": QUEUED,
        "created": time.time(),
        "breaks": [each.settings() for each in corruptions] or None,
    }


def _trained_algorithms(connection: Connection, split_fingerprint: str) -> set[str]:
    here = (runs.c.split_fingerprint == split_fingerprint, runs.c.state.in_((*LIVE, *USABLE)))
    known = connection.execute(select(runs).where(*here, IS_PRESENT, ~_IN_BACKGROUND))
    return {run.algorithm for run in skip_unreadable(known)}


def _running(worker: str) -> tuple[ColumnElement[bool], ...]:
    return runs.c.worker == worker, runs.c.state == RUNNING


def _start(connection: Connection, run_id: int, worker: str) -> None:
    started = {"state": RUNNING, "message": "", "worker": worker, "started": time.time(), "ended": None}
    started["heartbeat"] = Database.now(connection)
    connection.execute(update(runs).where(runs.c.id == run_id).values(started))


def _update_claimed(connection: Connection, run: Run, values: dict[str, Any]) -> None:
    """Update the row of a claimed run. Raises ClaimLost, and changes nothing, if its worker holds it no more."""
    if not connection.execute(update(runs).where(runs.c.id == run.id, *_running(run.worker)).values(values)).rowcount:
        raise ClaimLost(f"A run must be claimed by whoever trains it. {run.short_label} was taken from its worker.")


def _end(state: str, message: str) -> dict[str, str | float]:
    return {"state": state, "message": message, "ended": time.time()}
