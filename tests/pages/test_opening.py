"""Each page as it opens: untouched, without runs, and by a garbled URL; through AppTest."""

import re
import subprocess
import sys
import tomllib
import weakref
from collections import Counter
from threading import Event, Thread

import pytest
import streamlit as st
from sqlalchemy import event
from threadpoolctl import threadpool_info

from pages.shared import server
from pages.shared import start_up as start_up_module
from pages.shared.links.refuse_link import DISCARD_KEY
from pages.shared.results.cached import share
from pages.shared.start_up import collect_garbage, start_up
from pages.shared.widgets import charts
from recsys_core.figures import on_page
from recsys_core.store.run import FINISHED
from recsys_core.store.store import RunStore
from tests.conftest import wait_until
from tests.pages.app import IMAGE, PAGES, curves, go, headline, points, reference_lines, status, texts
from tests.processes import NoWorkers, run_to_end
from tests.source_code import ROOT, imported, tree_of


@pytest.mark.parametrize("page", PAGES)
def test_an_untouched_page_opens_with_numbers_and_drawn_again_it_leaves_every_widget_to_the_hand(
    page, open_app, still_store
):
    app = open_app("train")
    if page != "train":
        go(app, page)
    assert re.search(r"\d", headline(app))
    assert not app.error and not app.warning
    if page in ("train", "compare"):
        assert re.search(r"NDCG@10 0\.\d{3}", headline(app))
    app.run()  # a widget that is set now would undo what a hand chooses meanwhile, unless it is out of a hand's reach
    widgets = [node for node in [*app.main, *app.sidebar] if not getattr(node.proto, "disabled", False)]
    assert [node.key for node in widgets if getattr(node.proto, "set_value", False)] == []


def test_train_opens_with_the_trained_model_and_the_reference_models(open_app, still_store):
    app = open_app("train")
    (run,) = still_store.runs()
    record = still_store.epochs(run.id)[-1]
    assert f"{record.validation:.3f}" in headline(app)
    assert points(curves(app)[1])[-1] == {"epoch": record.number, "value": record.validation}
    assert [label.split()[0] for label in reference_lines(curves(app)[1])] == ["Random", "Popularity", "Oracle"]
    assert run.label in status(app) and "finished" in status(app)


@pytest.mark.parametrize(
    "query",
    [
        {"run": "999", "data": "no such data", "algorithm": "magic"},
        {"k": "0", "implicit_als_n_factors": "-3", "split_test": "0.9", "split_method": "by magic"},
        {"k": "<script>", "run": IMAGE, "data": IMAGE, "seed": "x", "item": "-1"},
    ],
)
def test_a_garbled_address_is_refused_in_a_sentence_and_then_opens_the_untouched_page(query, open_app, still_store):
    app = open_app("train", **query)
    for _ in range(4):
        if app.error:
            assert headline(app) == "This link cannot be opened as it is."
            assert " must be " in texts(app.error) and "Got" in texts(app.error)
            app.button(key=DISCARD_KEY).click().run()
    for page in PAGES:
        assert re.search(r"\d", headline(go(app, page)))


def test_a_server_trains_its_first_model_before_anybody_opens_a_page(monkeypatch, tmp_path):
    url = f"sqlite:///{tmp_path / 'runs.sqlite'}"
    monkeypatch.setattr(server, "Workers", NoWorkers)
    monkeypatch.setenv("RECSYS_DATABASE_URL", url)

    async def states_when_the_server_answers():
        async with start_up(st.App("app.py")):
            return [run.state for run in RunStore(url).runs()]

    assert run_to_end(states_when_the_server_answers()) == [FINISHED]


def test_a_server_answers_although_its_database_does_not(monkeypatch):
    database_answers = Event()
    monkeypatch.setattr(start_up_module, "_LONGEST_SECONDS", 0.1)
    monkeypatch.setattr(start_up_module, "_PAUSE_SECONDS", 60.0)
    monkeypatch.setattr(start_up_module, "_prepare_start", database_answers.wait)

    async def answer():
        async with start_up(st.App("app.py")):
            return database_answers.is_set()

    assert run_to_end(answer()) is False
    database_answers.set()


def test_a_servers_blas_keeps_to_one_thread(monkeypatch):
    monkeypatch.setattr(start_up_module, "_prepare", lambda: None)
    monkeypatch.setattr(start_up_module, "_PAUSE_SECONDS", 60.0)

    def blas_threads() -> list[int]:
        return [info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"]

    async def threads_meanwhile():
        async with start_up(st.App("app.py")):
            return blas_threads()

    before = blas_threads()
    assert set(run_to_end(threads_meanwhile())) == {1}
    assert blas_threads() == before, "a process that goes on has them back"


def test_after_its_start_a_server_has_imported_all_that_pages_draw():
    """In a process of its own: this one has imported much already."""
    scripts = sorted((ROOT / "pages").glob("*.py"))
    wanted = {name for path in scripts for name in imported(tree_of(path)) if name.startswith("pages.views.")}
    code = "import sys; from pages.shared.start_up import import_views; import_views(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(loaded.stdout.split())
    assert wanted and {name for name in wanted if not {name, name.rpartition(".")[0]} & modules} == set()


def test_what_pages_share_is_made_once_for_each_key():
    made: list[str] = []
    for name, key in (("one", 1), ("again", 1), ("other", 2)):
        share(("test of sharing", key), lambda name=name: made.append(name))
    assert made == ["one", "other"]


def test_a_second_session_draws_no_figure_anew_and_asks_the_store_nothing_twice(open_app, three_runs, monkeypatch):
    for page in PAGES:
        go(open_app(), page)
    drawn: list[object] = []
    monkeypatch.setattr(on_page, "prepare_for_page", lambda figure, scale=1.0: drawn.append(figure))
    monkeypatch.setattr(charts, "prepare_for_page", on_page.prepare_for_page)
    asked: list[tuple[str, str]] = []
    engine = three_runs.database._engine
    event.listen(engine, "before_cursor_execute", lambda *context: asked.append((context[2], str(context[3]))))
    for page in PAGES:
        app = open_app()
        asked.clear()
        go(app, page)
        assert re.search(r"\d", headline(app))
        assert drawn == [] and asked and [each for each, count in Counter(asked).items() if count > 1] == []


def test_a_server_collects_garbage_until_it_ends_and_not_after_every_run():
    class Node:
        """Something that only the collector frees, since it refers to itself."""

    node = Node()
    node.itself = node
    freed, has_ended = weakref.ref(node), Event()
    del node
    collecting = Thread(target=collect_garbage, args=(has_ended, 0.01), daemon=True)
    collecting.start()
    wait_until(lambda: freed() is None, "garbage is collected")
    has_ended.set()
    collecting.join(10)
    assert not collecting.is_alive()
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
