"""The Data page as a person meets it: the receipt, mending and its undo, MovieLens, and errors at the page's edge."""

import re
import time

import numpy as np
import pandas as pd
import pytest
from streamlit.runtime.scriptrunner import RerunData, RerunException, StopException

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY
from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape_formulas
from pages.views.data import movielens
from recsys_core.comparison.split_sentences import CORE_CAUTION
from recsys_core.data.cleaning import KCore, clean
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.item_noun import item_noun
from recsys_core.data.movielens import RELEASES
from tests.conftest import wait_until
from tests.movielens_server import ARCHIVE, fails, sends
from tests.pages.app import button_group, figure, first_fingerprint, go, headline, open_tab, read, texts, u_data, upload

DIRTY = (
    b"user,item,rating,time\n"
    b"ann,=1+1,4,2001-01-01\n"
    b"ann,b,5,2001-01-02\n"
    b"ben,a,four,2001-01-03\n"
    b"ben,a,3,2001-01-04\n"
    b"ben,a,2,2001-01-05\n"
    b"=2+2,c,=3+3,2001-01-06\n"
    b"cid,c,0,2001-01-07\n"
    b"cid,a,1,2001-01-08\n"
    b",a,1,2001-01-09\n"
)


def load(app, name: str = "dirty.csv", content: bytes = DIRTY):
    upload(app, name, content)
    app.button(key="load").click().run()
    assert not app.exception and not app.error, texts(app.error)
    return app


def chosen_data(app) -> str:
    return app.sidebar.selectbox(key=DATA_KEY).value


def downloads(app) -> list[str]:
    return [button.label for button in app.get("download_button")]


def clean_with(app, step: str, **values):
    open_tab(app, "Clean up").selectbox(key="cleaning_step").set_value(step).run()
    for key, value in values.items():
        app.number_input(key=f"cleaning_{step}_{key}").set_value(value).run()
    app.button(key="apply_step").click().run()
    assert not app.exception
    return app


@pytest.fixture
def small(still_store):
    """A graded data set with zeros, times and people of few ratings."""
    rng = np.random.default_rng(0)
    users, items = (30 * rng.random(300) ** 2).astype(int), (20 * rng.random(300) ** 2).astype(int)
    pairs = sorted({(int(user), int(item)) for user, item in zip(users, items, strict=True)})
    users, items = np.array(pairs).T
    dataset = Dataset(
        "Small",
        Interactions.from_triples(users, items, rng.integers(0, 6, len(users)), 30, 20),
        tuple(f"u{u}" for u in range(30)),
        tuple(f"i{i}" for i in range(20)),
        "explicit",
        tuple(f"Film {i}" for i in range(20)),
        times=10**9 + 86_400 * np.arange(len(users)),
    )
    still_store.add_dataset(dataset)
    return dataset


# The receipt


def test_the_receipt_accounts_for_every_row(open_app, still_store):
    app = open_tab(load(open_app("data")), "How the file was read")
    shown = texts(app.main.markdown)
    assert "9 rows read: 5 kept, 3 left out, 1 merged." in shown
    first = next(table.value for table in app.dataframe if "reason" in table.value)
    assert sorted(first["line"]) == [4, 7, 10]
    assert any("four" in text for text in first["text"])
    assert "**Delimiter:** commas" in shown


def test_what_is_left_out_can_be_downloaded_whole_and_is_no_formula(open_app, still_store):
    app = open_tab(load(open_app("data")), "How the file was read")
    assert "Download rows that are not in the data (4, CSV)" in downloads(app)
    rows = pd.DataFrame(still_store.dataset(first_fingerprint(still_store)).origin["gone"])
    assert sorted(rows["line"]) == [4, 5, 7, 10]
    assert not re.search(r'(^|,)"?[=+@]', escape_formulas(rows).to_csv(index=False), re.MULTILINE)


