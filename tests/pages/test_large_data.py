"""Large data: pages compute what grows with them in child processes, and show the same as of small data."""

import io
import zipfile

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from pages.shared import beside
from pages.shared import large_data as large_data_module
from pages.shared.widgets import choose_person_item
from pages.views.data import split_check
from pages.views.history import downloads
from pages.views.person.new_user import MY_ITEMS
from recsys_core.data.cleaning import RelevantFrom, clean
from recsys_core.data.corruption import DropShare, corrupt_split
from recsys_core.data.split import SplitRecipe
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.lists import lists_as_csv, lists_as_file, recommendation_tables
from recsys_core.exchange.split_files import split_as_zip
from recsys_core.exchange.writing import model_as_npz
from recsys_core.links.data_slug import write_data_slug
from recsys_core.runner import large_data
from recsys_core.runner.child_job import ChildJob
from recsys_core.runner.compute_process import ComputeProcess
from recsys_core.runner.task import SPLIT_FILE, Task
from recsys_core.runner.write_file import order_to_write_split
from recsys_core.store import store as store_module
from recsys_core.store.history import DELETED, set_status
from tests.pages.app import button_group, go, headline, pinned_ids, story, texts
from tests.pages.compare import sentence


@pytest.fixture
def large(monkeypatch):
    """Take all data for large once it is called."""
    yield lambda: monkeypatch.setattr(large_data, "LARGE", 0)
    with beside._lock:
        for process in beside._live.values():
            process.cancel()
        beside._live.clear()
        beside._kept.clear()


def test_large_data_show_what_small_ones_do(open_app, still_store, large, capfd):
    app = open_app()
    app.default_timeout = 150
    small = story(app)
    large()
    app.number_input(key="split_seed").set_value(3).run()  # a split that no session has seen yet
    other = story(app)
    app.number_input(key="split_seed").set_value(0).run()
    told = story(app)
    assert other["references"] != small["references"] == told["references"]
    for kind in ("honest", "leak"):
        assert told[kind]["ndcg"] == pytest.approx(small[kind]["ndcg"]), kind
        assert [each["list"] for each in told[kind]["steps"]] == [each["list"] for each in small[kind]["steps"]]
    assert {task.kind for task in beside._kept} == {"check", "sweep"} and not beside._live
    headline(go(app, "compare"))
    assert {task.kind for task in beside._kept} >= {"references"} and not beside._live
    assert "cached function" not in capfd.readouterr().err  # Streamlit warns there of a button that is drawn in one


def test_reference_models_and_popular_lists_are_asked_for_only_where_they_are_shown(
    open_app, three_runs, large, monkeypatch
):
    large()
    app = open_app("factors")
    app.default_timeout = 150

    def computed() -> set[str]:
        assert not app.exception, app.exception[0].message
        return {task.kind for task in beside._kept} - {"check"}

    assert "the baseline #1" in texts(app.main.caption) and not computed()
    with monkeypatch.context() as computing:
        computing.setattr(beside, "ComputeProcess", StillComputing)
        assert "the baseline #1" in texts(go(app, "train").main.caption) and not computed()
        assert "NDCG@10" in headline(app) and "most popular" not in headline(app)  # whose score nobody knows yet
        beside._live.clear()
    app.run()
    next(iter(beside._live.values())).wait(60)
    assert "that of the most popular items" in headline(app.run()) and computed() == {"levels"}
    headline(go(app, "compare"))
    assert computed() - {"levels"} == {"references"}
    app.selectbox(key="metric").set_value("auc").run()
    assert computed() - {"levels"} == {"references", "all_ranks"}
    app.selectbox(key="metric").set_value("ndcg").run()
    button_group(app, "compare_view").set_value("Details").run()
    assert computed() - {"levels"} == {"references", "all_ranks", "popular"}
    assert any("Serendipity@10" in table.value for table in app.dataframe)
    app.toggle(key="learn_again").set_value(True).run()
    app.button(key="reveal").click().run()
    assert headline(app) == "The pinned models have not been trained again yet."
    assert any(task.split.learns_from_validation for task in beside._kept)  # their split was made beside the server


def test_data_that_a_link_makes_of_large_ones_are_made_beside_the_server(open_app, rated, large, monkeypatch):
    source = rated.dataset_list()[0]["fingerprint"]
    dataset = rated.dataset(source)
    cleaned, _ = clean(dataset, [RelevantFrom(4.0)])
    large()
    started = []

    def start(store, task, given=None):
        started.append(task.kind)
        return ComputeProcess(store, task, given)

    monkeypatch.setattr(beside, "ComputeProcess", start)
    app = open_app("data", data=write_data_slug(cleaned, dataset))
    app.default_timeout = 150
    assert started[0] == "cleaned" and headline(app)
    assert app.session_state["_context"].dataset.fingerprint == cleaned.fingerprint


