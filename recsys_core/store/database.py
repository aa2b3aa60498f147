"""The database behind the store: opens it, reads and writes in short transactions, and puts its errors in words."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, create_engine, event, func, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError

from recsys_core.store.migrations import LATEST, migrate, write_probe
from recsys_core.store.sqlite import begin_immediate, configure_sqlite, is_locked_away, read_only_url

_OUT_OF_ORDER = (OperationalError, InterfaceError, InternalError)
_ANSWERS = "The database must answer before anything can be shown or stored."
_DAY_OF_1970 = 2_440_587.5  # 1 January 1970 as a Julian day
_TROUBLE_SECONDS = 5.0  # how long `trouble` lasts at least


class StoreError(Exception):
    """The database cannot do now what was asked. The message says what must hold, what came, and what to do."""


class DatabaseUnreachable(StoreError):
    """The database does not answer, not even to a read."""


class Database:
    """A SQLite file or a PostgreSQL database with the tables of `schema.py`, opened by its SQLAlchemy URL.

    `trouble` is a sentence that says why nothing can be written, and is empty while writing works. `version` is
    another object after each transaction of this process, and after `read_again`. Raises StoreError if the database
    cannot even be read.
    """

    def __init__(self, url: str):
        self._refusal = ""  # why this database is never written to
        path = make_url(url).database if url.startswith("sqlite") else None
        if path and is_locked_away(Path(path)):
            self._refusal = (
                "The database and its folder must be writable to store anything new. They are read-only: everything "
                "can be viewed, but nothing is stored. Give the app write access there and restart it."
            )
            url = read_only_url(Path(path))
        # A server that was away leaves dead connections behind: each is tried before it is used.
        self._engine = create_engine(url, pool_pre_ping=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", configure_sqlite)
            event.listen(self._engine, "begin", begin_immediate)
        with _in_words(_ANSWERS):
            schema = migrate(self._engine)
        if schema > LATEST:
            self._refusal = (
                f"This database was made by a newer version (schema {schema}, this code knows {LATEST}): everything "
                "can be viewed, but nothing is stored. Update the app."
            )
        self.trouble, self._in_trouble_until = self._refusal, 0.0
        self.version = object()

    @property
    def is_read_only(self) -> bool:
        """Whether this database is never written to: it is protected, or newer than this code."""
        return bool(self._refusal)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection without a write lock: readers never wait for a writer. Raises DatabaseUnreachable."""
        with _in_words(_ANSWERS):
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction, stored as a whole or not at all. Raises StoreError if nothing can be written."""
        if self.is_read_only:
            raise StoreError(self._refusal)
        try:
            with _in_words("The database must be writable to store anything new."), self._engine.begin() as connection:
                yield connection
        except StoreError as error:
            self.trouble, self._in_trouble_until = str(error), time.monotonic() + _TROUBLE_SECONDS
            raise
        finally:
            self.version = object()
        self.trouble = ""

    def read_again(self) -> None:
        """Let no answer of before count any more, since another process has written what this one asked it to."""
        self.version = object()

    def can_write(self) -> bool:
        """Return whether a write succeeds now, by trying the smallest; `trouble` then says the same.

        For 5 seconds after a failed write the answer is no: on a disk that is all but full the smallest succeeds.
        """
        if time.monotonic() > self._in_trouble_until:
            with suppress(StoreError), self.writing() as connection:
                write_probe(connection)
        return not self.trouble

    @staticmethod
    def now(connection: Connection) -> float:
        """Return the time by the database, in seconds since 1970: the clocks of the servers that share it differ."""
        time_there = (func.julianday("now") - _DAY_OF_1970) * 86_400.0
        if connection.dialect.name == "postgresql":
            time_there = func.date_part("epoch", func.clock_timestamp())
        return float(connection.execute(select(time_there)).scalar_one())

    @staticmethod
    def insert(connection: Connection, table: Table, row: Mapping[str, Any]) -> int:
        """Insert `row` and return the number that the database gave it."""
        key = connection.execute(table.insert().values(**row)).inserted_primary_key
        assert key is not None  # SQLAlchemy knows it of every insert of one row
        return int(key[0])

    @staticmethod
    def upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
        """Insert `row`, or replace the row with the same primary key, whoever else is doing the same."""
        key = table.primary_key.columns.keys()
        insert = sqlite.insert
        if connection.dialect.name == "postgresql":
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]  # slow, and seldom needed
        statement = insert(table).values(**row)
        new = {name: statement.excluded[name] for name in row if name not in key}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=new))


@contextmanager
def _in_words(rule: str) -> Iterator[None]:
    """Raise the database's own errors as StoreError, in a sentence that begins with `rule`."""
    try:
        yield
    except DatabaseError as error:
        if type(error) is DatabaseError:  # SQLite's word for a file that is damaged, or none of its own
            reason = str(error.orig).strip().split("\n")[0].rstrip(".")
            raise DatabaseUnreachable(
                f"The database must be a SQLite file without damage. It reports: {reason}. Put back a copy of it, "
                "or name another database in RECSYS_DATABASE_URL, and restart the app."
            ) from error
        if not isinstance(error, _OUT_OF_ORDER):
            raise
        is_away = rule == _ANSWERS or error.connection_invalidated or error.statement is None
        reason = str(error.orig).strip().split("\n")[0].rstrip(".")
        message = f"{_ANSWERS if is_away else rule} It reports: {reason}. "
        message += "What was stored before is still there. Once this is fixed, the app continues by itself."
        raise (DatabaseUnreachable if is_away else StoreError)(message) from error
