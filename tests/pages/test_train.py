"""The Train page: train, stop, queue, and look at the curves; through AppTest."""

from dataclasses import replace
from itertools import product
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from pages.shared.context import DATA_KEY, RUN_KEY
from pages.shared.shell import draw_app
from pages.shared.shell.pinned_models import LISTS_KEY, draw_pinned_models
from pages.shared.widgets import choose_run
from pages.views.train import slow_motion
from pages.views.train.controls import ALGORITHM_KEY, TRAIN_KEY
from pages.views.train.live_run import RUN_AGAIN_KEY, STOP_KEY
from recsys_core.algorithms import ALGORITHMS, ease
from recsys_core.algorithms.shared_fields import BEST_EPOCH
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.bootstrap import difference_interval
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.links.data_slug import write_data_slug
from recsys_core.parameters import parameters
from recsys_core.percent import percent
from recsys_core.store.kept_epoch import kept_record
from recsys_core.store.run import DIVERGED, FAILED, FINISHED, INTERRUPTED, QUEUED, STOPPED, EpochRecord
from recsys_core.store.schema import epochs
from recsys_core.store.store import RunStore
from tests.conftest import wait_until
from tests.pages.app import (
    curves,
    execute_all,
    first_fingerprint,
    go,
    headline,
    points,
    reference_lines,
    status,
    texts,
    train_here,
)


@pytest.fixture
def open_app(open_app):
    """The app on its Train page, if no other is named."""
    return lambda page="train", **query: open_app(page, **query)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_train_a_model_and_see_it(algorithm, open_app, working_store):
    app = open_app()
    app.selectbox(key=ALGORITHM_KEY).set_value(algorithm).run()
    asked = {
        name: value for name, value in (("n_factors", 3), ("n_epochs", 2)) if name in parameters(ALGORITHMS[algorithm])
    }
    for name, value in asked.items():
        app.number_input(key=f"{algorithm}_{name}").set_value(value)
    app.run()
    app.button(key=TRAIN_KEY).click().run()
    newest = working_store.runs()[0]
    assert newest.algorithm == algorithm and asked.items() <= newest.recipe.settings().items()
    wait_until(lambda: not working_store.run(newest.id).is_live, "the run has ended")
    app.run()
    run, record = working_store.run(newest.id), working_store.epochs(newest.id)[-1]
    assert run.state == FINISHED
    assert record.number == run.recipe.last_epoch(working_store.split(run.data_fingerprint, run.split).train)
    assert f"reached NDCG@10 {record.validation:.3f}" in headline(app)
    assert f"epoch {record.number} of {record.number}" in status(app)
    assert points(curves(app)[0])[-1]["value"] == record.objective
    assert app.selectbox(key=RUN_KEY).value == run.id


def test_stop_keeps_what_was_learned(open_app, working_store):
    app = open_app()
    app.selectbox(key=ALGORITHM_KEY).set_value("bpr").run()
    app.number_input(key="bpr_n_epochs").set_value(100_000).run()
    app.button(key=TRAIN_KEY).click().run()
    run_id = working_store.runs()[0].id
    wait_until(lambda: len(working_store.epochs(run_id)) > 2, "it has begun")
    app.run()
    assert "is at NDCG@10" in headline(app) and "left" in status(app)
    app.button(key=STOP_KEY).click().run()
    wait_until(lambda: not working_store.run(run_id).is_live, "it has stopped")
    app.run()
    assert working_store.run(run_id).state == STOPPED and "stopped" in status(app)
    assert len(points(curves(app)[0])) > 2 and working_store.model(run_id) is not None
    assert all(button.key != STOP_KEY for button in app.button)


def test_queued_runs_say_their_place(open_app, still_store):
    app = open_app()
    app.button(key=TRAIN_KEY).click().run()
    assert headline(app) == "ALS (implicit) is next in the queue."
    app.button(key=TRAIN_KEY).click().run()
    assert headline(app) == "ALS (implicit) is queued behind 1 other run."
    assert still_store.runs()[0].state == QUEUED


