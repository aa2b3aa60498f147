"""A little of `python -m tests.faults`: kills, a full disk, a folder that is read-only, a database that goes away."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event
from streamlit.testing.v1 import AppTest

from pages.shared import server
from pages.views.train.controls import TRAIN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.runner import worker
from recsys_core.runner.workers import ALL_RUNS
from recsys_core.store import database
from recsys_core.store.database import StoreError
from recsys_core.store.run import FINISHED, INTERRUPTED, RUNNING
from recsys_core.store.store import RunStore
from tests.conftest import ROOT, wait_until
from tests.faults.acknowledged import integrity, lost
from tests.faults.writer import write_for_ever
from tests.processes import NoWorkers, forkserver

SVD = ALGORITHMS["svd"]


@pytest.fixture
def store(database_url):
    return RunStore(database_url)


def split_of(store: RunStore):
    return store.split(store.add_dataset(load_example_5x5()), SplitRecipe())


# kill -9


def test_kills_in_the_middle_of_writing_lose_nothing_that_was_acknowledged(store, tmp_path):
    """Writers alone, forked and hence quick to start; with whole workers and servers it is in `tests.faults.kills`."""
    split_of(store)
    file = tmp_path / "acknowledged"
    file.touch()
    lines = lambda: file.read_bytes().count(b"\n")  # noqa: E731
    kills = 30 if store.url.startswith("sqlite") else 10  # a connection to PostgreSQL takes its time
    with forkserver() as context:

        def begin():
            writer = context.Process(target=write_for_ever, args=(store.url, str(file)), daemon=True)
            writer.start()
            return writer

        writers = [begin() for _ in range(3)]
        for kill in range(kills):
            before = lines()
            wait_until(lambda: lines() > before + kill % 7, "more is written")  # noqa: B023
            writers.pop(0).kill()
            writers.append(begin())
        for writer in writers:
            writer.kill()
            writer.join()
    count, missing = lost(store, file)
    assert missing == [] and count >= kills
    if store.url.startswith("sqlite"):
        assert integrity(store) == "ok"


# A full disk


def fill(store: RunStore) -> None:
    """From now on the file cannot grow by a page, as on a disk that is full."""
    engine = store.database._engine
    with store.reading() as connection:
        size = connection.exec_driver_sql("PRAGMA page_count").scalar()
    event.listen(engine, "connect", lambda opened, _: opened.execute(f"PRAGMA max_page_count = {size}"))
    engine.dispose()


def test_what_does_not_fit_on_the_disk_is_refused_in_words_and_nothing_of_it_is_kept(tmp_path):
    store = RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    split = split_of(store)
    run_id = store.queue.add_run(split, "svd", SVD(n_factors=2), 0)
    store.queue.claim("w")
    fill(store)
    big = FactorModel.of(np.ones((20_000, 4)), np.ones((5, 4)))
    with pytest.raises(StoreError, match="It reports: database or disk is full"):
        store.save_model(run_id, big)
    assert "disk is full" in store.database.trouble and not store.database.can_write()
    assert store.model(run_id) is None and store.run(run_id).state == RUNNING
    assert integrity(store) == "ok"
    store.queue.end_run(store.run(run_id), INTERRUPTED)  # what needs no room is still written
    assert store.database.trouble == ""


def test_on_a_full_disk_the_app_goes_on_with_a_banner(still_store, open_app, monkeypatch):
    app = open_app().switch_page("pages/start.py").run()
    monkeypatch.setattr(database, "_TROUBLE_SECONDS", 600)
    fill(still_store)
    with pytest.raises(StoreError):
        still_store.add_dataset(generate(SyntheticRecipe(n_users=3000, n_items=300)))
    n_datasets = len(still_store.dataset_list())
    for page in ("start", "compare"):
        app = app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error
        assert "disk is full" in app.warning[0].value
    assert len(still_store.dataset_list()) == n_datasets


def test_a_worker_that_cannot_write_gives_the_run_up_and_waits_ever_longer(monkeypatch):
    told, slept = [], []

    class FullQueue:
        def claim(self, name, **which):
            raise StoreError("No room.")

        def interrupt(self, name, why):
            told.append(why)

    def pause(seconds):
        slept.append(seconds)
        if len(slept) == 8:
            raise KeyboardInterrupt

    monkeypatch.setattr(worker, "pause", pause)
    with pytest.raises(KeyboardInterrupt):
        worker.execute_queued_runs(types.SimpleNamespace(queue=FullQueue()), "w", ALL_RUNS)
    assert slept == [0.25, 0.5, 1, 2, 4, 8, 8, 8] and set(told) == {"No room."}


def test_a_click_that_cannot_be_kept_is_answered_in_a_sentence():
    def page():
        import streamlit as st

        from pages.shared.error_boundary import error_boundary
        from recsys_core.store.database import StoreError

        @error_boundary()
        def train():
            raise StoreError("The disk is full.")

        st.button("Train", on_click=train)

    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    assert not app.exception and [error.value for error in app.error] == ["Not saved. The disk is full\\."]


def test_a_click_while_the_database_is_away_is_answered_once():
    def page():
        import streamlit as st

        from pages.shared.error_boundary import error_boundary
        from recsys_core.store.database import DatabaseUnreachable

        @error_boundary()
        def train():
            st.session_state["is_away"] = True
            raise DatabaseUnreachable("It is away.")

        st.button("Train", on_click=train)
        with error_boundary():
            if "is_away" in st.session_state:
                raise DatabaseUnreachable("It is away.")

    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    assert not app.exception and [error.value for error in app.error] == ["It is away\\."]


# A folder that may only be read


def test_in_a_folder_that_is_read_only_everything_can_be_looked_at(still_store):
    folder = Path(still_store.url.removeprefix("sqlite:///")).parent
    still_store.database._engine.dispose()  # the log of writes goes with the last connection
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    folder.chmod(0o555)
    without_roots_rights = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []
    try:
        done = subprocess.run(
            [*without_roots_rights, sys.executable, "-m", "tests.faults.read_only", still_store.url],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
    finally:
        folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    for page in ("start", "compare"):
        assert told[page]["exceptions"] == 0 and told[page]["errors"] == [] and told[page]["elements"] > 5
        assert any("everything can be viewed" in line for line in told[page]["warnings"])
    assert "read-only" in told["refusal"]
    assert (told["runs"], told["workers"]) == (1, 0)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


# A database that goes away


def is_away(store: RunStore) -> bool:
    """Whether the database no longer answers; after a kill its processes take a moment to find out."""
    try:
        store.runs()
    except StoreError:
        return True
    return False


def test_a_killed_postgresql_comes_back_with_all_that_was_acknowledged(postgres, postgres_url):
    store = RunStore(postgres_url)
    split = split_of(store)
    acknowledged = []
    for end in (postgres.kill, postgres.stop):
        acknowledged.append(store.queue.add_run(split, "svd", SVD(n_factors=2), 0))
        end()
        try:
            wait_until(lambda: is_away(store), "the database is away")
            for use in (store.runs, lambda: store.queue.add_run(split, "svd", SVD(), 1)):
                with pytest.raises(StoreError, match="The database must"):
                    use()
        finally:
            postgres.start()
        assert [run.id for run in store.runs()] == acknowledged[::-1]  # by the same connections, made anew
        store.database._in_trouble_until = 0.0
        assert store.database.can_write()


def test_a_page_says_that_the_database_is_away_and_recovers(postgres, postgres_url, monkeypatch, open_app):
    monkeypatch.setattr(server, "Workers", NoWorkers)
    monkeypatch.setenv("RECSYS_DATABASE_URL", postgres_url)
    app = open_app("train")
    assert not app.exception and not app.error
    postgres.kill()
    try:
        wait_until(lambda: is_away(server.store()), "the database is away")
        app.run()
        assert not app.exception
        assert any("The database must answer" in error.value for error in app.error)
    finally:
        postgres.start()
    app.run()
    assert not app.exception and not app.error and app.button(key=TRAIN_KEY)


def test_a_train_click_is_executed_by_a_worker_over_postgresql(postgres_url, monkeypatch, open_app):
    monkeypatch.setenv("RECSYS_DATABASE_URL", postgres_url)
    app = open_app().switch_page("pages/start.py").run()
    assert not app.exception and not app.error
    app = app.switch_page("pages/train.py").run()
    app.button(key=TRAIN_KEY).click().run()
    assert not app.exception and not app.error
    store = RunStore(postgres_url)
    run = store.runs()[0]
    assert len(store.runs()) == 2
    wait_until(lambda: store.run(run.id).state == FINISHED, "a worker has trained it")
    assert store.model(run.id) is not None and store.epochs(run.id)
    for process in server.workers().processes:
        assert postgres_url not in process.args  # a password on a command line is for all to see
