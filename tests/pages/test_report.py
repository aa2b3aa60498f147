"""To take along, through AppTest: the program beside a run and beside the pins, and the report of the pins."""

import re

import pytest

from pages.shared.context import RUN_KEY
from pages.shared.results import report_buttons as taking_along
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.specifications import SpecificationGrid
from recsys_core.data.split import SplitRecipe
from recsys_core.report.script import script
from recsys_core.runner import large_data
from recsys_core.runner.child_process import ChildProcess
from tests.pages.app import first_fingerprint, headline, pinned_ids, train_here


def train_svd(store) -> None:
    train_here(store, first_fingerprint(store), "svd", n_factors=4)


@pytest.fixture
def two_runs(open_prepared):
    return open_prepared(train_svd)


def program(app) -> str:
    (block,) = app.main.code
    return block.value + "\n"  # code is shown without the last line's end


def test_train_has_the_program_of_the_run_shown_once_it_has_ended(open_app, two_runs):
    app = open_app("train")
    newest, first = two_runs.runs()
    assert program(app) == script(two_runs, [newest])
    app.selectbox(key=RUN_KEY).set_value(first.id).run()
    assert program(app) == script(two_runs, [first])
    split = two_runs.split(first.data_fingerprint, first.split)
    waiting = two_runs.queue.add_run(split, "svd", ALGORITHMS["svd"](), 0)
    app.run().selectbox(key=RUN_KEY).set_value(waiting).run()
    assert not app.main.code, "a run that waits has no program yet"


def test_compare_has_the_program_of_the_pins_with_what_is_looked_at(open_app, two_runs):
    app = open_app("compare")
    pins = [two_runs.run(run_id) for run_id in pinned_ids(app)]
    assert program(app) == script(two_runs, pins, subset="validation", k=10)
    app.slider(key="N").set_value(3).run()
    app.button(key="reveal").click().run()
    assert program(app) == script(two_runs, pins, subset="test", k=3)


def test_what_is_downloaded_is_the_report_of_what_is_shown(open_app, two_runs):
    app = open_app("compare")
    runs = [two_runs.run(run_id) for run_id in pinned_ids(app)]
    written = taking_along.report_or_error_page(runs, "validation", "ndcg", 10)
    assert headline(app) in written and all(run.fingerprint in written for run in runs)


def without_the_time(page: str) -> str:
    stripped, count = re.subn("Written on .* UTC", "", page)
    assert count == 1
    return stripped


def test_the_report_of_large_data_is_written_beside_the_server(two_runs, monkeypatch):
    runs, grid = two_runs.runs(), SpecificationGrid((SplitRecipe(), SplitRecipe(seed=1)), cutoffs=(5,))
    asked = runs, "validation", "map", 5, 0.02, grid
    here = without_the_time(taking_along.report_or_error_page(*asked))
    monkeypatch.setattr(large_data, "LARGE", 0)
    monkeypatch.setattr(taking_along.ReportOrder, "write", None)
    assert without_the_time(taking_along.report_or_error_page(*asked)) == here
    assert "That of this split is sealed" in taking_along.report_or_error_page(runs, "test", "ndcg", 10)


def test_a_report_whose_process_was_ended_says_so(two_runs, monkeypatch):
    monkeypatch.setattr(large_data, "LARGE", 0)
    send = ChildProcess.send

    def send_and_kill(child, order, contents=()):
        child.kill()
        send(child, order, contents)

    monkeypatch.setattr(ChildProcess, "send", send_and_kill)
    assert "Its process ended (code -9)" in taking_along.report_or_error_page(two_runs.runs(), None, "ndcg", 10)


def test_a_report_that_cannot_be_says_why_in_its_place(two_runs, monkeypatch):
    runs = two_runs.runs()
    assert "That of this split is sealed" in taking_along.report_or_error_page(runs, "test", "ndcg", 10)

    def fails(*_, **__):
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr(taking_along.ReportOrder, "write", fails)
    monkeypatch.setattr(taking_along, "log_and_describe", lambda error: f"told: {error}")
    assert "told: unforeseen" in taking_along.report_or_error_page(runs, None, "ndcg", 10)
