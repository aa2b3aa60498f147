"""The split on the pages: what the sidebar offers, the old split by time, and splits that leave little to score."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pages.shared.context import DATA_KEY
from pages.shared.results.comparison import MARGIN_KEY
from pages.views.train.controls import TRAIN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.split_sentences import leak_sentence, missed_sentence, split_headline
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import METHODS, OLD_BY_TIME, OLD_CAUTION, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.report.script import script
from tests.pages.app import PAGES, counts, each_tab, execute_all, go, headline, open_tab, read, texts, tick_in_history
from tests.pages.compare import show_view

STRICT = "strictly by time"


def planted(times_of, **changes) -> Dataset:
    """Planted data named "Timed", whose ratings have the times that `times_of` makes of users (n,)."""
    dataset = generate(SyntheticRecipe(n_users=120, n_items=60, n_tastes=4, picks=12))
    return replace(dataset, times=times_of(dataset.interactions.users), name="Timed", **changes)


def in_visits(users: np.ndarray) -> np.ndarray:
    """As on MovieLens: most people come once, one after another, and only every fifth rates throughout."""
    rng = np.random.default_rng(0)
    visit, anytime = 10 * users.astype(np.int64) + rng.integers(0, 10, len(users)), rng.integers(0, 1200, len(users))
    return 10**9 + np.where(users % 5 == 0, anytime, visit)


def everyone_once(users: np.ndarray) -> np.ndarray:
    return 10**9 + users.astype(np.int64)


def two_days(users: np.ndarray) -> np.ndarray:
    return 10**9 + 86_400 * (np.random.default_rng(0).random(len(users)) < 0.2)


def three_days_of_new_people(users: np.ndarray) -> np.ndarray:
    """Who is there on the second day is new; those of the first come back on the third."""
    day = np.where(users % 3 == 0, 1, 2 * np.random.default_rng(0).integers(0, 2, len(users)))
    return 10**9 + 86_400 * day


def test_the_data_page_says_what_was_asked_and_what_came_of_it(open_app, still_store):
    dataset = planted(in_visits)
    split = make_split(dataset, SplitRecipe(STRICT))
    still_store.add_dataset(dataset)
    app = open_tab(open_app("data", data="Timed", split_method=STRICT), "Train/test split")
    assert read(app.main.warning[0].value) == missed_sentence(split) != ""
    table = next(frame.value for frame in app.dataframe if "requested" in frame.value)
    assert table["subset"].tolist() == ["training", "validation", "test", "left out"]
    assert table["requested"].tolist()[:3] == ["70%", "10%", "20%"] and table["actual"][0] == "70%"
    assert table["interactions"].sum() == dataset.interactions.n_interactions
    shown = texts(app.markdown)
    assert "0% of all training interactions, and 0% of the person's own" in shown
    assert "Train models on this split to see how many people it takes" in shown
    for key in ("als", "item_knn"):
        still_store.queue.add_run(split, key, ALGORITHMS[key](), 0)
    execute_all(still_store)
    said = "differs by 5% in 80% of tests, going by how the models trained on this split differ"
    assert said in texts(app.run().markdown)
    app.session_state[MARGIN_KEY] = 5
    assert said not in texts(app.run().markdown), "a difference of 5% is then too small to matter"


def test_a_link_with_the_old_split_by_time_shows_the_old_numbers_with_a_caution(open_app, still_store):
    dataset = planted(in_visits)
    old = make_split(dataset, SplitRecipe(OLD_BY_TIME))
    still_store.add_dataset(dataset)
    app = open_app(data="Timed", split_method=OLD_BY_TIME)
    assert app.selectbox(key="split_method").value == OLD_BY_TIME
    assert counts(app) == [part.n_interactions for part in (old.train, old.validation, old.test)]
    assert OLD_CAUTION in texts(app.sidebar.warning)
    assert "A model learns from the future" in texts(open_tab(go(app, "data"), "Train/test split").markdown)
    app.selectbox(key="split_method").set_value(STRICT).run()
    assert OLD_BY_TIME not in app.selectbox(key="split_method").options and not app.sidebar.warning


def test_a_run_of_the_old_split_is_opened_from_the_history_as_it_was(open_app, still_store):
    dataset = planted(in_visits)
    still_store.add_dataset(dataset)
    old = make_split(dataset, SplitRecipe(OLD_BY_TIME))
    still_store.queue.add_run(old, "als", ALGORITHMS["als"](n_epochs=2), 0)
    execute_all(still_store)
    app = open_app("history", data="Timed")
    assert app.selectbox(key="split_method").options == list(METHODS)
    tick_in_history(app, still_store.runs(old.fingerprint)[0].id)
    app.button(key="history_open_compare").click().run()
    assert app.selectbox(key="split_method").value == OLD_BY_TIME
    assert counts(app) == [part.n_interactions for part in (old.train, old.validation, old.test)]
    assert not app.exception and OLD_CAUTION in texts(app.sidebar.warning)


def test_an_earlier_window_stands_in_the_address_and_on_the_screen_and_can_be_left(open_app, still_store):
    fingerprint = still_store.add_dataset(planted(in_visits))
    latest = SplitRecipe("strictly by time")
    earlier = replace(latest, windows_back=1)
    runs = {}
    for recipe in (latest, earlier, SplitRecipe()):
        split = still_store.split(fingerprint, recipe)
        runs[recipe] = still_store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=2), 0)
    execute_all(still_store)

    def split_shown(app):
        return app.session_state["_context"].split.recipe

    app = open_app("history", data=fingerprint)
    tick_in_history(app, runs[earlier])
    app.button(key="history_open_compare").click().run()
    assert split_shown(app) == earlier and f"#{runs[earlier]} " in headline(app)
    assert "1 window earlier" in texts(app.sidebar.warning)
    address = {name: app.query_params[name] for name in app.query_params}
    app = open_app("compare", **address)
    assert split_shown(app) == earlier and "Verified" in texts(app.sidebar.caption)
    for other in (latest, SplitRecipe()):
        tick_in_history(go(app, "history"), runs[other])
        app.button(key="history_open_compare").click().run()
        assert split_shown(app) == other and f"#{runs[other]} " in headline(app)
        assert "earlier" not in texts(app.sidebar.warning)

    app = open_app("compare", **address)
    app.selectbox(key="split_method").set_value(SplitRecipe().method).run()
    assert split_shown(app) == SplitRecipe(), "only a split by time has windows"
    assert app.number_input(key="split_windows_back").disabled
    app.selectbox(key="split_method").set_value(latest.method).run()
    assert split_shown(app) == earlier and not app.number_input(key="split_windows_back").disabled
    app.number_input(key="split_windows_back").set_value(0).run()
    assert split_shown(app) == latest and "earlier" not in texts(app.sidebar.warning)


def test_where_all_times_are_equal_no_split_by_time_is_offered(open_app, still_store):
    still_store.add_dataset(planted(lambda users: np.full(len(users), 10**9)))
    app = open_app(data="Timed")
    assert app.selectbox(key="split_method").options == ["random per user", "leave one out"]


@pytest.mark.parametrize("times_of", [in_visits, everyone_once, two_days, three_days_of_new_people])
def test_every_page_copes_with_a_split_that_leaves_little(times_of, open_app, still_store):
    """Few people scored, nobody at all, no validation, no validation but a test; an unforeseen error fails the test."""
    dataset = planted(times_of)
    fingerprint = still_store.add_dataset(dataset)
    split = still_store.split(fingerprint, SplitRecipe(STRICT))
    has_parts = [part.n_interactions > 0 for part in (split.validation, split.test)]
    assert (
        has_parts
        == {
            in_visits: [True, True],
            everyone_once: [False, False],
            two_days: [False, True],
            three_days_of_new_people: [False, True],
        }[times_of]
    )
    for key in ALGORITHMS:
        still_store.queue.add_run(split, key, ALGORITHMS[key](), 0)
    execute_all(still_store)
    runs = still_store.runs(split.fingerprint)
    assert {run.state for run in runs} == {"finished"}, [run.message for run in runs]
    app = open_app(data="Timed", split_method=STRICT)
    for page in PAGES:
        go(app, page)
        assert not app.exception and not app.error, (page, texts(app.error))
        for tab in each_tab(app, page):
            assert not app.exception and not app.error, (page, tab, texts(app.error))
        if page == "compare" and has_parts[1]:
            for view in (
                "For whom",
                "Disagreement",
                "Popularity",
                "Cost",
                "Conventions",
                "Ratings vs ranking",
                "Curves",
                "Table",
            ):
                show_view(app, view)
                assert not app.exception and not app.error, (view, texts(app.error))
        if page == "person":  # the first one shown is one whose list can be checked
            assert ("No choice of" not in headline(app)) == any(has_parts)
        if page == "what_if" and not has_parts[0]:
            reason = "is new and cannot be scored" if split.left_out.n_interactions else "The split left nothing"
            assert reason in texts(app.markdown)


def test_where_no_held_out_rating_is_relevant_the_threshold_is_named(open_app, still_store):
    dataset = planted(in_visits)
    data = dataset.interactions
    split = make_split(dataset, SplitRecipe(STRICT))
    keys = [each.users.astype(int) * each.n_items + each.items for each in (data, split.train)]
    graded = replace(data, values=np.where(np.isin(*keys), 5, 1).astype(np.float32), relevance_threshold=4.0)
    still_store.add_dataset(replace(dataset, interactions=graded, feedback="explicit"))
    app = open_app("what_if", data="Timed", split_method=STRICT)
    assert "Nothing in the validation counts as relevant" in texts(app.markdown)
    assert "nobody is scored" in texts(open_tab(go(app, "data"), "Train/test split").subheader)
    go(app, "compare")
    assert "Nothing in the test counts as relevant" in texts(app.markdown)


def test_copy_as_python_makes_a_split_strictly_by_time_again(still_store):
    dataset = planted(in_visits)
    origin = {"kind": "file", "filename": "timed.csv", "layout": {}}
    fingerprint = still_store.add_dataset(replace(dataset, ground_truth=None, origin=origin))
    split = still_store.split(fingerprint, SplitRecipe(STRICT))
    still_store.queue.add_run(split, "als", ALGORITHMS["als"](n_epochs=2), 0)
    execute_all(still_store)
    program = script(still_store, still_store.runs(split.fingerprint))
    (call,) = re.findall(r"SplitRecipe\([^)]*\)", program)
    assert eval(call, {"SplitRecipe": SplitRecipe}) == split.recipe


def test_shares_change_the_counts(open_app, still_store):
    app = open_app("train")
    train, validation, test = counts(app)
    app.number_input(key="split_test").set_value(0.4).run()
    assert counts(app)[2] > 1.8 * test and counts(app)[0] < train
    app.number_input(key="split_validation").set_value(0.0).run()
    assert counts(app)[1] == 0 < validation
    assert "No model is trained" in headline(app)  # the old run was on another split


@pytest.mark.parametrize("method", ["leave one out", "leave last out", "strictly by time"])
def test_every_way_to_hold_out(method, open_app, still_store):
    dataset = generate()
    times = np.random.default_rng(0).integers(10**9, 2 * 10**9, dataset.interactions.n_interactions)
    fingerprint = still_store.add_dataset(replace(dataset, times=times, name="With times"))
    app = open_app("train", data="With times")
    app.selectbox(key="split_method").set_value(method).run()
    split = still_store.split(fingerprint, SplitRecipe(method=method))
    expected = [part.n_interactions for part in (split.train, split.validation, split.test, split.left_out)]
    assert counts(app) == expected[: 4 if expected[3] else 3]
    assert split_headline(split) in texts(open_tab(go(app, "data"), "Train/test split").subheader)
    assert read(leak_sentence(still_store.dataset(fingerprint), split)) in texts(app.markdown)


def test_a_split_that_cannot_be_made_says_why(open_app, still_store):
    """A split by time is chosen, and then data without times; either it says why, or it falls back openly."""
    dataset = generate()
    times = np.arange(dataset.interactions.n_interactions)
    still_store.add_dataset(replace(dataset, times=times, name="With times"))
    without = still_store.add_dataset(load_example_5x5())
    app = open_app("train", data="With times", split_method="strictly by time")
    app.sidebar.selectbox(key=DATA_KEY).set_value(without).run()
    assert not app.exception
    if app.sidebar.error:
        assert "must have a time" in texts(app.sidebar.error)
    else:
        assert app.selectbox(key="split_method").value in ("random per user", "leave one out")


def test_nothing_held_out_is_said_on_every_page(open_app, still_store):
    app = open_app("train")
    app.number_input(key="split_test").set_value(0.0)
    app.number_input(key="split_validation").set_value(0.0).run()
    app.button(key=TRAIN_KEY).click().run()
    execute_all(still_store)
    app.run()
    assert "Raise the validation share" in texts(app.info)
    assert headline(go(app, "compare")) == "Nothing to compare yet."
    assert "Raise the test share" in texts(app.markdown)
    assert "of how people and items differ" in headline(go(app, "factors"))


def test_people_who_were_not_asked_did_not_refuse(open_app, still_store):
    """With both shares at 0 nothing is far from what was asked."""
    app = open_app("train")
    app.number_input(key="split_test").set_value(0.0)
    app.number_input(key="split_validation").set_value(0.0).run()
    assert "nobody is scored" in texts(open_tab(go(app, "data"), "Train/test split").subheader) and not app.main.warning
