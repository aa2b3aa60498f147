"""Compare says how much each model was tuned, gives all the same budget at one press, and pins the best of each."""

import dataclasses

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.store.history import ARCHIVED, DELETED, set_status
from tests.pages.app import button_group, execute_all, pinned_ids, set_pins, texts
from tests.pages.compare import compare_page, shown_runs


def test_one_press_tunes_all_alike_and_the_best_can_be_pinned(open_app, three_runs):
    app = compare_page(open_app)
    assert not app.table  # drawn when it is opened
    app.session_state["tuning"] = True
    app.run()
    assert "No model was tuned" in texts(app.main.markdown)
    records = app.table[0].value
    assert len(records) == 3 and records["settings tried"].str.contains("untuned").all()
    button_group(app, "budget_unit").set_value("minutes").run()
    app.number_input(key="budget_minutes").set_value(2).run()
    assert "2 minutes of search" in texts(app.main.caption) and not app.button(key="give_budget").disabled
    button_group(app, "budget_unit").set_value("settings").run()
    app.number_input(key="budget_settings").set_value(3).run()
    assert "6 are new" in texts(app.main.caption)
    app.button(key="give_budget").click().run()
    live = [run for run in three_runs.runs() if run.is_live]
    assert len(live) == 6 and all(run.in_background for run in live)
    assert not [button for button in app.button if button.key == "give_budget"]  # not twice while it is at work
    execute_all(three_runs)
    app.run()
    assert "Each model was tuned with 3 settings on validation." in texts(app.main.markdown)
    assert "Each model was tuned with 3 settings on validation." in texts(app.main.caption)
    assert app.table[0].value["settings tried"].tolist() == ["3"] * 3
    assert app.button(key="give_budget").disabled
    best = {}
    for run in three_runs.runs():
        score = three_runs.evaluation(run.id, "validation").mean("ndcg", 10)
        best[run.algorithm] = max(best.get(run.algorithm, (0, 0)), (score, run.id))
    pinned = shown_runs(app, three_runs)
    if {run.id for run in pinned} != {run_id for _, run_id in best.values()}:
        app.button(key="pin_best").click().run()
    assert pinned_ids(app) == [best[run.algorithm][1] for run in pinned]
    assert not [button for button in app.button if button.key == "pin_best"]


@pytest.mark.parametrize("status", [ARCHIVED, DELETED])
def test_what_was_tried_and_put_away_still_counts(open_app, three_runs, status):
    pinned = shown_runs(compare_page(open_app), three_runs)[0]
    tried = three_runs.queue.add_run(
        three_runs.split_of(pinned), pinned.algorithm, dataclasses.replace(pinned.recipe, n_epochs=2), 0
    )
    execute_all(three_runs)
    set_status(three_runs, [tried], status)
    app = compare_page(open_app)
    app.session_state["tuning"] = True
    app.run()
    assert app.table[0].value["settings tried"].iloc[0] == "2"


def test_what_was_tried_on_another_split_of_the_data_is_said(open_app, three_runs):
    pinned = shown_runs(compare_page(open_app), three_runs)[0]
    other = three_runs.split(pinned.data_fingerprint, dataclasses.replace(pinned.split, seed=5))
    for n_epochs in (2, 3):
        recipe = dataclasses.replace(pinned.recipe, n_epochs=n_epochs)
        three_runs.queue.add_run(other, pinned.algorithm, recipe, 0)
    execute_all(three_runs)
    app = compare_page(open_app)
    app.session_state["tuning"] = True
    app.run()
    assert app.table[0].value["settings tried"].iloc[0] == "1 here, 2 on other splits"
    assert "On other splits of these data, up to 2 further settings" in texts(app.main.markdown)


def test_settings_that_change_nothing_are_said(open_app, three_runs):
    app = compare_page(open_app)
    split = three_runs.split_of(shown_runs(app, three_runs)[0])
    of_biases = [
        three_runs.queue.add_run(split, "biases", ALGORITHMS["biases"](user_regularization=each), 0) for each in (5, 10)
    ]
    execute_all(three_runs)
    set_pins(app, of_biases[:1])
    app.session_state["tuning"] = True
    app.run()
    assert "The 2 settings of Biases that were tried have only 1 different value of NDCG@10" in texts(app.main.caption)


def test_more_than_two_may_vary_at_random_but_not_in_a_grid(open_app, still_store):
    app = open_app("what_if")
    app.multiselect(key="sweep_varied").set_value(["n_factors", "regularization", "alpha"]).run()
    assert "one or two hyperparameters" in texts(app.main.info)
    app.session_state["sweep_how"] = "random"
    app.run()
    app.number_input(key="sweep_count").set_value(4).run()
    app.button(key="start_sweep").click().run()
    execute_all(still_store)
    app.run()
    assert not app.exception
    (shown,) = (frame for frame in app.dataframe if "NDCG@10" in frame.value.columns)
    assert shown.value.shape == (4, 4) and shown.value["NDCG@10"].is_monotonic_decreasing
    for symbol in ("k", "λ", "α"):
        assert f"{symbol} changes it by" in texts(app.main.markdown)
    assert len(app.get("vega_lite_chart")) == 2