def test_trainings_on_other_splits_of_large_data_wait_for_these_beside_the_server(
    open_app, three_runs, large, monkeypatch
):
    large()
    app = open_app("compare")
    app.default_timeout = 150
    headline(app)
    monkeypatch.setattr(store_module, "make_split", None)  # nothing is split in here any more
    with monkeypatch.context() as stopped:
        stopped.setattr(beside, "ComputeProcess", StoppedElsewhere)
        app.button(key="train_splits").click().run()
    assert "Stopped: Splitting the data." in texts(app.info) and not any(run.is_live for run in three_runs.runs())
    next(each for each in app.button if each.key.startswith(beside.RESUME_KEY)).click().run()
    assert not app.exception, app.exception[0].message
    assert {run.split.seed for run in three_runs.runs() if run.is_live} == {1, 2}


def test_training_data_of_large_data_are_corrupted_beside_the_server(open_app, three_runs, large, monkeypatch):
    split = three_runs.split(three_runs.dataset_list()[0]["fingerprint"], SplitRecipe())
    expected = corrupt_split(three_runs.dataset(split.data_fingerprint), split, [DropShare()])
    large()
    monkeypatch.setattr(large_data_module, "corrupt_split", None)  # nothing is corrupted in here any more
    app = open_app("what_if", what_if="Corrupt the data")
    app.default_timeout = 150
    headline(app)
    with monkeypatch.context() as stopped:
        stopped.setattr(beside, "ComputeProcess", StoppedElsewhere)
        app.button(key="corrupt").click().run()
    assert "Stopped: Changing the training data." in texts(app.info) and not any(
        run.is_live for run in three_runs.runs()
    )
    next(each for each in app.button if each.key.startswith(beside.RESUME_KEY)).click().run()
    assert not app.exception, app.exception[0].message
    assert [run.split_fingerprint for run in three_runs.runs() if run.is_live] == [expected.fingerprint]


class StillComputing(ChildJob):
    """A computation that does not end."""

    is_live = True

    def __init__(self, store, task, given=None):
        super().__init__(store.url, "Half way")


class StoppedElsewhere(ChildJob):
    """A computation that was stopped elsewhere."""

    is_live = False

    def __init__(self, store, task, given=None):
        super().__init__(store.url, "Half way")


def test_what_was_stopped_is_said_and_goes_on_when_wanted(open_app, still_store, large, monkeypatch):
    app = open_app()
    app.default_timeout = 150
    large()
    with monkeypatch.context() as stopped:
        stopped.setattr(beside, "ComputeProcess", StoppedElsewhere)
        app.number_input(key="split_seed").set_value(3).run()
        assert not app.exception and [each.value for each in app.info] == ["Stopped: Splitting the data."]
        assert not app.get("bidi_component")
    next(each for each in app.button if each.key.startswith(beside.RESUME_KEY)).click().run()
    assert story(app)["references"] and not app.info


def test_of_very_many_people_those_beyond_the_list_are_found_by_their_id(open_app, still_store, monkeypatch):
    monkeypatch.setattr(choose_person_item, "MOST_LISTED", 5)
    app = open_app("person")
    box = app.selectbox(key=choose_person_item.PERSON_KEY)
    names = app.session_state["_context"].dataset.user_names
    unlisted = next(name for name in names if name not in box.options)
    assert 5 <= len(box.options) <= 6
    linked = open_app("person", person=unlisted).selectbox(key=choose_person_item.PERSON_KEY)
    assert unlisted in linked.options and linked.value == names.index(unlisted)
    state = {f"{choose_person_item.PERSON_KEY}_before": 3}
    monkeypatch.setattr(choose_person_item.st, "session_state", state)  # AppTest cannot type what is no option
    for typed, found in ((f" {unlisted} ", names.index(unlisted)), ("nobody", 3)):
        state[choose_person_item.PERSON_KEY] = typed
        choose_person_item._find_typed(choose_person_item.PERSON_KEY, names, names, 0)
        assert state[choose_person_item.PERSON_KEY] == found
    assert "nobody" in state[f"{choose_person_item.PERSON_KEY}_problem"]


