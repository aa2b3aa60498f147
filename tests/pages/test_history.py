"""The History page: what was tried is found, named, tidied up, brought back, opened, and leaves and comes as files."""

import io
import json
import sqlite3
from contextlib import closing

import numpy as np
import pytest

from pages.shared import server
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.corruption import DropShare, KeepActive, corrupt_split
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.writing import model_as_npz
from recsys_core.runner.execute import execute
from recsys_core.store.history import DELETED, annotate, list_history, set_status
from recsys_core.store.store import RunStore
from tests.pages.app import execute_all, go, headline, pinned_ids, read, runs_in_history, texts, tick_in_history
from tests.pages.compare import show_view
from tests.processes import NoWorkers


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A database with run 1 and 2 (ALS and BPR) on one data set, 3 and 4 (SVD of two sizes) on another."""
    path = tmp_path_factory.mktemp("history") / "template.sqlite"
    store = RunStore(f"sqlite:///{path}")
    here, there = (
        store.split(store.add_dataset(generate(SyntheticRecipe(n_users=m, n_items=40, n_tastes=4, picks=8.0))), recipe)
        for m, recipe in ((50, SplitRecipe()), (60, SplitRecipe(seed=5)))
    )
    store.queue.add_run(here, "implicit_als", ALGORITHMS["implicit_als"](n_epochs=2), 0)
    store.queue.add_run(here, "bpr", ALGORITHMS["bpr"](n_factors=8, n_epochs=2), 0)
    for k in (2, 4):
        store.queue.add_run(there, "svd", ALGORITHMS["svd"](n_factors=k, regularization=0), 0)
    while run := store.queue.claim("test"):
        execute(store, run)
    return path


@pytest.fixture
def filled(template, tmp_path, monkeypatch):
    """A copy of it that the pages use, without workers."""
    path = tmp_path / "runs.sqlite"
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(path)) as copy:
        source.backup(copy)
    monkeypatch.setattr(server, "Workers", NoWorkers)
    monkeypatch.setenv("RECSYS_DATABASE_URL", f"sqlite:///{path}")
    return server.store()


@pytest.fixture
def app(open_app, filled):
    """The page with the runs of all data, which at first lists those on the current data."""
    app = open_app("history", data=filled.run(1).data_fingerprint)
    assert runs_in_history(app) == [2, 1]
    return app.multiselect(key="history_data").set_value([]).run()


def table(app):
    return app.dataframe[0].value


def test_all_runs_of_all_data_are_there_and_what_is_alike_is_said_once(app, filled):
    assert runs_in_history(app) == [4, 3, 2, 1]
    assert "data" in table(app) and "split" in table(app) and "algorithm" in table(app)
    assert "seed" not in table(app) and "state" not in table(app)
    assert "seed 0" in texts(app.caption) and "state finished" in texts(app.caption)
    on_validation = [filled.evaluation(run_id, "validation").mean("ndcg", 10) for run_id in (4, 3, 2, 1)]
    assert table(app)["NDCG@10"].tolist() == pytest.approx(on_validation)
    assert headline(app).startswith("4 runs on 2 data sets.")


def test_the_test_is_told_only_where_it_was_revealed(app):
    tick_in_history(app, 1)
    assert "on the test set" not in texts(app.markdown)
    app.session_state["revealed_split"] = app.session_state["_context"].split.fingerprint
    app.run()
    assert "on the test set" in texts(app.markdown)


def test_words_find_runs_by_all_that_is_known_of_them(app, filled):
    annotate(filled, 3, notes="shown to the board", tags=["talk"])
    for words, found in (("svd", 2), ("board", 1), ("TALK svd", 1), ("n_factors=4", 1), ("nothing", 0), ("", 4)):
        app.text_input(key="history_words").set_value(words).run()
        assert (len(table(app)) if app.dataframe else 0) == found, words
    app.multiselect(key="history_tag").set_value(["talk"]).run()
    assert table(app)["run"].tolist() == ["#3 SVD k=2 λ=0"]


def test_a_name_stands_everywhere_at_once_and_survives(app, filled, open_app):
    tick_in_history(app, 2)
    app.text_input(key="history_name_2").set_value("the <b>first</b>").run()
    app.multiselect(key="history_tags_2").set_value(["talk", " old "]).run()
    app.text_area(key="history_notes_2").set_value("=1+1").run()
    assert "#2 the <b>first</b>" in table(app)["run"].tolist()
    assert not [element for element in app.main.markdown if "<b>" in element.value]
    run = filled.run(2)
    assert (run.name, run.tags, run.notes) == ("the <b>first</b>", ("old", "talk"), "=1+1")
    again = open_app("history", data=filled.run(1).data_fingerprint)
    assert "#2 the <b>first</b>" in table(again)["run"].tolist()


@pytest.mark.parametrize("place", ["archived", "deleted"])
def test_what_is_put_away_is_out_of_the_way_and_undo_brings_it_back(app, filled, place):
    tick_in_history(app, 4, 3)
    app.button(key=f"history_{place}").click().run()
    assert len(table(app)) == 2 and [run.id for run in filled.runs()] == [2, 1]
    app.segmented_control(key="history_status").set_value(place).run()
    assert len(table(app)) == 2 and headline(app).startswith(f"2 runs on 1 data set, {place}.")
    app.segmented_control(key="history_status").set_value("kept").run()
    app.button(key="history_undo_button").click().run()
    assert len(table(app)) == 4 and len(filled.runs()) == 4
    assert not [button for button in app.button if button.key == "history_undo_button"]


def test_what_was_deleted_in_another_life_can_be_brought_back(app, filled):
    set_status(filled, [2], DELETED)
    app.segmented_control(key="history_status").set_value("deleted").run()
    tick_in_history(app, 2)
    app.button(key="history_kept").click().run()
    assert 2 in [run.id for run in filled.runs()]


def test_opening_a_run_of_other_data_brings_its_data_and_split_into_force(app, filled):
    tick_in_history(app, 3)
    app.button(key="history_open_factors").click().run()
    context = app.session_state["_context"]
    assert context.split.fingerprint == filled.run(3).split_fingerprint
    assert app.session_state["run"] == 3 and "map" in headline(app).lower()


def test_a_run_on_corrupted_data_is_opened_on_what_if_and_is_never_taken_for_one_on_the_data(app, filled):
    run = filled.runs()[0]
    whole = filled.split_of(run)
    corrupted = corrupt_split(filled.dataset(run.data_fingerprint), whole, (DropShare(), KeepActive(3)))
    pair = [filled.queue.add_run(corrupted, run.algorithm, run.recipe, seed) for seed in (run.seed, run.seed + 1)]
    execute_all(filled)
    tick_in_history(app.run(), pair[0])
    keys = {button.key for button in app.button}
    assert not keys & {"history_open_compare", "history_open_factors", "history_pin"}
    app.button(key="history_open_what_if").click().run()
    assert app.session_state["_context"].split.fingerprint == whole.fingerprint
    execute_all(filled)
    go(app, "what_if")
    new = filled.evaluation(pair[0], "validation").mean("ndcg", 10)
    assert KeepActive(3).description in headline(app) and f"reaches {new:.3f} instead of" in headline(app)
    assert corrupted.fingerprint in read(app.main.caption[-1].value)
    tick_in_history(go(app, "history"), pair[1])
    assert app.button(key="history_open_what_if").proto.disabled
    assert "There is no such pair" in texts(app.main.caption)


def test_pinning_a_run_of_other_data_makes_it_the_baseline_there(app, filled):
    tick_in_history(app, 3)
    app.button(key="history_pin").click().run()
    assert pinned_ids(app)[0] == 3
    assert app.session_state["_context"].split.fingerprint == filled.run(3).split_fingerprint
    tick_in_history(app, 4)
    app.button(key="history_pin").click().run()
    assert pinned_ids(app)[:2] == [3, 4]


def test_two_runs_are_told_apart_by_their_settings_and_compared(app, filled):
    tick_in_history(app, 1, 2)
    (shown,) = app.table
    assert {"algorithm", "epochs"} & set(shown.value.index) and "seed" not in shown.value.index
    scores = [filled.evaluation(run_id, "validation").mean("ndcg", 10) for run_id in (1, 2)]
    assert [float(text) for text in shown.value.loc["NDCG@10, validation"]] == pytest.approx(scores, abs=6e-4)
    said = texts(app.main.markdown)
    assert "#2 BPR is" in said and f"{scores[1] - scores[0]:+.3f}".replace("-", "−")[:5] in said
    tick_in_history(app, 2, 3)
    assert app.button(key="history_compare").disabled and "cannot be compared" in texts(app.main.markdown)
    tick_in_history(app, 4, 3)
    app.button(key="history_compare").click().run()
    assert pinned_ids(app) == [3, 4] and "#4 SVD" in headline(app) + texts(app.main.markdown)
    assert app.session_state["_context"].split.fingerprint == filled.run(3).split_fingerprint


def bring(app, name: str, content: bytes):
    """What the button does once a file lies in the box."""
    app.file_uploader(key="history_model_file").upload(name, content, "application/octet-stream").run()
    app.button(key="history_import").click().run()
    return app


def exported(store, run_id: int) -> bytes:
    run = store.run(run_id)
    dataset, model = store.dataset(run.data_fingerprint), store.model(run_id)
    return model_as_npz(model, dataset, describe_model(run, dataset, model, store.epochs(run_id), None))


def test_an_own_export_comes_back_with_its_numbers_and_is_trusted(app, filled):
    bring(app, "bpr.npz", exported(filled, 2))
    assert "50 of 50 people in the data are in the file" in texts(app.info)
    assert "cannot be checked here" in texts(app.warning)
    assert filled.run(5).label == "#5 Imported model k=8"
    assert table(app)["NDCG@10"][0] == table(app)["NDCG@10"][3]
    assert "names the algorithm BPR" in filled.run(5).notes


def test_a_model_of_unknown_upbringing_is_marked_wherever_its_numbers_stand(app, filled):
    dataset = filled.dataset(filled.run(1).data_fingerprint)
    ground_truth = dataset.ground_truth  # the best there is, so that it would lead
    file = io.BytesIO()
    np.savez(
        file,
        user_factors=ground_truth.user_tastes,
        item_factors=ground_truth.item_tastes * ground_truth.popularity[:, None],
        user_ids=np.array(dataset.user_ids),
        item_ids=np.array(dataset.item_ids),
    )
    bring(app, "oracle.npz", file.getvalue())
    warning = "it may have seen what is held out here"
    assert warning in texts(app.warning)
    assert "#5" not in headline(app)  # nobody says that it has done best
    app.button(key="pin_imported_model").click().run()
    for page in ("compare", "person", "factors"):
        go(app, page)
        assert warning in texts(app.warning), page
    for view in ("Verdict", "For whom", "Cost", "Table", "Curves", "Popularity"):
        go(app, "compare")
        show_view(app, view)
        assert not app.error, view
        assert view == "Popularity" or "so its numbers prove nothing" in texts(app.main.markdown), view
    go(app, "train")
    assert not app.exception and not [box for box in app.main.selectbox if "#5 Trained elsewhere k=4" in box.options]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04K\x01."])
def test_a_file_that_is_no_model_is_refused_and_nothing_changes(app, filled, content):
    bring(app, "x.npz", content)
    assert "damaged or incomplete" in texts(app.error)
    assert len(list_history(filled)) == 4


def test_the_exported_table_holds_what_is_alike_too_and_no_formula(filled):
    from pages.shared.text import escape_formulas
    from pages.views.history.table import _everything

    annotate(filled, 2, notes="=1+1")
    frame = escape_formulas(_everything(list_history(filled)))
    assert frame["notes"].tolist()[2] == "'=1+1" and frame["seed"].tolist() == ["0"] * 4
    assert json.loads(frame.to_json(orient="records"))[0]["n_factors"] == "4"