def test_a_queued_run_can_be_taken_out_and_put_back(open_app, still_store):
    app = open_app()
    app.button(key=TRAIN_KEY).click().run()
    app.button(key=STOP_KEY).click().run()
    assert "Removed from the queue" in texts(app.warning)
    app.button(key=RUN_AGAIN_KEY).click().run()
    assert "next in the queue" in headline(app)


def test_an_interrupted_run_can_be_run_again(open_app, still_store):
    app = open_app()
    app.button(key=TRAIN_KEY).click().run()
    run = still_store.queue.claim("a worker")
    still_store.queue.record_epoch(run, EpochRecord(1, 1.0, 0.1, 0.1))
    still_store.queue.interrupt("a worker")  # as when its process is killed
    app.run()
    assert still_store.run(run.id).state == INTERRUPTED
    assert "ended unexpectedly" in texts(app.warning) and "interrupted" in status(app)
    app.button(key=RUN_AGAIN_KEY).click().run()
    assert not app.warning and "next in the queue" in headline(app)
    execute_all(still_store)
    app.run()
    assert "reached NDCG@10" in headline(app) and "finished" in status(app)
    assert "the baseline #1" in texts(app.main.caption) and not app.error


def test_a_diverged_run_names_the_slider_and_keeps_the_last_good_state(open_app, still_store):
    run = train_here(still_store, first_fingerprint(still_store), "bpr", learning_rate=1000.0, n_epochs=5)
    assert run.state == DIVERGED
    app = open_app()
    message = texts(app.error)
    assert "lower the learning rate" in message and "last good state is kept" in message
    assert points(curves(app)[0]) and still_store.model(run.id) is not None
    for page in ("factors", "compare"):
        headline(go(app, page))


def test_the_epoch_that_is_kept_is_marked_and_told_and_refused_where_nothing_could_choose_it(open_app, still_store):
    app = open_app(implicit_als_regularization="18", implicit_als_kept_model=BEST_EPOCH)
    app.button(key=TRAIN_KEY).click().run()
    execute_all(still_store)
    app.run()
    run = still_store.runs()[0]
    kept, last = kept_record(run.recipe, still_store.epochs(run.id)), still_store.epochs(run.id)[-1]
    assert run.recipe.keeps_best_epoch and kept.number < last.number
    assert f"NDCG@10 {kept.validation:.3f} " in headline(app)
    assert f"epoch {kept.number}, the best on validation; the last epoch was {last.number}" in texts(app.main.caption)
    for chart, value in zip(curves(app), (kept.objective, kept.validation), strict=True):
        (ring,) = (layer for layer in chart["layer"] if layer["mark"]["type"] == "point")
        assert (ring["data"]["values"][0]["epoch"], ring["data"]["values"][0]["value"]) == (kept.number, value)
    app.sidebar.number_input(key="split_validation").set_value(0.0).run()
    app.button(key=TRAIN_KEY).click().run()
    assert "must be held out for validation" in texts(app.error) and still_store.runs()[0].id == run.id


def test_the_run_before_stays_as_a_grey_curve(open_app, still_store):
    app = open_app()
    before = points(curves(app)[0])
    app.button(key=TRAIN_KEY).click().run()
    execute_all(still_store)
    app.run()
    ghost = curves(app)[0]["layer"][0]["data"]["values"]
    assert ghost == before
    assert "Grey: the previous run, #1" in texts(app.main.caption)


def test_what_a_part_that_refreshes_itself_sends_does_not_undo_which_run_was_started(
    open_app, still_store, monkeypatch
):
    app = open_app()
    before = app.selectbox(key=RUN_KEY).value
    app.button(key=TRAIN_KEY).click().run()
    started = app.selectbox(key=RUN_KEY).value
    assert started == still_store.runs()[0].id != before
    refresh = SimpleNamespace(fragment_ids_this_run=["bar"])
    with monkeypatch.context() as patch:  # the browser has not heard yet of the run that was started
        patch.setattr(choose_run, "get_script_run_ctx", lambda: refresh)
        app.selectbox(key=RUN_KEY).set_value(before).run()
    assert app.selectbox(key=RUN_KEY).value == started and f"#{started} " in status(app)
    app.selectbox(key=RUN_KEY).set_value(before).run()
    assert app.selectbox(key=RUN_KEY).value == before and f"#{before} " in status(app)


