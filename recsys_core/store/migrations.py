"""How a database that an earlier version of this code made is brought forward to the present schema.

Forward only: what a version has added stays, and may be empty in what is older. To change the tables, change
`schema.py` and append to MIGRATIONS; the schema of a database is how many of them it has been through.
"""

from sqlalchemy import JSON, Boolean, Column, Connection, Engine, Float, Integer, MetaData, Table, Text, inspect

from recsys_core.store.schema import metadata

# Not among the tables of `schema.py`: those change, and this must be readable by whichever code opens the database.
_versions = Table("schema_version", MetaData(), Column("version", Integer, nullable=False))

_ANY_NUMBER = 7263637  # names our lock in a PostgreSQL server


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


MIGRATIONS = (_add_columns_from_before_versioning, _add_annotations_and_status, _add_environment)
LATEST = len(MIGRATIONS)


def schema_of(connection: Connection) -> int:
    """The schema of a database; 0 where it is empty or older than the counting of schemas."""
    if not inspect(connection).has_table(_versions.name):
        return 0
    return connection.execute(_versions.select()).scalar() or 0


def migrate(engine: Engine) -> int:
    """Make or complete the tables and return the schema; of a database that is newer than this code, touch nothing.

    It happens in one transaction, whole or not at all, and once, however many processes begin it.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = schema_of(connection)
    if found >= LATEST:
        return found
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ANY_NUMBER})")
        found = schema_of(connection)
        if found >= LATEST:  # another process was first
            return found
        metadata.create_all(connection)
        for migration in MIGRATIONS[found:]:
            migration(connection)
        _versions.create(connection, checkfirst=True)
        connection.execute(_versions.delete())
        connection.execute(_versions.insert().values(version=LATEST))
    return LATEST


def _add(connection: Connection, table: str, column: str, kind) -> None:
    """Add a column where it is missing: a table that has only just been made has it."""
    if column not in {present["name"] for present in inspect(connection).get_columns(table)}:
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {column} {kind.compile(connection.dialect)}")


def write_probe(connection: Connection) -> None:
    """The smallest write there is: it changes nothing, and fails where nothing can be written."""
    connection.execute(_versions.update().values(version=_versions.c.version))
