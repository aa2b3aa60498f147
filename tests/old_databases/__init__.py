"""Databases that earlier versions of this program wrote, each named after the commit whose code wrote it.

They hold small generated data sets and one run or more of several algorithms, in the first two no setting at its
default: so a field that this code no longer reads is seen to be missing. `480437a` is from before schema versions were
counted, `64e39e2` has schema 2, `7ae51b8` 3, `98812c0` 4, `906162a` 5 and `6c79f71` 6; no commit has left 1 behind.
"""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = sorted(path.name.partition(".")[0] for path in FOLDER.glob("*.sqlite.gz"))


def unpack_database(name: str, folder: Path) -> Path:
    """Write the database of commit `name` into `folder` and return its path."""
    path = folder / f"{name}.sqlite"
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.sqlite.gz").read_bytes()))
    return path


def stored_rows(path: Path, columns: str, table: str) -> list[tuple]:
    """Read columns as they are stored, past the code under test."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall()