def test_the_suspicious_is_marked_at_once(open_app, still_store):
    app = load(
        open_app("data"), "same.csv", b"user,item,rating\n" + b"".join(b"u%d,i%d,3\n" % (n, n % 4) for n in range(9))
    )
    warning = app.main.warning[0]
    assert read(warning.value).startswith("**Check this first**")
    assert "one interaction" in read(warning.value)


def test_the_rule_for_duplicates_is_a_choice(open_app, still_store):
    app = upload(open_app("data"), "dirty.csv", DIRTY)
    (box,) = (box for box in app.selectbox if box.label == "Duplicates")
    box.set_value("highest").run()
    app.button(key="load").click().run()
    dataset = still_store.dataset(first_fingerprint(still_store))
    data = dataset.interactions
    ben = data.of(dataset.user_ids.index("ben"))
    assert data.values[ben].tolist() == [3.0]  # the later one is 2


def test_the_receipt_comes_back_with_the_data(open_app, still_store):
    name = chosen_data(load(open_app("data")))
    app = open_app("data")
    app.sidebar.selectbox(key=DATA_KEY).set_value(name).run()
    open_tab(app, "How the file was read")
    assert "9 rows read" in texts(app.main.markdown)


# Mending


def test_a_step_is_previewed_taken_listed_and_undone(open_app, small, still_store):
    app = open_app("data", data="Small")
    before, n_before = chosen_data(app), len(still_store.dataset_list())
    open_tab(app, "Clean up").selectbox(key="cleaning_step").set_value("core").run()
    app.number_input(key="cleaning_core_n").set_value(4).run()
    mended, (effect,) = clean(small, [KCore(n=4)])
    assert effect.sentence() in texts(app.main.markdown) and mended.sentence() in texts(app.main.markdown)
    assert CORE_CAUTION in texts(app.caption)
    assert len(still_store.dataset_list()) == n_before  # looking is free
    app.button(key="apply_step").click().run()
    assert chosen_data(app) == mended.fingerprint
    assert still_store.dataset(mended.fingerprint).name == "Small, 4-core"
    assert f"1. **4-core** · {effect.sentence()}" in texts(app.main.markdown)
    app.button(key="undo_0").click().run()
    assert chosen_data(app) == before and "**No steps yet.**" in texts(app.main.markdown), "the tab stays open"
    app = open_app("data", data="Small")
    assert figure(app, "long_tail") and "**No steps yet.**" not in texts(app.main.markdown)
    assert still_store.dataset(before).name == "Small"


def test_a_step_in_the_middle_can_be_undone(open_app, small, still_store):
    app = open_app("data", data="Small")
    clean_with(app, "zeros")
    clean_with(app, "binarise", threshold=3.0)
    clean_with(app, "core", n=3)
    assert still_store.dataset(chosen_data(app)).name == "Small, no zeros, likes from 3, 3-core"
    app.button(key="undo_1").click().run()
    assert still_store.dataset(chosen_data(app)).name == "Small, no zeros, 3-core"
    app.button(key="undo_all").click().run()
    assert chosen_data(app) == small.fingerprint


def test_the_next_step_begins_where_it_leaves_something(open_app, still_store):
    app = upload(open_app("data"), "u.data", u_data())
    app.button(key="load").click().run()
    clean_with(app, "binarise", threshold=4.0)
    assert app.selectbox(key="cleaning_step").value == "core"
    assert 1 < app.number_input(key="cleaning_core_n").value < 5 and not app.button(key="apply_step").disabled
    assert "must leave" not in texts(app.main.markdown)


def test_the_same_steps_lead_to_the_same_data(open_app, small, still_store):
    app = open_app("data", data="Small")
    first = chosen_data(clean_with(app, "core", n=5))
    app.button(key="undo_0").click().run()
    n_before = len(still_store.dataset_list())
    assert chosen_data(clean_with(app, "core", n=5)) == first
    assert len(still_store.dataset_list()) == n_before


