"""A database of another version: an older one is brought forward whole, a newer one is looked at and not touched."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, event, inspect

from pages.views.train.controls import TRAIN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.runner.workers import Workers
from recsys_core.store import migrations
from recsys_core.store.database import StoreError
from recsys_core.store.migrations import LATEST, migrate, schema_of
from recsys_core.store.run import FINISHED, QUEUED, EpochRecord
from recsys_core.store.schema import metadata
from recsys_core.store.store import RunStore

SVD = ALGORITHMS["svd"]
NEWER = "made by a newer version \\(schema 99, this code knows"
_SINCE_THE_FIRST_COMMIT = {
    "runs": (
        "in_background deadline fork breaks factor_names name notes tags archived deleted environment author editors"
    ).split(),
    "epochs": ["rmse"],
    "datasets": "hidden deleted author editors".split(),
}


def one_run(store: RunStore) -> int:
    split = store.split(store.add_dataset(load_example_5x5()), SplitRecipe())
    return store.queue.add_run(split, "svd", SVD(n_factors=2), 7)


def make_old(store: RunStore) -> None:
    """Take away all that versions since the first have added."""
    with store.writing() as connection:
        connection.exec_driver_sql("DROP INDEX listed_datasets")
        for table, columns in _SINCE_THE_FIRST_COMMIT.items():
            for column in columns:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {column}")
        for table in ("schema_version", "sweeps", "reveals"):
            connection.exec_driver_sql(f"DROP TABLE {table}")


def make_newer(store: RunStore) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("UPDATE schema_version SET version = 99")
        connection.exec_driver_sql("ALTER TABLE runs ADD COLUMN mood VARCHAR(9)")


def columns_of(url: str) -> dict[str, set]:
    found = inspect(create_engine(url))
    return {table: {column["name"] for column in found.get_columns(table)} for table in found.get_table_names()}


def test_a_database_of_the_first_version_has_all_columns_and_its_runs_after_being_opened(database_url):
    store = RunStore(database_url)
    run_id = one_run(store)
    before = store.run(run_id)
    make_old(store)
    newer = RunStore(database_url)
    assert newer.run(run_id) == before and newer.queue.claim("w").id == run_id
    newer.queue.record_epoch(newer.run(run_id), EpochRecord(1, 1.0, None, 0.0, 0.5))
    assert newer.epochs(run_id) == [EpochRecord(1, 1.0, None, 0.0, 0.5)]
    expected = {table.name: {column.name for column in table.columns} for table in metadata.tables.values()}
    assert columns_of(database_url) == {**expected, "schema_version": {"version"}}


def test_the_migrations_alone_reach_the_tables_of_the_code(database_url):
    """What `schema.py` has and no migration adds would be missing in every database that exists."""
    store = RunStore(database_url)
    make_old(store)
    with store.writing() as connection:
        metadata.create_all(connection)
        for migration in migrations.MIGRATIONS:
            migration(connection)
    for table in metadata.tables.values():
        assert {column.name for column in table.columns} <= columns_of(database_url)[table.name]
        indexes = {index["name"] for index in inspect(create_engine(database_url)).get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes


def test_the_list_of_data_sets_reads_no_column_behind_their_content(tmp_path):
    """SQLite goes through a row from its start: what stands behind 100 MB takes as long as they do."""
    store, asked = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}"), []
    event.listen(store.database._engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    store.dataset_list()
    with store.reading() as connection:
        root = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'datasets'").scalar()
        steps = connection.exec_driver_sql(f"EXPLAIN {asked[0]}").all()
    table = next(step.p1 for step in steps if step.opcode == "OpenRead" and step.p2 == root)
    read = [step.p2 for step in steps if step.opcode == "Column" and step.p1 == table]
    assert read and max(read) < list(metadata.tables["datasets"].columns.keys()).index("content")


def test_a_migration_that_fails_leaves_everything_as_it_was(database_url, monkeypatch):
    store = RunStore(database_url)
    one_run(store)
    make_old(store)
    before = columns_of(database_url)

    def fail(connection):
        raise ZeroDivisionError

    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, fail))
    with pytest.raises(ZeroDivisionError):
        RunStore(database_url)
    assert columns_of(database_url) == before


def test_many_may_bring_one_database_forward_at_once(database_url):
    make_old(RunStore(database_url))
    with ThreadPoolExecutor(6) as threads:
        engines = [create_engine(database_url) for _ in range(6)]
        if database_url.startswith("sqlite"):
            engines = [store.database._engine for store in threads.map(RunStore, [database_url] * 6)]
        assert list(threads.map(migrate, engines)) == [LATEST] * 6
    with engines[0].connect() as connection:
        assert schema_of(connection) == LATEST


def test_a_newer_database_is_read_and_every_write_says_why_not(database_url):
    store = RunStore(database_url)
    run_id = one_run(store)
    make_newer(store)
    before = columns_of(database_url)
    older = RunStore(database_url)
    assert older.database.is_read_only and "Update the app." in older.database.trouble
    assert [run.id for run in older.runs()] == [run_id] and older.dataset_list()
    split = older.split_of(older.run(run_id))
    writes = [
        lambda: older.add_dataset(load_example_5x5()),
        lambda: older.queue.add_run(split, "svd", SVD(), 0),
        lambda: older.queue.claim("w"),
        lambda: older.queue.request_stop(run_id),
        lambda: older.queue.end_run(older.run(run_id), FINISHED),
        lambda: older.reveal_test(split.fingerprint),
    ]
    for write in writes:
        with pytest.raises(StoreError, match=NEWER):
            write()
    assert not older.database.can_write()
    assert Workers(older).processes == []
    assert columns_of(database_url) == before and older.run(run_id).state == QUEUED


def test_the_app_over_a_newer_file_shows_everything_and_says_that_nothing_is_written(still_store, open_app):
    """A real file whose version was raised, as after a step back to an older app."""
    from pages.shared import server

    path = still_store.url.removeprefix("sqlite:///")
    make_newer(still_store)
    server._open.cache_clear()
    n_runs = len(still_store.runs())
    for page in ("start", "train"):
        app = open_app(page)
        assert not app.exception
        assert any("made by a newer version" in warning.value for warning in app.warning)
    app.button(key=TRAIN_KEY).click().run()
    assert not app.exception
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (n_runs,)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"a,b,c\n" * 1_000,
        lambda content: bytes(100) + content[100:],
        lambda content: content[:200] + b"\xff" * 3_000 + content[3_200:],
        lambda content: content[: len(content) // 2],
    ],
    ids=["another file", "no header", "first page", "cut in half"],
)
def test_a_damaged_file_is_told_in_words(damage, tmp_path):
    path = tmp_path / "runs.sqlite"
    one_run(RunStore(f"sqlite:///{path}"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match=r"SQLite file without damage.*Put back a copy"):
        store = RunStore(f"sqlite:///{broken}")
        store.runs()
        store.dataset_list()
