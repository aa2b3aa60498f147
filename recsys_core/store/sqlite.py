"""How SQLite is asked to behave: readers that never wait, writers that wait their turn."""

import sqlite3
import time


def configure_sqlite(connection, _record) -> None:
    connection.isolation_level = None  # so that SQLAlchemy's begin event decides how a transaction begins
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _switch_to_wal(cursor) -> None:
    """While several processes open a new file at once, this one statement does not wait its turn by itself."""
    for _ in range(50):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            time.sleep(0.1)
    cursor.execute("PRAGMA journal_mode = WAL")


def begin_immediate(connection) -> None:
    # A transaction that reads first and writes later would fail at once if another wrote in between.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