def test_swapping_twice_leads_back_to_the_data_itself(open_app, still_store):
    """Were the result kept in its place, planted data would lose its truth."""
    app = open_app("data")
    before = chosen_data(app)
    clean_with(clean_with(app, "swap"), "swap")
    assert chosen_data(app) == before and still_store.dataset(before).ground_truth is not None


def test_a_step_that_would_leave_nothing_is_refused(open_app, small, still_store):
    app = open_app("data", data="Small")
    open_tab(app, "Clean up").selectbox(key="cleaning_step").set_value("core").run()
    app.number_input(key="cleaning_core_n").set_value(500).run()
    assert "must leave something" in texts(app.main.markdown)
    assert all(button.key != "apply_step" for button in app.button)
    assert chosen_data(app) == small.fingerprint


def test_a_step_without_effect_cannot_be_taken(open_app, still_store):
    app = open_app("data")
    open_tab(app, "Clean up").selectbox(key="cleaning_step").set_value("zeros").run()
    assert "Changes nothing." in texts(app.main.markdown)
    assert app.button(key="apply_step").disabled


def test_a_time_window(open_app, small, still_store):
    app = open_app("data", data="Small")
    open_tab(app, "Clean up").selectbox(key="cleaning_step").set_value("window").run()
    (slider,) = (slider for slider in app.slider if slider.label == "Days")
    first, _ = slider.value
    slider.set_value((first, first.replace(day=first.day + 9))).run()
    app.button(key="apply_step").click().run()
    assert still_store.dataset(chosen_data(app)).interactions.n_interactions == 10


def test_data_without_times_offers_no_window(open_app, still_store):
    steps = open_tab(open_app("data"), "Clean up").selectbox(key="cleaning_step").options
    assert len(steps) == 3 and not any("time window" in step for step in steps)


def test_mended_data_keeps_the_receipt_of_its_file(open_app, still_store):
    app = load(open_app("data"))
    clean_with(app, "zeros")
    open_tab(app, "How the file was read")
    assert "9 rows read" in texts(app.main.markdown) and any("not in the data" in label for label in downloads(app))


# MovieLens


def open_movielens(app):
    go(app, "data")
    button_group(app, DATA_VIEW_KEY).set_value("MovieLens").run()
    return app


def test_the_terms_stand_there_before_anything_is_fetched(open_app, still_store, served):
    asked = served(sends(ARCHIVE))
    app = open_movielens(open_app("data"))
    terms = texts(app.main.caption)
    assert "F. M. Harper and J. A. Konstan (2015)" in terms
    assert terms.count("Do not pass this data on without separate permission.") == 2
    assert len([button for button in app.button if button.key.startswith("movielens_")]) == len(RELEASES)
    assert asked == []


def test_one_click_fetches_reads_and_keeps(open_app, still_store, served):
    served(sends(ARCHIVE))
    app = open_movielens(open_app("data"))
    app.button(key="movielens_latest-small").click().run()
    assert not app.exception
    wait_until(lambda: len(still_store.dataset_list()) == 2, "the data set is there", 10)
    newest = still_store.dataset_list()[0]
    assert newest["name"] == "MovieLens latest-small" and newest["receipt"]["count"] == "63 rows read: 63 kept."


def test_a_failed_download_says_so_and_touches_nothing(open_app, still_store, served):
    served(fails)
    before = still_store.dataset_list()
    app = open_movielens(open_app("data"))
    app.button(key="movielens_latest-small").click().run()
    wait_until(lambda: app.session_state["movielens_download"].error, "it has failed", 10)
    app.run()
    assert "error 404" in texts(app.main.error).lower()
    assert "grouplens.org/datasets/movielens" in texts(app.main.error)
    assert still_store.dataset_list() == before
    assert not app.button(key="movielens_latest-small").disabled


