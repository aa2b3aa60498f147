"""An algorithm that the program was told of by one line is trained, explained, reported and shown on every page."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from pages.shared.context import RUN_KEY
from pages.shared.results import report_buttons
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.lists import lists_as_csv, recommendation_tables
from recsys_core.exchange.writing import model_as_npz
from recsys_core.report.script import script
from recsys_core.runner.workers import ALL_RUNS
from recsys_core.store.run import FINISHED, Run
from tests.conftest import ROOT, wait_until
from tests.pages import compare
from tests.pages.app import PAGES, button_group, each_tab, first_fingerprint, go, set_pins
from tests.toy_algorithms import TOYS

VIEWS = {"person": "person_view", "what_if": "what_if", "optimise": "optimise"}
"""By which key a page lets people choose what they look at."""


@pytest.fixture(params=TOYS)
def key(request, monkeypatch):
    """The name of a toy algorithm that stands in ALGORITHMS."""
    monkeypatch.setitem(ALGORITHMS, request.param, TOYS[request.param])
    return request.param


@contextmanager
def worker(store) -> Iterator[None]:
    """A worker process that knows the toys; it ends when its input closes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.toy_algorithms", ALL_RUNS, "toys"],
        cwd=ROOT,
        env={**os.environ, "RECSYS_DATABASE_URL": store.url},
        stdin=subprocess.PIPE,
    )
    try:
        yield
    finally:
        process.stdin.close()
        process.wait(10)


def train_by_worker(store, key: str) -> None:
    split = store.split(first_fingerprint(store), SplitRecipe())
    run_id = store.queue.add_run(split, key, ALGORITHMS[key](), 0)
    with worker(store):
        wait_until(lambda: not store.run(run_id).is_live, "the toy is trained")


@pytest.fixture
def store(key, open_prepared):
    """The store of a fresh server and a run of the toy on its data, which a worker process has trained."""
    return open_prepared(train_by_worker, key)


@pytest.fixture
def run(store) -> Run:
    run = store.runs()[0]
    assert (run.state, run.message) == (FINISHED, "")
    return run


def everything_on(app) -> str:
    """All that the page and its sidebar hold, tables and charts included."""
    return "\n".join(str(node.proto) for part in (app.main, app.sidebar) for node in part if hasattr(node, "proto"))


def test_every_page_and_every_view_of_a_model_shows_it(open_app, run):
    app = open_app()
    set_pins(app, [run.id, 1])
    app.session_state[RUN_KEY] = run.id
    for page in PAGES:
        go(app, page)
        assert not app.exception, (page, app.exception)
        assert run.recipe.label in everything_on(app), page
        for tab in each_tab(app, page):
            assert not app.exception, (page, tab, app.exception)
        for view in button_group(app, VIEWS[page]).options if page in VIEWS else ():
            button_group(app, VIEWS[page]).set_value(view).run()
            assert not app.exception, (page, view, app.exception)
        for view in compare.VIEWS if page == "compare" else ():
            assert not compare.show_view(app, view).exception, (view, app.exception)


def test_it_can_be_chosen_and_trained_on_train(open_app, still_store, key):
    app = open_app("train")
    app.selectbox(key="algorithm").set_value(key).run()
    assert TOYS[key].meaning in "\n".join(each.value for each in app.markdown)
    app.button(key="train").click().run()
    assert not app.exception and still_store.runs()[0].recipe == TOYS[key]()


def test_it_is_exported_and_reported(store, run):
    dataset, model = store.dataset(run.data_fingerprint), store.model(run.id)
    split = store.split_of(run)
    evaluation = store.evaluation(run.id, "validation")
    assert model_as_npz(model, dataset, describe_model(run, dataset, model, store.epochs(run.id), evaluation))
    ids = {"user_ids": dataset.user_ids, "item_ids": dataset.item_ids, "titles": dataset.titles}
    tables = recommendation_tables(model, split.train, 5, **ids)
    assert lists_as_csv(tables).count(b"\n") == 1 + 5 * dataset.interactions.n_users
    assert run.recipe.label in report_buttons.report_or_error_page([run], "validation", "ndcg", 10)
    program = script(store, [run])
    assert f"import {type(run.recipe).__name__}\n" in program
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "as in the app" in done.stdout and f"NDCG@10 {evaluation.mean('ndcg', 10)}" in done.stdout


def test_somebody_new_gets_a_list_of_it(store, run):
    train, model = store.split_of(run).train, store.model(run.id)
    some_user = train.select(train.users == 3)
    scores = run.recipe.fold_in(model, train, some_user).scores(np.array([3]))[0]
    assert np.corrcoef(scores, model.scores(np.array([3]))[0])[0, 1] > 0.9
