"""What several test files share: the app as AppTest sees it, over databases of its own."""

import gc
import os
import sqlite3
import time
from contextlib import closing
from functools import cache
from pathlib import Path

# Before NumPy is loaded, here and in every process that a test starts: OpenBLAS's threads look for their next product
# for 2²⁶ cycles otherwise, on a core that another test could use. (With 2⁴ they sleep at once; no digit depends on it.)
os.environ["OPENBLAS_THREAD_TIMEOUT"] = "4"

import pytest
from hypothesis import settings

from tests import postgres as postgres_module
from tests.movielens_server import served  # noqa: F401
from tests.processes import NoWorkers

ROOT = Path(__file__).parent.parent

# A busy machine makes any example slow now and then: time is measured in benchmarks, not in tests.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


# Tests say themselves which runs there are; those of the first models switch this on.
os.environ["RECSYS_FIRST_MODELS"] = "off"


# What is imported and collected stays until the end: looking through it for garbage, again and again, takes a quarter
# of the time that collecting takes, and would go on in the tests.
gc.disable()


def pytest_collection_finish(session):
    gc.freeze()
    gc.enable()


def pytest_make_parametrize_id(val, argname):
    """Bytes are named by their argument: gzip's hold the time, and the processes must agree on the names of tests."""
    return argname if isinstance(val, bytes) else None


def wait_until(holds, what: str, seconds: float = 60) -> None:
    """Wait for a worker process; a run that takes longer than `seconds` is a failure."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s in vain until {what}")
        time.sleep(0.05)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of this test session."""
    reason = postgres_module.why_not()
    if reason:
        pytest.skip(reason)
    server = postgres_module.Postgres()
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres):
    """An empty PostgreSQL database."""
    return postgres.empty_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """An empty database of each kind that the store promises to work on."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'runs.sqlite'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture(autouse=True)
def nothing_unforeseen_happens(caplog):
    """The pages tell an unforeseen error to a person as a sentence; to a test it is a failure."""
    yield
    reports = [record for record in caplog.get_records("call") if record.name == "recsys"]
    assert not reports, reports[0].exc_text or reports[0].exc_info[1]


@pytest.fixture(scope="session")
def _quick_app_tests():
    """Three things that AppTest does as slowly as a page is drawn are done quickly.

    It looks through all installed packages for each test and compiles every page that it runs: here once. It looks
    through all that a page has sent a thousand times a second, to see whether the page has ended, and slows it down by
    that: here it waits for its thread.
    """
    from streamlit.components.v2 import manifest_scanner
    from streamlit.testing.v1 import app_test, local_script_runner

    look, compiled = local_script_runner.require_widgets_deltas, app_test.ScriptCache()

    def wait(runner, timeout: float) -> None:
        runner._script_thread.join(timeout)
        look(runner, 0 if runner._script_thread.is_alive() else timeout)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        patch.setattr(local_script_runner, "require_widgets_deltas", wait)
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: compiled)
        yield


@pytest.fixture
def cookies(monkeypatch):
    """What the browser of `open_app` remembers, by name; if not set otherwise, that it looked at the newest data."""
    import streamlit as st

    from pages.shared import server

    kept: dict[str, str] = {}

    def read(context) -> dict[str, str]:
        return {"recsys_data": server.store().dataset_list()[0]["fingerprint"], **kept}

    monkeypatch.setattr(type(st.context), "cookies", property(read))
    return kept


@pytest.fixture
def open_app(monkeypatch, cookies, _quick_app_tests):
    """open_app("data", **query) runs that page in the repository root with empty caches, as a browser opens its URL.

    Without a name it is the page that the app opens with.
    """
    import streamlit as st
    from streamlit.testing.v1 import AppTest

    monkeypatch.chdir(ROOT)
    st.cache_data.clear()
    st.cache_resource.clear()

    def open_(page: str = "", /, **query):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
        if page:
            app.switch_page(f"pages/{page}.py")
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_


@pytest.fixture(scope="session")
def _first_database(tmp_path_factory):
    """The file that a fresh server leaves behind, with its first model."""
    from pages.shared import server
    from recsys_core.store.store import RunStore

    path = tmp_path_factory.mktemp("first") / "first.sqlite"
    server._train_first_model(RunStore(f"sqlite:///{path}"))
    return path


def copy_database(source: Path, to: Path) -> None:
    """Copy a SQLite database, with what is still in its log."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(to)) as new:
        old.backup(new)


@pytest.fixture
def open_still(tmp_path, monkeypatch):
    """open_still(file) is the store of a server over a copy of that database, without workers."""
    from pages.shared import server

    def open_(file: Path):
        copy_database(file, tmp_path / "still.sqlite")
        monkeypatch.setattr(server, "Workers", NoWorkers)
        monkeypatch.setenv("RECSYS_DATABASE_URL", f"sqlite:///{tmp_path / 'still.sqlite'}")
        return server.store()

    return open_


@pytest.fixture
def still_store(open_still, _first_database):
    """The store of a fresh server, without workers: what is queued stays so until a test executes it."""
    return open_still(_first_database)


@pytest.fixture(scope="session")
def _working_url(tmp_path_factory):
    return f"sqlite:///{tmp_path_factory.mktemp('working') / 'runs.sqlite'}"


@pytest.fixture
def working_store(_working_url, monkeypatch):
    """The store of this test session, with real worker processes; they end with the session."""
    from pages.shared import server

    monkeypatch.setenv("RECSYS_DATABASE_URL", _working_url)
    return server.store()
