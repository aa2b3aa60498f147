"""A disk of 1 MB fills up while runs are written, and is made larger again."""

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from recsys_core.store.store import RunStore
from tests.faults.acknowledged import integrity, lost
from tests.faults.kills import Server, wait_for_more

_WATCHED = 15  # seconds on the full disk


@dataclass
class Figures:
    acknowledged_until_full: int = 0
    lost: list[str] = field(default_factory=list)
    integrity: str = ""
    workers_started_meanwhile: int = 0
    processor_share_meanwhile: float = 0.0
    seconds_until_written_again: float = 0.0
    states: dict[str, int] = field(default_factory=dict)


@contextmanager
def small_disk(folder: Path):
    """A file system of 1 MB; only root may make one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(folder: Path) -> Figures:
    figures, file = Figures(), folder / "acknowledged"
    with small_disk(folder / "disk") as disk:
        url = f"sqlite:///{disk / 'runs.sqlite'}"
        server = Server(url, file)
        try:
            wait_for_more(file, 20)
            (disk / "ballast").write_bytes(bytes(max(0, shutil.disk_usage(disk).free - 60_000)))
            before, now = -1, 0
            while now > before:
                before, now = now, file.read_bytes().count(b"\n")
                time.sleep(3)
            figures.acknowledged_until_full = now
            workers, used, began = server.workers(), _processor_seconds(server), time.monotonic()
            time.sleep(_WATCHED)
            figures.workers_started_meanwhile = len(set(server.workers()) - set(workers))
            figures.processor_share_meanwhile = (_processor_seconds(server) - used) / (time.monotonic() - began)
            store = RunStore(url)
            figures.integrity = integrity(store)
            written = file.read_bytes().count(b"\n")
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            began = time.monotonic()
            wait_for_more(file, written + 5)
            figures.seconds_until_written_again = time.monotonic() - began
        finally:
            server.kill()
        time.sleep(2)
        _, figures.lost = lost(store, file)
        for run in store.runs():
            figures.states[run.state] = figures.states.get(run.state, 0) + 1
    return figures


def _processor_seconds(server: Server) -> float:
    """What the server and its workers have used so far."""
    ticks = 0
    for pid in (server.process.pid, *server.workers()):
        used = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(used[11]) + int(used[12])
    return ticks / os.sysconf("SC_CLK_TCK")