def test_a_download_that_fails_while_the_page_is_drawn_leaves_no_button_that_cannot_be_pressed(open_app, monkeypatch):
    app, download = open_movielens(open_app("data")), movielens._Download(RELEASES["100k"])
    app.session_state["movielens_download"] = download
    draw = movielens._draw_card

    def draw_and_fail(key, *args):
        draw(key, *args)
        download.error = "It has failed."

    monkeypatch.setattr(movielens, "_draw_card", draw_and_fail)
    app.run()
    assert not app.error and app.get("progress"), "the page waits, and is drawn again"
    app.run()
    assert "It has failed." in texts(app.error)
    assert not any(button.disabled for button in app.button if button.key.startswith("movielens_"))


def test_what_nobody_foresaw_in_the_download_gets_an_id(open_app, still_store, monkeypatch, caplog):
    def breaks(*_):
        raise ZeroDivisionError("an unforeseen thing")

    monkeypatch.setattr(movielens, "fetch", breaks)
    app = open_movielens(open_app("data"))
    app.button(key="movielens_1m").click().run()
    time.sleep(0.2)
    app.run()
    assert_reported(app, caplog, "an unforeseen thing")


# The page's edge


def assert_reported(app, caplog, what: str) -> None:
    """A sentence with an id for the person; the id with the traceback in the log; no word of the error on the page."""
    message = texts(app.main.error)
    error_id = re.search(r"error ID ([0-9a-f]{8})", message)[1]
    (record,) = (record for record in caplog.records if record.name == "recsys")
    assert error_id in record.getMessage() and what in str(record.exc_info[1])
    assert what not in message and not app.exception
    caplog.clear()


def test_what_items_are_called_can_be_chosen_and_typed(open_app, still_store):
    app = open_app("data")
    (box,) = (box for box in app.selectbox if box.key.startswith("items_called_"))
    assert box.value == "titles" and "films" in box.options
    box.set_value("jokes").run()
    (box,) = (box for box in app.selectbox if box.key.startswith("items_called_"))
    assert not app.exception and box.value == "jokes"
    assert item_noun(still_store.dataset(first_fingerprint(still_store))) == "jokes"


def test_a_page_that_fails_gives_a_sentence_and_an_id(open_app, still_store, monkeypatch, caplog):
    def breaks(*_):
        raise KeyError("an unforeseen thing")

    app = open_app()
    before = still_store.dataset_list()
    with monkeypatch.context() as broken:
        broken.setattr("pages.views.data.overview.long_tail", breaks)
        go(app, "data")
        assert_reported(app, caplog, "an unforeseen thing")
    assert app.sidebar.selectbox(key=DATA_KEY).value == before[0]["fingerprint"]
    assert "NDCG@10" in headline(go(app, "train"))  # nothing is lost
    go(app, "data")
    assert not app.main.error and still_store.dataset_list() == before


def test_an_upload_that_fails_unforeseen_keeps_what_is_there(open_app, still_store, monkeypatch, caplog):
    from recsys_core.data.reading import OpenedFile

    def breaks(*_, **__):
        raise RuntimeError("an unforeseen thing")

    before = still_store.dataset_list()
    app = upload(open_app("data"), "u.data", u_data())
    monkeypatch.setattr(OpenedFile, "read", breaks)
    app.button(key="load").click().run()
    assert_reported(app, caplog, "an unforeseen thing")
    assert still_store.dataset_list() == before


def test_a_fragment_that_fails_gives_them_too(open_app, still_store, monkeypatch, caplog):
    def breaks(*_, **__):
        raise RuntimeError("an unforeseen thing")

    app = open_app("train")
    with monkeypatch.context() as broken:
        broken.setattr("pages.views.train.live_run._describe_run", breaks)
        app.run()
        assert_reported(app, caplog, "an unforeseen thing")
    assert "NDCG@10" in headline(app.run())


@pytest.mark.parametrize("signal", [StopException(), RerunException(RerunData())], ids=["st.stop", "st.rerun"])
def test_stopping_and_rerunning_are_no_errors(signal, caplog):
    with pytest.raises(type(signal)), error_boundary():
        raise signal
    assert not caplog.records
