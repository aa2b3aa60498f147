"""Writes to the store that are acknowledged once they are committed, and looking whether all of those are there.

An acknowledgement is one line of a file that is opened for appending: such a line is whole or absent, and what a
process had written of it outlives its `kill -9`.
"""

import os
from pathlib import Path

from sqlalchemy import select

from recsys_core.store.queue import RunQueue
from recsys_core.store.run import EpochRecord, Run
from recsys_core.store.schema import epochs, results, runs
from recsys_core.store.store import RunStore


def _acknowledge(*words) -> None:
    file = os.open(os.environ["FAULTS_ACKNOWLEDGED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, (" ".join(map(str, words)) + "\n").encode())
    os.close(file)


class AcknowledgingQueue(RunQueue):
    """A RunQueue that tells of every write that is committed."""

    def add_run(self, *arguments, **named) -> int:
        run_id = super().add_run(*arguments, **named)
        _acknowledge("run", run_id)
        return run_id

    def record_epoch(self, run: Run, record: EpochRecord) -> bool:
        stop = super().record_epoch(run, record)
        _acknowledge("epoch", run.id, record.number, repr(float(record.objective)))
        return stop

    def end_run(self, run: Run, state: str, message: str = "") -> None:
        super().end_run(run, state, message)
        _acknowledge("end", run.id, state)


class AcknowledgingStore(RunStore):
    """A RunStore that tells of every write that is committed."""

    def __init__(self, url: str):
        super().__init__(url)
        self.queue = AcknowledgingQueue(self.database)

    def _save(self, run_id: int, kind: str, content: bytes) -> None:
        super()._save(run_id, kind, content)
        _acknowledge("result", run_id, kind, len(content))


def lost(store: RunStore, file: Path) -> tuple[int, list[str]]:
    """How many writes were acknowledged, and those of them that the store does not have."""
    with store.reading() as connection:
        ended = connection.execute(select(runs.c.id, runs.c.state)).all()
        points = connection.execute(select(epochs.c.run_id, epochs.c.number, epochs.c.objective)).all()
        contents = connection.execute(select(results.c.run_id, results.c.kind, results.c.content)).all()
    kept = {f"run {run_id}" for run_id, _ in ended} | {f"end {run_id} {state}" for run_id, state in ended}
    kept |= {f"epoch {run_id} {number} {objective!r}" for run_id, number, objective in points}
    kept |= {f"result {run_id} {kind} {len(content)}" for run_id, kind, content in contents}
    acknowledged = file.read_text().splitlines()
    return len(acknowledged), [line for line in acknowledged if line not in kept]


def integrity(store: RunStore) -> str:
    """What SQLite says of its file: "ok"."""
    with store.reading() as connection:
        return connection.exec_driver_sql("PRAGMA integrity_check").scalar()
