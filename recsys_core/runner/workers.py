"""Start worker processes beside a server and replace those that die."""

import os
import subprocess
import sys
import threading
import uuid
from contextlib import suppress
from pathlib import Path

from recsys_core.runner.dask_cluster import Cluster
from recsys_core.runner.memory import N_WORKERS
from recsys_core.runner.retry import pause, retry_until_stored
from recsys_core.store.database import StoreError
from recsys_core.store.store import RunStore

ALL_RUNS, FOREGROUND_ONLY = "all-runs", "foreground-only"  # which runs a worker claims
_CHECK_SECONDS = 5.0
_PROJECT = Path(__file__).parent.parent.parent


class Workers:
    """`count` worker processes that execute the queued runs of a store while this process lives.

    If RECSYS_SCHEDULER names a Dask scheduler, its `cluster` executes the runs of sweeps and the workers the others. A
    worker that dies is replaced, and its run is marked interrupted. A read-only store has no workers. Nothing has to be
    shut down: each worker exits when the pipe to its standard input closes, which the system does when this process
    ends. None starts within the first `wait` seconds.
    """

    def __init__(self, store: RunStore, count: int = N_WORKERS, *, wait: float = 0.0):
        self._store, self._count, self._wait = store, count, wait
        self.processes: list[subprocess.Popen[bytes] | None] = []
        self.cluster: Cluster | None = None
        if store.database.is_read_only:
            return
        with suppress(StoreError):  # then it is done when a worker ends and the store can be written
            store.queue.interrupt_stale()
        if address := os.environ.get("RECSYS_SCHEDULER"):
            self.cluster = Cluster(store, address)
        self._spawn(FOREGROUND_ONLY if self.cluster else ALL_RUNS)
        threading.Thread(target=_notice_trouble, args=(store,), daemon=True).start()

    def run_locally(self) -> None:
        """Give the cluster up and execute the runs of sweeps on this machine too."""
        if self.cluster is not None:
            self.cluster.give_up()
        self._spawn(ALL_RUNS)

    def _spawn(self, what: str) -> None:
        first = len(self.processes)
        self.processes += [None] * self._count
        for index in range(first, first + self._count):
            threading.Thread(target=self._keep_alive, args=(index, what), daemon=True).start()

    def _keep_alive(self, index: int, what: str) -> None:
        """Start worker number `index`, and another in its place whenever it ends."""
        store = self._store
        environment = {
            **os.environ,
            "RECSYS_DATABASE_URL": store.url,
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONPATH": str(_PROJECT),
        }
        pause(self._wait)
        while True:
            name = uuid.uuid4().hex
            process = subprocess.Popen(
                [sys.executable, "-m", "recsys_core.runner", what, name],
                stdin=subprocess.PIPE,
                cwd=_PROJECT,
                env=environment,
            )
            self.processes[index] = process
            process.wait()
            retry_until_stored(store.queue.interrupt, name)
            retry_until_stored(store.queue.interrupt_stale)
            pause(1)  # a worker that cannot even start must not become a storm of starts


def _notice_trouble(store: RunStore) -> None:
    """Try a small write every few seconds while runs are live: workers that cannot write cannot report it either."""
    while True:
        pause(_CHECK_SECONDS)
        with suppress(Exception):  # whatever goes wrong now, the next look must come
            if store.queue.has_live_runs():
                store.database.can_write()