def test_reference_models_belong_to_the_data_shown(open_app, still_store):
    """Popularity on one data set says nothing about another."""
    app = open_app()
    first_lines = reference_lines(curves(app)[1])
    other = still_store.add_dataset(generate(SyntheticRecipe(n_users=80, n_items=60, picks=15.0, seed=5)))
    train_here(still_store, other, "svd", n_factors=2)
    app.run()
    app.sidebar.selectbox(key=DATA_KEY).set_value(other).run()
    other_lines = reference_lines(curves(app)[1])
    assert len(other_lines) == 3 and other_lines != first_lines


def test_a_failed_run_says_why_and_the_equation_is_of_the_run_shown(open_app, still_store, monkeypatch):
    app = open_app()
    app.selectbox(key=ALGORITHM_KEY).set_value("ease").run()
    assert app.latex[0].value.strip("$\n") == ALGORITHMS["implicit_als"].equation, "that of the curves above it"
    assert app.latex[-1].value.strip("$\n") == ALGORITHMS["ease"].equation
    assert "chosen on the left" in texts_of_expanders(app)
    monkeypatch.setattr(ease, "LARGEST", 10)
    app.button(key=TRAIN_KEY).click().run()
    execute_all(still_store)
    app.run()
    assert still_store.runs()[0].state == FAILED and headline(app) == "EASE failed."
    assert "must have at most 10 items" in texts(app.error) and "keep only the more popular items" in texts(app.error)
    assert app.latex[0].value.strip("$\n") == ALGORITHMS["ease"].equation
    assert "chosen on the left" not in texts_of_expanders(app)


def texts_of_expanders(app) -> str:
    return "\n".join(expander.label for expander in app.expander)


def test_what_compare_has_started_and_has_failed_is_told_there_and_offered_again(open_app, still_store, monkeypatch):
    app = open_app("compare")
    monkeypatch.setattr(ease, "LARGEST", 10)
    (chosen,) = (box for box in app.multiselect if box.label == "Train on this split")
    chosen.set_value([option for option in chosen.options if "EASE" in option]).run()
    app.button(key="train_missing").click().run()
    execute_all(still_store)
    app.run()
    assert f"#{still_store.runs()[0].id} EASE failed. EASE must have at most 10 items" in texts(app.error)
    (chosen,) = (box for box in app.multiselect if box.label == "Train on this split")
    assert any("EASE" in option for option in chosen.options)


