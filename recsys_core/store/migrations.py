"""Migrations: bring a database that an earlier version of this code made to the present schema.

Forward only: what a version has added stays, and may be empty in older rows. To change the tables, change `schema.py`
and append to MIGRATIONS; the schema version of a database is the number of migrations it has been through. Columns are
never renamed, so that an older version of this code can still show what a newer one has stored.
"""

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, Engine, Float, Integer, MetaData, Table, Text, inspect
from sqlalchemy.types import TypeEngine

from recsys_core.store.schema import LISTED_DATASETS, metadata

# Not among the tables of `schema.py`: those change, and every version of the code must be able to read this one.
_versions = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))

_LOCK = 7263637  # any number; it identifies our lock in a PostgreSQL server


def _add_columns_from_before_versioning(connection: Connection) -> None:
    _add(connection, "epochs", "rmse", Float())
    _add(connection, "runs", "in_background", Boolean())
    _add(connection, "runs", "deadline", Float())
    for column in ("fork", "breaks", "factor_names"):
        _add(connection, "runs", column, JSON())


def _add_annotations_and_status(connection: Connection) -> None:
    for column, kind in (("name", Text()), ("notes", Text()), ("tags", JSON())):
        _add(connection, "runs", column, kind)
    _add(connection, "runs", "archived", Float())
    _add(connection, "runs", "deleted", Float())


def _add_environment(connection: Connection) -> None:
    _add(connection, "runs", "environment", JSON())


def _add_status_of_datasets(connection: Connection) -> None:
    _add(connection, "datasets", "hidden", Float())
    _add(connection, "datasets", "deleted", Float())


def _add_authors(connection: Connection) -> None:
    _add(connection, "runs", "author", Text())
    _add(connection, "runs", "editors", JSON())
    _add(connection, "reveals", "author", Text())


def _add_authors_of_datasets(connection: Connection) -> None:
    _add(connection, "datasets", "author", Text())
    _add(connection, "datasets", "editors", JSON())


def _index_listed_datasets(connection: Connection) -> None:
    LISTED_DATASETS.create(connection, checkfirst=True)


MIGRATIONS = (
    _add_columns_from_before_versioning,
    _add_annotations_and_status,
    _add_environment,
    _add_status_of_datasets,
    _add_authors,
    _add_authors_of_datasets,
    _index_listed_datasets,
)
LATEST = len(MIGRATIONS)


def schema_of(connection: Connection) -> int:
    """Return the schema version of a database; 0 if it is empty or from before versions were counted."""
    if not inspect(connection).has_table(_versions.name):
        return 0
    return connection.execute(_versions.select()).scalar() or 0


def migrate(engine: Engine) -> int:
    """Create or complete the tables and return the schema version; leave a database newer than this code untouched.

    All migrations run in one transaction, and only once, however many processes start them.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        version = schema_of(connection)
    if version >= LATEST:
        return version
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        version = schema_of(connection)
        if version >= LATEST:  # another process was first
            return version
        metadata.create_all(connection)
        for migration in MIGRATIONS[version:]:
            migration(connection)
        _versions.create(connection, checkfirst=True)
        connection.execute(_versions.delete())
        connection.execute(_versions.insert().values(version=LATEST))
    return LATEST


def _add(connection: Connection, table: str, column: str, kind: TypeEngine[Any]) -> None:
    """Add a column if it is missing; a table that has just been created has it already."""
    if column not in {present["name"] for present in inspect(connection).get_columns(table)}:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind.compile(connection.dialect)}")


def write_probe(connection: Connection) -> None:
    """Do the smallest write: it changes nothing, and fails if nothing can be written."""
    connection.execute(_versions.update().values(version=_versions.c.version))
