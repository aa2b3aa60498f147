"""The database behind the store: opened, read and written in short transactions, and in words when that fails."""

import time
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError

from recsys_core.store.migrations import LATEST, migrate, write_probe
from recsys_core.store.sqlite import begin_immediate, configure_sqlite, is_locked_away, read_only_url

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_OUT_OF_ORDER = (OperationalError, InterfaceError, InternalError)
_ANSWERS = "The database must answer before anything can be shown or kept."
_AT_LEAST = 5.0  # seconds that trouble lasts


class StoreError(Exception):
    """The database cannot do what was asked now. The message says what must hold, what came, and what to do."""


class NoAnswer(StoreError):
    """Not even reading is possible now."""


class Database:
    """A SQLite file or a PostgreSQL database, by its URL in SQLAlchemy's form, with the tables of `schema.py`.

    `trouble` says in a sentence why nothing can be written, and is empty while all is well. Raises StoreError if
    the database cannot even be read.
    """

    def __init__(self, url: str):
        self._refusal = ""  # why this database is never written to
        path = make_url(url).database if url.startswith("sqlite") else None
        if path and is_locked_away(Path(path)):
            self._refusal = (
                "The database and its folder must be writable to keep something new. They are read-only: everything "
                "can be looked at, nothing is written. Give the app the right to write there, and start it again."
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
                "can be looked at, nothing is written. Update the app."
            )
        self.trouble, self._in_trouble_until = self._refusal, 0.0

    @property
    def is_read_only(self) -> bool:
        """Whether this database is never written to, however long one waits."""
        return bool(self._refusal)

    @contextmanager
    def reading(self):
        """A connection without a write lock: readers never wait for a writer."""
        with _in_words(_ANSWERS):
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection

    @contextmanager
    def writing(self):
        """A transaction: all of it is kept, or nothing. Raises StoreError where nothing can be written."""
        if self.is_read_only:
            raise StoreError(self._refusal)
        try:
            with _in_words("The database must be writable to keep something new."), self._engine.begin() as connection:
                yield connection
        except StoreError as error:
            self.trouble, self._in_trouble_until = str(error), time.monotonic() + _AT_LEAST
            raise
        self.trouble = ""

    def can_write(self) -> bool:
        """Try it with the smallest write there is; `trouble` then says the same.

        Where a larger one has just failed it says no: on a disk that is all but full the smallest would succeed.
        """
        if time.monotonic() > self._in_trouble_until:
            with suppress(StoreError), self.writing() as connection:
                write_probe(connection)
        return not self.trouble

    @staticmethod
    def put(connection: Connection, table: Table, row: dict) -> None:
        """Insert `row`, or replace what has the same primary key, whoever else is doing the same."""
        key = table.primary_key.columns.keys()
        statement = _INSERT[connection.dialect.name](table).values(row)
        new = {name: statement.excluded[name] for name in row if name not in key}
        connection.execute(statement.on_conflict_do_update(index_elements=key, set_=new))


@contextmanager
def _in_words(rule: str):
    try:
        yield
    except _OUT_OF_ORDER as error:
        is_away = rule == _ANSWERS or error.connection_invalidated or error.statement is None
        said = str(error.orig).strip().split("\n")[0].rstrip(".")
        message = f"{_ANSWERS if is_away else rule} It said: {said}. "
        message += "What was kept before is still there; once that is mended, the app goes on by itself."
        raise (NoAnswer if is_away else StoreError)(message) from error
