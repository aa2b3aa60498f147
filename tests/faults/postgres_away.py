"""PostgreSQL is killed, or stopped as by a crash, while runs are written: what is lost, and how soon do they go on?"""

import time
from dataclasses import dataclass, field
from pathlib import Path

from recsys_core.store.store import RunStore
from tests.faults.acknowledged import lost
from tests.faults.kills import Server, wait_for_more
from tests.postgres import Postgres


@dataclass
class Figures:
    times_away: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    seconds_until_written_again: list[float] = field(default_factory=list)


def take_away(folder: Path, times: int) -> Figures:
    """By turns a `kill -9` of the postmaster and an immediate stop, a second each, in the middle of two trainings."""
    figures, postgres, file = Figures(), Postgres(), folder / "acknowledged"
    try:
        url = postgres.empty_database()
        server = Server(url, file)
        try:
            written = 0
            for figures.times_away in range(1, times + 1):
                written = wait_for_more(file, written + 50)
                postgres.kill() if figures.times_away % 2 else postgres.stop()
                time.sleep(1)
                written = file.read_bytes().count(b"\n")
                postgres.start()
                began = time.monotonic()
                written = wait_for_more(file, written)
                figures.seconds_until_written_again.append(round(time.monotonic() - began, 1))
        finally:
            server.kill()
        time.sleep(2)
        figures.acknowledged, figures.lost = lost(RunStore(url), file)
    finally:
        postgres.remove()
    return figures