def test_of_very_many_titles_those_beyond_the_list_are_found_by_typing(open_app, still_store, monkeypatch):
    monkeypatch.setattr(choose_person_item, "MOST_LISTED", 8)
    app = open_app("person", person_view="Try it yourself")
    box = app.multiselect(key=MY_ITEMS)
    titles = app.session_state["_context"].dataset.titles
    unlisted = next(title for title in titles if title not in box.options)
    assert 8 <= len(box.options) <= 8 + len(box.value)
    state = {MY_ITEMS: [3, f" {unlisted} ", unlisted, "nothing"]}
    monkeypatch.setattr(choose_person_item.st, "session_state", state)  # AppTest cannot type what is no option
    choose_person_item._find_typed_items(MY_ITEMS, titles, titles)
    assert state[MY_ITEMS] == [3, titles.index(unlisted)]
    assert "nothing" in state[f"{MY_ITEMS}_problem"]


def test_a_blend_of_large_data_is_fitted_beside_the_server_and_is_the_same(open_app, three_runs, large, monkeypatch):
    def open_blend():
        app = open_app("optimise", optimise="SLSQP blends models")
        app.default_timeout = 150
        return app

    small = headline(open_blend())
    large()
    monkeypatch.setattr("pages.shared.results.ensembles.fit_ensembles", None)  # nothing is fitted in here any more
    app = open_blend()
    assert headline(app) == headline(app.run()) == small and "reaches NDCG@10" in small
    assert {task.kind for task in beside._kept} >= {"ensembles"} and not beside._live
    monkeypatch.setattr("pages.views.optimise.blend.store_blend", None)  # nor scored
    app.button(key="keep_blend").click().run()
    assert not app.exception and app.button(key="keep_blend").disabled
    run = three_runs.runs()[0]
    assert run.algorithm == "blend" and "Weights fitted on validation" in run.notes and not beside._live
    ours = three_runs.model(run.id)
    for subset in ("validation", "test"):
        np.testing.assert_array_equal(
            three_runs.evaluation(run.id, subset).relevant.ranks,
            evaluate(ours, three_runs.split_of(run), subset).relevant.ranks,
        )


def test_lists_of_large_data_are_re_ranked_beside_the_server_and_are_the_same(
    open_app, three_runs, large, monkeypatch, capfd
):
    def open_lists():
        app = open_app("compare", compare_view="Re-rank")
        app.default_timeout = 150
        app.slider(key="rerank_weight").set_value(0.5).run()
        app.select_slider(key="rerank_popularity").set_value(50).run()
        assert not app.exception, app.exception[0].message
        return app

    def price(app) -> str:
        return next(text.value for text in app.main.markdown if "NDCG@10" in text.value and "iversity" in text.value)

    small = open_lists()
    expected, table = price(small), small.dataframe[0].value
    small.button(key="rerank_keep").click().run()
    kept = max(three_runs.runs(), key=lambda run: run.id)
    set_status(three_runs, [kept.id], DELETED)
    st.cache_resource.clear()
    large()
    for name in ("relist", "store_relisted"):  # nothing is re-ranked in here any more
        monkeypatch.setattr(f"pages.views.compare.rerank.{name}", None)
    app = open_lists()
    assert price(app) == price(app.run()) == expected
    pd.testing.assert_frame_equal(app.dataframe[0].value, table)
    with monkeypatch.context() as stopped:
        stopped.setattr(beside, "ComputeProcess", StoppedElsewhere)
        app.button(key="rerank_keep").click().run()
    assert "Stopped: Re-ranking the lists for validation and for the test." in texts(app.info)
    next(each for each in app.button if each.key.startswith(beside.RESUME_KEY)).click().run()
    assert not app.exception and app.button(key="rerank_keep").disabled and not beside._live
    run = max(three_runs.runs(), key=lambda run: run.id)
    assert (run.algorithm, run.recipe, run.notes) == ("reranked", kept.recipe, kept.notes) and run.id != kept.id
    for subset in ("validation", "test"):
        ours, theirs = (three_runs.evaluation(each.id, subset).top_items for each in (run, kept))
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(*(three_runs.model(each.id).lists for each in (run, kept)))
    assert "cached function" not in capfd.readouterr().err  # Streamlit warns there of a bar that is drawn in one


