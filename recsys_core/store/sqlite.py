"""How SQLite is asked to behave: readers that never wait, writers that wait their turn."""

import os
import sqlite3
import time
from pathlib import Path


def configure_sqlite(connection, _record) -> None:
    connection.isolation_level = None  # so that SQLAlchemy's begin event decides how a transaction begins
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    _switch_to_wal(cursor)
    # Written by the system before a commit is acknowledged, but not forced to the disk: a process may die at any time
    # and nothing is lost; when the whole machine loses power the last commits may be, and never the file.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _switch_to_wal(cursor) -> None:
    """While several processes open a new file at once, this one statement does not wait its turn by itself."""
    for _ in range(50):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.1)
    cursor.execute("PRAGMA journal_mode = WAL")


def begin_immediate(connection) -> None:
    # A transaction that reads first and writes later would fail at once if another wrote in between.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_locked_away(path: Path) -> bool:
    """Whether there is a database that this process may read but not write.

    A folder without the right to write matters only where SQLite would have to make its log there.
    """
    if not path.exists():
        return False
    return not (_may_be_written(path) and (_may_be_written(path.parent) or _log_of(path).exists()))


def read_only_url(path: Path) -> str:
    """The address of a database that is locked away. SQLite needs a log even for reading, unless it is told that
    nobody can write at all: that is so where there is none and none can be made."""
    nobody_writes = not _may_be_written(path.parent) and not _log_of(path).exists()
    return f"sqlite:///file:{path}?mode=ro{'&immutable=1' if nobody_writes else ''}&uri=true"


def _may_be_written(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
