"""Settings of SQLite: readers never wait, writers wait their turn, read-only files open."""

import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import Connection


def configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    """Set up a new connection of the driver: write-ahead log, waiting for locks, foreign keys."""
    connection.isolation_level = None  # so that SQLAlchemy's begin event decides how a transaction begins
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    _switch_to_wal(cursor)
    # Written by the system before a commit is acknowledged, but not forced to the disk: a process may die at any time
    # and nothing is lost; when the whole machine loses power the last commits may be, and never the file.
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """Switch to the write-ahead log; this statement does not wait by itself while others open a new file."""
    for _ in range(50):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            time.sleep(0.1)
    cursor.execute("PRAGMA journal_mode = WAL")


def begin_immediate(connection: Connection) -> None:
    """Begin a transaction with the write lock."""
    # A transaction that reads first and writes later would fail at once if another wrote in between.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_locked_away(path: Path) -> bool:
    """Return whether there is a database that this process may read but not write.

    A folder that cannot be written matters only if SQLite would have to create its log there.
    """
    if not path.exists():
        return False
    return not (_may_be_written(path) and (_may_be_written(path.parent) or _log_of(path).exists()))


def read_only_url(path: Path) -> str:
    """Return the URL that opens such a database for reading.

    SQLite needs its log even for reading, unless it is told that nobody can write: true if there is no log and none can
    be created.
    """
    nobody_writes = not _may_be_written(path.parent) and not _log_of(path).exists()
    return f"sqlite:///file:{path}?mode=ro{'&immutable=1' if nobody_writes else ''}&uri=true"


def _may_be_written(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
