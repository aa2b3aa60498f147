"""Keeping worker processes alive beside a server."""

import os
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

from recsys_core.store.store import RunStore

N_WORKERS = 2
_PROJECT = Path(__file__).parent.parent.parent


class Workers:
    """As long as this process lives, `count` workers execute what is queued in the store.

    A worker that dies is replaced, and what it ran is marked interrupted. Nothing has to be shut down: each
    worker ends when the pipe to its standard input closes, which the system does when this process ends.
    """

    def __init__(self, store: RunStore, count: int = N_WORKERS):
        store.interrupt_stale()
        self.processes: list[subprocess.Popen | None] = [None] * count
        for place in range(count):
            threading.Thread(target=self._keep_alive, args=(store, place), daemon=True).start()

    def _keep_alive(self, store: RunStore, place: int) -> None:
        while True:
            name = uuid.uuid4().hex
            process = subprocess.Popen(
                [sys.executable, "-m", "recsys_core.runner", store.url, name],
                stdin=subprocess.PIPE,
                cwd=_PROJECT,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(_PROJECT)},
            )
            self.processes[place] = process
            process.wait()
            store.interrupt(name)
            store.interrupt_stale()
            time.sleep(1)  # a worker that cannot even start must not become a storm of starts