def test_ways_to_test_of_large_data_are_judged_beside_the_server_once(open_app, three_runs, large, monkeypatch):
    def count():
        app = open_app("compare", compare_view="Robustness")
        app.default_timeout = 150
        assert not app.exception, app.exception[0].message
        return app, sentence(app)

    _, expected = count()
    st.cache_resource.clear()
    large()
    monkeypatch.setattr("pages.views.compare.robustness_state.judge_specifications", None)  # not in here any more
    started = []

    def start(store, task, given=None):
        started.append(task.kind)
        return ComputeProcess(store, task, given)

    monkeypatch.setattr(beside, "ComputeProcess", start)
    app, counted = count()
    assert counted == expected == sentence(app.run()) and "reasonable ways to test" in counted
    assert count()[1] == expected and started.count("judged") == 1


def test_files_on_large_data_are_imported_beside_the_server_and_score_the_same(
    open_app, three_runs, large, monkeypatch
):
    run = three_runs.runs()[0]
    dataset, model = three_runs.dataset(run.data_fingerprint), three_runs.model(run.id)
    ids = dict(user_ids=dataset.user_ids, item_ids=dataset.item_ids, titles=dataset.titles)
    lists = lists_as_csv(recommendation_tables(model, three_runs.split_of(run).train, 20, **ids))
    exported = model_as_npz(model, dataset, describe_model(run, dataset, model, three_runs.epochs(run.id), None))
    large()
    monkeypatch.setattr("pages.views.history.imported.import_as_ordered", None)  # nothing is imported in here any more
    app = open_app("history")
    app.default_timeout = 150
    for kind, name, content, button in (
        ("model", "mine.npz", exported, "history_import"),
        ("lists", "wrong.csv", b"a,b\n1,2\n", "history_lists_import"),
        ("lists", "mine.csv", lists, "history_lists_import"),
    ):
        app.file_uploader(key=f"history_{kind}_file").upload(name, content, "application/octet-stream").run()
        with monkeypatch.context() as stopped:
            stopped.setattr(beside, "ComputeProcess", StoppedElsewhere)
            app.button(key=button).click().run()
        assert f"Stopped: Importing the {kind}." in texts(app.info)
        next(each for each in app.button if each.key.startswith(beside.RESUME_KEY)).click().run()
        assert not app.exception and not beside._live
        if name == "wrong.csv":
            assert "rank and score" in texts(app.error) and not app.info
            continue
        made = max(three_runs.runs(), key=lambda each: each.id)
        assert f"Imported as run {made.id}." in texts(app.info) and name in made.notes
        assert three_runs.epochs(made.id)[-1].validation == three_runs.epochs(run.id)[-1].validation
        app.button(key=f"pin_imported_{kind}").click().run()
        assert made.id in pinned_ids(app)


def test_files_of_large_data_are_written_beside_the_server(three_runs, large, monkeypatch):
    run = three_runs.runs()[0]
    dataset, split = three_runs.dataset(run.data_fingerprint), three_runs.split_of(run)
    expected = lists_as_file(three_runs.model(run.id), dataset, 5, "csv"), split_as_zip(dataset, split, "parquet")
    large()
    monkeypatch.setattr(downloads, "lists_as_file", None)  # nothing is written in here any more
    monkeypatch.setattr(split_check, "split_as_zip", None)
    assert downloads._lists(run, 5, "csv") == expected[0]
    with zipfile.ZipFile(io.BytesIO(split_check._file(dataset, split, "parquet"))) as archive:
        written = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(io.BytesIO(expected[1])) as archive:
        assert written == {name: archive.read(name) for name in archive.namelist()}
    with pytest.raises(InputError, match="must have been loaded"):
        beside.write_file(Task(SPLIT_FILE, "0" * 64, order=order_to_write_split("csv")))


def places(block, path: tuple[int, ...] = ()) -> dict[tuple[int, ...], str]:
    """What stands where on a page: kinds by the path through the containers, but for places that nothing fills."""
    found = {}
    for index, child in block.children.items():
        if hasattr(child, "children"):
            found |= places(child, (*path, index))
        elif child.type != "empty":
            found[*path, index] = child.type
    return found


@pytest.mark.parametrize(
    "page, view",
    [
        *((page, {}) for page in ("", "compare", "person", "factors", "what_if", "history", "data")),
        *(("compare", {"compare_view": view}) for view in ("Robustness", "Re-rank", "Beyond accuracy", "Popularity")),
        ("optimise", {"optimise": "SLSQP blends models"}),
        ("what_if", {"what_if": "Corrupt the data"}),
    ],
)
def test_nothing_moves_on_a_page_of_large_data_when_all_is_computed(open_app, three_runs, large, page, view):
    """What moves on a page begins anew: a box that somebody has opened would close."""
    large()
    app = open_app(page, **view)
    app.default_timeout = 150
    first = places(app.main)
    app.run()
    assert not app.exception and places(app.main) == first
