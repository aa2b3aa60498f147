"""`kill -9` of workers and of their server while runs are written: is anything lost that was acknowledged?"""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from recsys_core.store.store import RunStore
from tests.faults.acknowledged import integrity, lost
from tests.processes import children, is_alive

ROOT = Path(__file__).parent.parent.parent
_EVERY = 6  # of so many kills, one is of the server


@dataclass
class Figures:
    kills: int = 0
    kills_of_the_server: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    orphans: int = 0
    integrity: str = ""


class Server:
    """`tests.faults.server` in a process of its own."""

    def __init__(self, url: str, file: Path):
        environment = {**os.environ, "RECSYS_DATABASE_URL": url, "FAULTS_ACKNOWLEDGED": str(file)}
        environment["PYTHONPATH"] = str(ROOT)
        self._command = {"args": [sys.executable, "-m", "tests.faults.server"], "cwd": ROOT, "env": environment}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(**self._command)

    def workers(self) -> list[int]:
        return children(self.process.pid)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def wait_for_more(file: Path, lines: int, seconds: float = 60) -> int:
    """Wait until more than `lines` writes are acknowledged; returns how many are."""
    end = time.monotonic() + seconds
    while (count := file.read_bytes().count(b"\n") if file.exists() else 0) <= lines:
        if time.monotonic() > end:
            raise TimeoutError(f"in {seconds:g} s nothing was written after {lines} lines")
        time.sleep(0.005)
    return count


def kill_while_writing(url: str, file: Path, kills: int, seed: int = 0) -> Figures:
    """Kill `kills` times, each time after a further write was acknowledged; then compare."""
    rng, figures = random.Random(seed), Figures()
    server = Server(url, file)
    written = 0
    try:
        while figures.kills < kills:
            written = wait_for_more(file, written + rng.randrange(50))
            workers = server.workers()
            if not workers:
                continue
            time.sleep(rng.uniform(0, 0.05))  # anywhere in a transaction
            if figures.kills % _EVERY == _EVERY - 1:
                server.kill()
                figures.kills += 1
                figures.kills_of_the_server += 1
                time.sleep(2)
                figures.orphans += sum(map(is_alive, workers))
                written = file.read_bytes().count(b"\n")
                if figures.kills < kills:
                    server.start()
                continue
            with suppress(ProcessLookupError):  # it is the one before, which was still dying
                os.kill(rng.choice(workers), signal.SIGKILL)
                figures.kills += 1
    finally:
        workers = server.workers()
        server.kill()
    time.sleep(2)
    figures.orphans += sum(map(is_alive, workers))
    store = RunStore(url)
    figures.acknowledged, figures.lost = lost(store, file)
    if url.startswith("sqlite"):
        figures.integrity = integrity(store)
    return figures
