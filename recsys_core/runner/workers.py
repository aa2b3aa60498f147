"""Keeping worker processes alive beside a server."""

import os
import subprocess
import sys
import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

from recsys_core.runner.memory import N_WORKERS
from recsys_core.runner.retry import retry_until_stored
from recsys_core.store.database import StoreError
from recsys_core.store.store import RunStore

ALL_RUNS, FOREGROUND_ONLY = "everything", "waited-for"  # which runs a worker takes
_LOOK_EVERY = 5.0  # seconds
_PROJECT = Path(__file__).parent.parent.parent


class Workers:
    """As long as this process lives, `count` workers execute what is queued in the store.

    Where RECSYS_SCHEDULER names a `cluster`, that one executes the runs of sweeps and the workers the others. A worker
    that dies is replaced, and what it ran is marked interrupted. Beside a store that is only read there are none.
    Nothing has to be shut down: each worker ends when the pipe to its standard input closes, which the system does
    when this process ends.
    """

    def __init__(self, store: RunStore, count: int = N_WORKERS):
        self._store, self._count = store, count
        self.processes: list[subprocess.Popen | None] = []
        self.cluster = None
        if store.database.is_read_only:
            return
        with suppress(StoreError):  # then the keepers below see to it when it can be written
            store.queue.interrupt_stale()
        if address := os.environ.get("RECSYS_SCHEDULER"):
            from recsys_core.runner.dask_cluster import Cluster  # only then

            self.cluster = Cluster(store, address)
        self._spawn(FOREGROUND_ONLY if self.cluster else ALL_RUNS)
        threading.Thread(target=_notice_trouble, args=(store,), daemon=True).start()

    def run_locally(self) -> None:
        """Go on here with what the cluster was to do."""
        self.cluster.give_up()
        self._spawn(ALL_RUNS)

    def _spawn(self, what: str) -> None:
        places = range(len(self.processes), len(self.processes) + self._count)
        self.processes += [None] * self._count
        for place in places:
            threading.Thread(target=self._keep_alive, args=(place, what), daemon=True).start()

    def _keep_alive(self, place: int, what: str) -> None:
        store = self._store
        environment = {
            **os.environ,
            "RECSYS_DATABASE_URL": store.url,
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": str(_PROJECT),
        }
        while True:
            name = uuid.uuid4().hex
            process = subprocess.Popen(
                [sys.executable, "-m", "recsys_core.runner", what, name],
                stdin=subprocess.PIPE,
                cwd=_PROJECT,
                env=environment,
            )
            self.processes[place] = process
            process.wait()
            retry_until_stored(store.queue.interrupt, name)
            retry_until_stored(store.queue.interrupt_stale)
            time.sleep(1)  # a worker that cannot even start must not become a storm of starts


def _notice_trouble(store: RunStore) -> None:
    """Workers that cannot write cannot say so either: while something runs, this process tries for them."""
    while True:
        time.sleep(_LOOK_EVERY)
        with suppress(StoreError):
            if store.queue.has_live_runs():
                store.database.can_write()
