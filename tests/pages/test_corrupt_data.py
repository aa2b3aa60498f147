"""What-if, *Corrupt the data*: the same people before and after, and the way back."""

import re

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.corruption import DropShare, corrupt_split
from recsys_core.data.split import SplitRecipe
from recsys_core.runner.execute import execute
from recsys_core.store.run import STOPPED
from tests.pages.app import execute_all, figure, first_fingerprint, headline, read, texts


@pytest.fixture
def split(still_store):
    return still_store.split(first_fingerprint(still_store), SplitRecipe())


@pytest.fixture
def app(open_app, still_store):
    return open_app("what_if", what_if="Corrupt the data")


def on_validation(store, run) -> float:
    return store.evaluation(run.id, "validation").mean("ndcg", 10)


def test_before_and_after_are_the_same_people_and_undo_leads_back(app, still_store, split):
    before = read(app.main.caption[-1].value)
    assert split.fingerprint in before
    app.button(key="corrupt").click().run()
    assert "is being trained on the corrupted data" in headline(app)
    execute_all(still_store)
    app.run()
    corrupted = corrupt_split(still_store.dataset(split.data_fingerprint), split, (DropShare(),))
    (run,) = still_store.runs(corrupted.fingerprint)
    old, new = on_validation(still_store, still_store.run(1)), on_validation(still_store, run)
    assert f"reaches {new:.3f} instead of {old:.3f}" in headline(app) and "▼ worse" in headline(app)
    drawn = [trace["x"][0] for trace in figure(app, "corruption_intervals")["data"]]
    np.testing.assert_allclose(drawn, [old, new])
    assert corrupted.fingerprint in read(app.main.caption[-1].value)
    app.button(key="undo_corruption").click().run()
    assert read(app.main.caption[-1].value) == before
    assert ALGORITHMS["implicit_als"].label in headline(app)


def test_a_corrupted_run_that_was_interrupted_can_be_run_again_and_one_stopped_by_hand_is_no_answer(app, still_store):
    app.button(key="corrupt").click().run()
    run = still_store.queue.claim("worker")
    still_store.queue.interrupt("worker")
    app.run()
    assert headline(app) == "The process that trained it ended unexpectedly."
    app.button(key="corrupt_again").click().run()
    assert still_store.run(run.id).is_live and "is being trained on the corrupted data" in headline(app)
    again = still_store.queue.claim("worker")
    still_store.queue.request_stop(again.id)
    execute(still_store, again)
    assert still_store.run(again.id).state == STOPPED
    app.run()
    assert "is being trained on the corrupted data" in headline(app), "a whole run is trained beside the stopped one"
    execute_all(still_store)
    assert "reaches" in headline(app.run()) and len([each for each in still_store.runs() if each.corruptions]) == 2


def test_a_corruption_that_leaves_nothing_is_refused_and_what_was_done_before_stays(app, still_store):
    app.button(key="corrupt").click().run()
    before = read(app.main.caption[-1].value)
    app.selectbox(key="corruption_kind").set_value("active").run()
    app.number_input(key="corruption_active_min_ratings").set_value(1_000).run()
    app.button(key="corrupt").click().run()
    assert "Nothing was left: choose a milder corruption." in read(app.error[0].value)
    assert read(app.main.caption[-1].value) == before
    assert [run.corruptions for run in still_store.runs() if run.corruptions] == [(DropShare(),)]


def test_bots_push_their_item_into_lists(app, still_store):
    app.selectbox(key="corruption_kind").set_value("bots").run()
    app.number_input(key="corruption_bots_share").set_value(1.0).run()
    app.button(key="corrupt").click().run()
    execute_all(still_store)
    app.run()
    assert re.search(r"is in the top 10 of [\d.]+% of the real people, instead of [\d.]+%\.", texts(app.main.markdown))


def test_a_time_cut_is_offered_only_where_there_are_times(app):
    assert "Keep only the earliest ratings" not in app.selectbox(key="corruption_kind").options
