"""Print the figures of all faults: `python -m tests.faults [kills|postgres|disk|sessions …]`, by default all."""

import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from tests.faults import full_disk, kills, postgres_away, sessions
from tests.postgres import Postgres


def over_sqlite(folder: Path):
    return kills.kill_while_writing(f"sqlite:///{folder / 'runs.sqlite'}", folder / "acknowledged", 60)


def over_postgresql(folder: Path):
    server = Postgres()
    try:
        return kills.kill_while_writing(server.empty_database(), folder / "acknowledged", 60)
    finally:
        server.remove()


SCENARIOS = {
    "kills": over_sqlite,
    "kills-postgres": over_postgresql,
    "postgres": lambda folder: postgres_away.take_away(folder, 10),
    "disk": full_disk.fill_up,
    "sessions": sessions.use_together,
}


def main(names: list[str]) -> None:
    for name in names or SCENARIOS:
        with tempfile.TemporaryDirectory(prefix="recsys-faults-") as folder:
            began = time.monotonic()
            figures = SCENARIOS[name](Path(folder))
        print(f"{name} ({time.monotonic() - began:.0f} s)")
        for what, value in asdict(figures).items():
            print(f"  {what.replace('_', ' ')}: {value}")


if __name__ == "__main__":
    main(sys.argv[1:])
