"""Generate, load and refuse data on the Data page, through AppTest."""

import re

import numpy as np
import pandas as pd
import pytest

from pages.shared.context import DATA_VIEW_KEY, RUN_KEY
from pages.shared.shell.pin_list import MAX_PINNED
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.example_5x5 import RATINGS
from tests.pages.app import (
    button_group,
    column_choice,
    execute_all,
    first_fingerprint,
    go,
    headline,
    open_tab,
    read,
    texts,
    u_data,
    u_item,
    upload,
)


def test_generate_with_other_settings(open_app, still_store):
    app = open_app("data")
    button_group(app, DATA_VIEW_KEY).set_value("Generate").run()
    assert "picks about" not in texts(app.main.caption), "as many as asked for"
    app.number_input(key="planted_picks").set_value(100).run()
    assert "With 200 items, a person picks about 80 of them on average" in texts(app.main.caption)
    app.number_input(key="planted_n_users").set_value(70)
    app.number_input(key="planted_n_items").set_value(90)
    app.selectbox(key="planted_feedback").set_value("explicit").run()
    app.button(key="generate").click().run()
    assert "of 90 " in headline(app)
    assert read(app.sidebar.caption[0].value).startswith("70 people × 90 items")
    assert {chart.key for chart in app.get("plotly_chart")} == {"long_tail", "activity", "values"}


def test_the_textbook_data_can_be_used_throughout(open_app, still_store):
    app = open_app("data")
    button_group(app, DATA_VIEW_KEY).set_value("Textbook 5 × 5").run()
    shown = app.dataframe[0].value.to_numpy()
    assert np.array_equal(np.where(shown == "", "0", shown).astype(float), RATINGS)
    app.button(key="textbook").click().run()
    assert read(app.sidebar.caption[0].value).startswith("5 people × 5 items, 14 ratings")
    go(app, "compare")
    app.button(key="train_missing").click().run()
    assert len(still_store.runs()) == 1 + len(ALGORITHMS)
    execute_all(still_store)
    app.run()
    assert re.search("is best: NDCG@10|has the highest NDCG@10|has NDCG@10", headline(app))
    assert len(app.dataframe[0].value) == min(MAX_PINNED, len(ALGORITHMS))
    for page in ("train", "factors"):
        go(app, page)
        for label in app.selectbox(key=RUN_KEY).options:
            app.selectbox(key=RUN_KEY).set_value(int(label[1:].split()[0])).run()
            if found := re.match(r"(\d+) of (\d+) factors", headline(app)):
                assert int(found[1]) <= int(found[2]), headline(app)


def test_upload_movielens_with_titles(open_app, still_store):
    titles = [f"Amélie {number} (2001)" for number in range(1, 41)]
    app = upload(open_app("data"), "u.data", u_data(), ("u.item", u_item(titles)))
    assert not app.error
    app.button(key="load").click().run()
    assert not app.error and "of 40 " in headline(app)
    assert read(app.sidebar.caption[0].value).startswith("60 people × 40 items, 720 ratings from 1 to 5")
    dataset = still_store.dataset(first_fingerprint(still_store))
    assert sorted(dataset.titles) == sorted(titles) and dataset.times is not None
    assert set(app.selectbox(key="split_method").options) >= {"strictly by time", "leave last out"}
    rows = next(table.value for table in app.dataframe if "person" in table.value)
    assert rows["item"].str.startswith("Amélie").all()
    assert "40 of 40 items got a title" in texts(open_tab(app, "How the file was read").markdown)


def test_upload_a_matrix(open_app, still_store):
    table = pd.DataFrame(RATINGS.astype(int), [f"p{i}" for i in range(5)], [f"film {j}" for j in range(5)])
    app = upload(open_app("data"), "matrix.csv", table.to_csv().encode())
    assert column_choice(app, "One row is").options[0] == "automatic: a person (matrix)"
    app.button(key="load").click().run()
    dataset = still_store.dataset(first_fingerprint(still_store))
    assert set(dataset.item_ids) == set(table.columns) and dataset.interactions.n_interactions == 14


@pytest.mark.parametrize(
    "content",
    [b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"user,item,rating\n", b"<html><body>Sign in</body></html>", b"hello"],
    ids=["empty", "picture", "header only", "web page", "a word"],
)
def test_a_bad_file_is_refused_and_the_data_before_stays(content, open_app, still_store):
    before = still_store.dataset_list()
    app = upload(open_app("data"), "ratings.csv", content)
    if not app.error:
        app.button(key="load").click().run()
    assert not app.exception
    assert re.search(r"must ", texts(app.error))
    assert still_store.dataset_list() == before
    assert "NDCG@10" in headline(go(app, "train"))


def test_an_items_file_of_something_else_is_refused(open_app, still_store):
    foreign = b"movieId,title,genres\nzz1,A,Drama\nzz2,B,Drama\n"
    for content in (foreign, b"\x00\x01"):
        app = upload(open_app("data"), "u.data", u_data(), ("movies.csv", content))
        app.button(key="load").click().run()
        assert not app.exception and " must " in texts(app.error)
    assert len(still_store.dataset_list()) == 1


def test_a_wrong_guess_can_be_corrected(open_app, still_store):
    rng = np.random.default_rng(0)
    rows = [f"{rng.integers(1, 6)},f{item},u{user}" for user in range(9) for item in rng.permutation(30)[:6]]
    app = upload(open_app("data"), "turned.csv", ("a,b,c\n" + "\n".join(rows)).encode())
    for label, place in (("Rating", 0), ("Item", 1), ("Person", 2)):
        column_choice(app, label).set_value(place)
    app.run()
    app.button(key="load").click().run()
    dataset = still_store.dataset(first_fingerprint(still_store))
    assert set(dataset.user_ids) == {f"u{user}" for user in range(9)}
    assert dataset.interactions.n_interactions == 54 and dataset.feedback == "explicit"


def test_one_column_for_two_roles_is_refused(open_app, still_store):
    app = upload(open_app("data"), "u.data", u_data())
    column_choice(app, "Item").set_value(column_choice(app, "Person").value).run()
    app.button(key="load").click().run()
    assert "must be different columns" in texts(app.error)
    assert len(still_store.dataset_list()) == 1


def test_titles_stay_where_the_same_data_are_loaded_again_without_them(open_app, still_store):
    titles = [f"Film {place}" for place in range(40)]
    for items in (("u.item", u_item(titles)), None):
        app = upload(open_app("data"), "u.data", u_data(), items)
        app.button(key="load").click().run()
    assert still_store.dataset(first_fingerprint(still_store)).titles[0].startswith("Film")
    assert "their titles and genres are kept" in texts(open_tab(app, "How the file was read").markdown)