def test_in_slow_motion_the_epochs_come_one_by_one_and_then_all(open_app, still_store, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(slow_motion, "monotonic", lambda: now)
    app = open_app(slow_motion="true")
    app.button(key=TRAIN_KEY).click().run()
    execute_all(still_store)
    records = still_store.epochs(still_store.runs()[0].id)
    for share, n_shown in ((0.0, 1), (0.5, len(records) // 2)):
        now = 1000.0 + share * slow_motion.SECONDS
        app.run()
        assert points(curves(app)[0])[-1] == {"epoch": n_shown, "value": records[n_shown - 1].objective}
        assert f"NDCG@10 {records[n_shown - 1].validation:.3f} " in headline(app) and "slow motion" in status(app)
    app.button(key=slow_motion.SKIP_KEY).click().run()
    assert points(curves(app)[0])[-1]["epoch"] == len(records) and "finished" in status(app)
    assert f"reached NDCG@10 {records[-1].validation:.3f} " in headline(app)
    app.button(key=TRAIN_KEY).click().run()
    execute_all(still_store)
    now += slow_motion.SECONDS
    app.run()
    assert "finished" in status(app), "it ends by itself, too"


def test_a_start_that_has_seen_the_training_lists_is_no_rise_and_counts_are_no_ratings(open_app, still_store):
    run = train_here(still_store, first_fingerprint(still_store), "lambdarank", n_epochs=5)
    first, last = still_store.epochs(run.id)[0], still_store.epochs(run.id)[-1]
    assert first.objective > last.objective
    app = open_app()
    said = texts(app.main.caption)
    assert f"({first.objective:.2f}) than the model after epoch 5 does ({last.objective:.2f})" in said
    assert f"rises from {first.validation:.3f} to {last.validation:.3f}" in said
    train_here(still_store, first_fingerprint(still_store), "lambdarank", n_epochs=5, start="noise")
    assert "Epoch 0 is the start" not in texts(open_app().main.caption)
    rated = generate(SyntheticRecipe(n_users=60, n_items=40, picks=10, feedback="explicit"))
    counted = replace(rated, feedback="implicit", name="counted")
    for dataset in (rated, counted):
        fingerprint = still_store.add_dataset(dataset)
        rmse = still_store.epochs(train_here(still_store, fingerprint, "als", n_factors=2, n_epochs=2).id)[-1].rmse
        app.run()
        app.sidebar.selectbox(DATA_KEY).set_value(fingerprint).run()
        assert (f"an RMSE of {rmse:.2f}" in headline(app)) if dataset.is_graded else rmse is None
    assert "RMSE" not in headline(app) and "no ratings to predict" in texts(app.main.caption)


def test_the_error_of_a_model_that_has_run_away_is_written_as_people_write_it(open_app, still_store):
    fingerprint = still_store.add_dataset(generate(SyntheticRecipe(n_users=60, n_items=40, feedback="explicit")))
    run = train_here(still_store, fingerprint, "als", n_factors=2, n_epochs=2)
    with still_store.writing() as connection:
        connection.execute(update(epochs).where(epochs.c.run_id == run.id).values(rmse=819063884119.28))
    assert "an RMSE of 8.2·10¹¹." in headline(open_app())


def test_the_headline_says_where_a_lead_over_the_most_popular_items_may_be_chance(open_app, still_store):
    many, seen = first_fingerprint(still_store), set()
    few = still_store.add_dataset(generate(SyntheticRecipe(n_users=30, n_items=40)))
    for data, k in product((many, few), (1, 8)):
        run = train_here(still_store, data, "svd", n_factors=k)
        dataset, split = still_store.dataset(data), still_store.split(data, SplitRecipe())
        popular = evaluate_reference_models(dataset, split, "validation")["Popularity"]
        own, of_popular = (
            each.per_user("ndcg", 10) for each in (still_store.evaluation(run.id, "validation"), popular)
        )
        interval, change = difference_interval(own, of_popular), own.mean() / of_popular.mean() - 1
        is_chance = interval.low <= 0 <= interval.high
        where = f"{percent(abs(change))} {'above' if change > 0 else 'below'}" if abs(change) > 0.02 else "level with"
        doubt = ", which may be chance" if is_chance and where != "level with" else ""
        wanted = f", {where} that of the most popular items ({of_popular.mean():.3f}){doubt}."
        assert headline(open_app(data=write_data_slug(dataset))).endswith(wanted)
        seen.add(where if where == "level with" else doubt)
    assert seen == {"level with", ", which may be chance", ""}


def test_a_training_that_ends_while_the_page_is_drawn_is_shown_whole(open_app, still_store, monkeypatch):
    app = open_app()
    app.selectbox(key=ALGORITHM_KEY).set_value("bpr").run()
    app.number_input(key="bpr_n_epochs").set_value(2).run()
    app.button(key=TRAIN_KEY).click().run()
    assert "next in the queue" in headline(app)

    def draw_while_a_worker_ends_it() -> None:
        draw_pinned_models()
        execute_all(RunStore(still_store.url))

    monkeypatch.setattr(draw_app, "draw_pinned_models", draw_while_a_worker_ends_it)
    app.run()
    run = still_store.runs()[0]
    assert "BPR reached" in headline(app) and "finished" in status(app)
    assert run.id in app.session_state[LISTS_KEY][run.split_fingerprint].run_ids
    assert any("pushed up" in expander.label for expander in app.expander)
