"""Data sets are renamed, hidden and deleted on the Data page, with undo; through AppTest."""

import pytest

from pages.shared.context import DATA_KEY, DATA_VIEW_KEY
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.store.manage_datasets import DELETED, SHOWN, set_dataset_status
from tests.pages.app import button_group, headline, select_in_table, texts

_TABLE = "datasets_table"


@pytest.fixture
def app(open_app, still_store):
    """The list of data sets: the textbook's, which is open, and the planted ones, which have a run."""
    still_store.add_dataset(load_example_5x5())
    app = open_app("data")
    button_group(app, DATA_VIEW_KEY).set_value("All data sets").run()
    return app


def listed(app) -> list[str]:
    return list(app.dataframe[0].value["name"]) if app.dataframe else []


def show(app, status: str):
    button_group(app, "datasets_status").set_value(status).run()
    return app


def test_whoever_has_a_data_set_open_is_told_that_somebody_deleted_it(app, still_store):
    textbook, planted = (row["fingerprint"] for row in still_store.dataset_list())
    app.sidebar.selectbox(key=DATA_KEY).set_value(textbook).run()
    assert not app.sidebar.warning
    set_dataset_status(still_store, {textbook: DELETED})
    for _ in range(2):
        app.run()
        assert app.sidebar.selectbox(key=DATA_KEY).value == planted
        assert "was deleted, so another data set is open now" in texts(app.sidebar.warning)
    set_dataset_status(still_store, {textbook: SHOWN})
    app.run()
    app.sidebar.selectbox(key=DATA_KEY).set_value(textbook).run()
    assert not app.sidebar.warning and not app.exception


def test_a_data_set_is_renamed_everywhere(app, still_store):
    select_in_table(app, _TABLE, rows=[0])
    (name,) = app.text_input
    name.set_value("By hand").run()
    app.button(key="datasets_rename").click().run()
    assert listed(app)[0] == "By hand" and "By hand" in app.selectbox(key=DATA_KEY).options


def test_what_is_hidden_or_deleted_leaves_the_sidebar_and_comes_back_with_its_runs(app, still_store):
    textbook, planted = listed(app)
    select_in_table(app, _TABLE, rows=[1])
    app.button(key="datasets_deleted").click().run()
    assert listed(app) == [textbook] and app.selectbox(key=DATA_KEY).options == [textbook]
    assert not still_store.runs()
    assert listed(show(app, "deleted")) == [planted]
    app.button(key="datasets_undo_button").click().run()
    assert len(still_store.runs()) == 1 and not listed(app)
    show(app, "shown")
    select_in_table(app, _TABLE, rows=[0])
    app.button(key="datasets_hidden").click().run()
    assert app.selectbox(key=DATA_KEY).options == [planted], "the open one was hidden, so another one opens"
    select_in_table(app, _TABLE, rows=[0])
    app.button(key="datasets_deleted").click().run()
    assert "At least one data set" in texts(app.error) and listed(app) == [planted]
    select_in_table(show(app, "hidden"), _TABLE, rows=[0])
    app.button(key="datasets_open").click().run()
    assert app.selectbox(key=DATA_KEY).options == [textbook, planted] and "of 5 items" in headline(app)
