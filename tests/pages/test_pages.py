"""The pages as a person meets them, through Streamlit's own AppTest."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.split_sentences import leak_sentence, split_headline
from recsys_core.data.example_5x5 import RATINGS, textbook
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import PlantedRecipe, generate
from recsys_core.parameters import parameters
from recsys_core.runner.execute import execute
from recsys_core.store.run import DIVERGED, FINISHED, INTERRUPTED, QUEUED, STOPPED
from tests.conftest import wait_until

IMAGE, SCRIPT = "![x](http://127.0.0.1:9/x)", "<script>alert(1)</script>"
PAGES = ("start", "train", "data", "factors", "person", "compare", "what_if", "optimise", "history")


# Reading a page


def go(app, page: str):
    app.switch_page(f"pages/{page}.py").run()
    return app


def read(text: str) -> str:
    """Markdown as it will be read: without the backslashes, and without the word joiners that ward off links."""
    return re.sub(r"\\(\W)", r"\1", text).replace("\u2060", "")


def headline(app) -> str:
    assert not app.exception, app.exception[0].message
    return read(app.subheader[0].value)


def texts(elements) -> str:
    return "\n".join(read(element.value) for element in elements)


def status(app) -> str:
    """The line that says where the run is."""
    return next(read(caption.value) for caption in app.main.caption if "#" in caption.value)


def counts(app) -> list[int]:
    """Ratings in train, validation and test, as the sidebar says."""
    (line,) = (caption.value for caption in app.sidebar.caption if " training · " in caption.value)
    return [int(number.replace(",", "")) for number in re.findall(r"[\d,]+", line)]


def button_group(app, key: str):
    (found,) = (node for node in app.main if type(node).__name__ == "ButtonGroup" and (node.key or "").startswith(key))
    return found


def column_choice(app, label: str):
    (found,) = (box for box in app.selectbox if box.label == label)
    return found


def figure(app, key: str) -> dict:
    """A Plotly figure of the page as a dictionary."""
    (found,) = (chart for chart in app.get("plotly_chart") if chart.key == key)
    return json.loads(found.proto.spec)


def curves(app) -> list[dict]:
    """The two learning curves as Vega-Lite dictionaries: objective, held-out NDCG."""
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def points(curve: dict) -> list[dict]:
    (layer,) = (layer for layer in curve["layer"] if "tooltip" in layer["encoding"])
    return layer["data"]["values"]


def rails_drawn(curve: dict) -> list[str]:
    return [layer["data"]["values"][0]["name"] for layer in curve["layer"] if layer["mark"]["type"] == "text"]


def execute_all(store) -> None:
    """Do what is queued, here and now."""
    while (run := store.claim("test")) is not None:
        execute(store, run)


def train_here(store, fingerprint: str, algorithm: str, **settings):
    """A finished run of a data set with the split that a fresh page has."""
    run_id = store.add_run(store.split(fingerprint, SplitRecipe()), algorithm, ALGORITHMS[algorithm](**settings), 0)
    execute_all(store)
    return store.run(run_id)


def first_fingerprint(store) -> str:
    return store.dataset_list()[0]["fingerprint"]


def u_data(n_users: int = 60, n_items: int = 40, seed: int = 0) -> bytes:
    """Ratings in the form of MovieLens' u.data: tabs, no header, raw ids, seconds."""
    rng = np.random.default_rng(seed)
    lines = [
        f"{user}\t{item}\t{rng.integers(1, 6)}\t{880_000_000 + rng.integers(10**7)}"
        for user in range(1, n_users + 1)
        for item in rng.permutation(np.arange(1, n_items + 1))[:12]
    ]
    return ("\n".join(lines) + "\n").encode()


def u_item(titles: list[str]) -> bytes:
    """Items in the form of MovieLens' u.item: bars, Latin-1, a flag a genre."""
    flags = ["|".join("1" if (place + genre) % 5 == 0 else "0" for genre in range(19)) for place in range(len(titles))]
    lines = (
        f"{place + 1}|{title}|01-Jan-1995||http://example.org|{flags[place]}" for place, title in enumerate(titles)
    )
    return "\n".join(lines).encode("latin-1")


def upload(app, name: str, content: bytes, items: tuple[str, bytes] | None = None):
    """Choose files on the Data page; Load is left to the test."""
    go(app, "data")
    button_group(app, "data_view").set_value("Upload a file").run()
    app.file_uploader(key="ratings_file").set_value((name, content, "text/plain"))
    if items is not None:
        app.file_uploader(key="items_file").set_value((*items, "text/plain"))
    app.run()
    return app


@pytest.fixture
def open_app(open_app):
    """The app on its Train page, from where the flows below set out."""
    return lambda **query: go(open_app(**query), "train")


# Opening


@pytest.mark.parametrize("page", PAGES)
def test_an_untouched_page_opens_with_numbers(page, open_app, still_store):
    app = open_app()
    if page != "train":
        go(app, page)
    assert re.search(r"\d", headline(app))
    assert not app.error and not app.warning
    if page in ("train", "compare"):
        assert re.search(r"NDCG@10 0\.\d{3}", headline(app))


def test_train_opens_with_the_trained_model_and_its_rails(open_app, still_store):
    app = open_app()
    (run,) = still_store.runs()
    record = still_store.epochs(run.id)[-1]
    assert f"{record.validation:.3f}" in headline(app)
    assert points(curves(app)[1])[-1] == {"epoch": record.number, "value": record.validation}
    assert [rail.split()[0] for rail in rails_drawn(curves(app)[1])] == ["Random", "Popularity", "Oracle"]
    assert run.label in status(app) and "finished" in status(app)


def test_a_page_without_runs_says_what_to_do(open_app, still_store):
    still_store.add_dataset(textbook())
    app = open_app(data="Textbook 5 × 5")
    assert headline(app) == "Nothing is trained on this data yet."
    assert headline(go(app, "factors")).endswith("is trained on this data yet.")
    assert headline(go(app, "compare")) == "Nothing to compare yet."


@pytest.mark.parametrize(
    "query",
    [
        {"run": "999", "data": "no such data", "algorithm": "magic"},
        {"k": "0", "implicit_als_n_factors": "-3", "split_test": "0.9", "split_method": "by magic"},
        {"k": "<script>", "run": IMAGE, "data": IMAGE, "seed": "x", "item": "-1"},
    ],
)
def test_a_garbled_address_is_refused_in_a_sentence_and_then_opens_the_untouched_page(query, open_app, still_store):
    app = open_app(**query)
    for _ in range(4):
        if app.error:
            assert headline(app) == "This link cannot be shown as it is."
            assert " must be " in texts(app.error) and "Got" in texts(app.error)
            app.button(key="leave_link").click().run()
    for page in PAGES:
        assert re.search(r"\d", headline(go(app, page)))


# Train


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_train_a_model_and_see_it(algorithm, open_app, working_store):
    app = open_app()
    app.selectbox(key="algorithm").set_value(algorithm).run()
    asked = {
        name: value for name, value in (("n_factors", 3), ("n_epochs", 2)) if name in parameters(ALGORITHMS[algorithm])
    }
    for name, value in asked.items():
        app.number_input(key=f"{algorithm}_{name}").set_value(value)
    app.run()
    app.button(key="train").click().run()
    newest = working_store.runs()[0]
    assert newest.algorithm == algorithm and asked.items() <= newest.recipe.settings().items()
    wait_until(lambda: not working_store.run(newest.id).is_live, "the run has ended")
    app.run()
    run, record = working_store.run(newest.id), working_store.epochs(newest.id)[-1]
    assert run.state == FINISHED
    assert record.number == run.recipe.last_epoch(working_store.split(run.data_fingerprint, run.split).train)
    if record.rmse is None:
        assert f"reached NDCG@10 {record.validation:.3f}" in headline(app)
    else:
        assert f"misses held-out ratings by {record.rmse:.2f} (RMSE)" in headline(app)
    assert f"epoch {record.number} of {record.number}" in status(app)
    assert points(curves(app)[0])[-1]["value"] == record.objective
    assert app.selectbox(key="run").value == run.id


def test_stop_keeps_what_was_learned(open_app, working_store):
    app = open_app()
    app.selectbox(key="algorithm").set_value("bpr").run()
    app.number_input(key="bpr_n_epochs").set_value(100_000).run()
    app.button(key="train").click().run()
    run_id = working_store.runs()[0].id
    wait_until(lambda: len(working_store.epochs(run_id)) > 2, "it has begun")
    app.run()
    assert "is at NDCG@10" in headline(app) and "left" in status(app)
    app.button(key="stop").click().run()
    wait_until(lambda: not working_store.run(run_id).is_live, "it has stopped")
    app.run()
    assert working_store.run(run_id).state == STOPPED and "stopped" in status(app)
    assert len(points(curves(app)[0])) > 2 and working_store.model(run_id) is not None
    assert all(button.key != "stop" for button in app.button)


def test_slider_and_number_stay_in_step(open_app, still_store):
    app = open_app()
    box = "implicit_als_regularization"

    def slider():
        (found,) = (each for each in app.select_slider if each.key.startswith(f"{box}_slider"))
        return found

    slider().set_value(0.5).run()
    assert app.number_input(key=box).value == 0.5
    app.number_input(key=box).set_value(0.06).run()  # no stop of the slider: the nearest one shows
    assert slider().value == 0.05
    assert app.number_input(key=box).value == 0.06
    app.number_input(key=box).set_value(123_456.0).run()  # beyond the slider's end
    assert slider().value == 1000
    app.button(key="train").click().run()
    assert still_store.runs()[0].recipe.regularization == 123_456.0


def test_a_slider_begins_where_the_data_suggest_until_it_is_moved(open_app, still_store):
    box = "implicit_als_regularization"
    app = go(open_app(), "train")
    began = app.number_input(box).value
    suggested = ALGORITHMS["implicit_als"].suited_to(still_store.split_of(still_store.runs()[0]).train)
    assert began == suggested.regularization
    other = still_store.add_dataset(generate(PlantedRecipe(n_users=60, n_items=40, picks=10)))
    app.run()
    app.sidebar.selectbox("data").set_value(other).run()
    assert 0 < app.number_input(box).value < began / 2
    app.number_input(box).set_value(3.0).run()
    app.sidebar.selectbox("data").set_value(still_store.runs()[0].data_fingerprint).run()
    assert app.number_input(box).value == 3.0


def test_what_was_set_stays_when_the_page_is_left(open_app, still_store):
    app = open_app()
    app.number_input(key="implicit_als_n_factors").set_value(7).run()
    go(go(app, "compare"), "train")
    assert app.number_input(key="implicit_als_n_factors").value == 7


@pytest.mark.parametrize("value", [0, -5, 5000])
def test_a_number_out_of_bounds_never_reaches_a_run(value, open_app, still_store):
    app = open_app()
    app.number_input(key="implicit_als_alpha").set_value(3.0).run()
    app.number_input(key="implicit_als_n_factors").set_value(value).run()
    assert "NDCG@10" in headline(app)  # the page stands
    assert app.number_input(key="implicit_als_alpha").value == 3.0  # and nothing else is lost
    app.button(key="train").click().run()
    assert not app.exception
    if len(runs := still_store.runs()) > 1:
        assert 1 <= runs[0].recipe.n_factors <= 1024 and runs[0].recipe.alpha == 3.0
    else:
        assert "must be" in texts(app.error)


def test_queued_runs_say_their_place(open_app, still_store):
    app = open_app()
    app.button(key="train").click().run()
    assert headline(app) == "ALS (implicit) waits its turn, it is next."
    app.button(key="train").click().run()
    assert headline(app) == "ALS (implicit) waits its turn: 1 ahead of it."
    assert still_store.runs()[0].state == QUEUED


def test_a_queued_run_can_be_taken_out_and_put_back(open_app, still_store):
    app = open_app()
    app.button(key="train").click().run()
    app.button(key="stop").click().run()
    assert "Taken out of the queue" in texts(app.warning)
    app.button(key="run_again").click().run()
    assert "waits its turn" in headline(app)


def test_an_interrupted_run_can_be_run_again(open_app, still_store):
    app = open_app()
    app.button(key="train").click().run()
    run = still_store.claim("a worker")
    still_store.interrupt("a worker")  # as when its process is killed
    app.run()
    assert still_store.run(run.id).state == INTERRUPTED
    assert "ended unexpectedly" in texts(app.warning) and "interrupted" in status(app)
    app.button(key="run_again").click().run()
    assert not app.warning and "waits its turn" in headline(app)
    execute_all(still_store)
    app.run()
    assert "reached NDCG@10" in headline(app) and "finished" in status(app)


def test_a_diverged_run_names_the_slider_and_keeps_the_last_good_state(open_app, still_store):
    run = train_here(still_store, first_fingerprint(still_store), "bpr", learning_rate=1000.0, n_epochs=5)
    assert run.state == DIVERGED
    app = open_app()
    message = texts(app.error)
    assert "lower the learning rate" in message and "last good state is kept" in message
    assert points(curves(app)[0]) and still_store.model(run.id) is not None
    for page in ("factors", "compare"):
        headline(go(app, page))


def test_the_run_before_stays_as_a_grey_curve(open_app, still_store):
    app = open_app()
    before = points(curves(app)[0])
    app.button(key="train").click().run()
    execute_all(still_store)
    app.run()
    ghost = curves(app)[0]["layer"][0]["data"]["values"]
    assert ghost == before
    assert "Grey: the run before, #1" in texts(app.main.caption)


def test_rails_belong_to_the_data_shown(open_app, still_store):
    """Popularity on one data set says nothing about another."""
    app = open_app()
    planted_rails = rails_drawn(curves(app)[1])
    other = still_store.add_dataset(generate(PlantedRecipe(n_users=80, n_items=60, picks=15.0, seed=5)))
    train_here(still_store, other, "svd", n_factors=2)
    app.run()
    app.sidebar.selectbox(key="data").set_value(other).run()
    other_rails = rails_drawn(curves(app)[1])
    assert len(other_rails) == 3 and other_rails != planted_rails


# The split


def test_shares_change_the_counts(open_app, still_store):
    app = open_app()
    train, validation, test = counts(app)
    app.number_input(key="split_test").set_value(0.4).run()
    assert counts(app)[2] > 1.8 * test and counts(app)[0] < train
    app.number_input(key="split_validation").set_value(0.0).run()
    assert counts(app)[1] == 0 < validation
    assert headline(app) == "Nothing is trained on this data yet."  # the old run was on another split


@pytest.mark.parametrize("method", ["leave one out", "leave last out", "strictly by time"])
def test_every_way_to_hold_out(method, open_app, still_store):
    dataset = generate()
    times = np.random.default_rng(0).integers(10**9, 2 * 10**9, dataset.interactions.n_interactions)
    fingerprint = still_store.add_dataset(replace(dataset, times=times, name="With times"))
    app = open_app(data="With times")
    app.selectbox(key="split_method").set_value(method).run()
    cut = still_store.split(fingerprint, SplitRecipe(method=method))
    expected = [part.n_interactions for part in (cut.train, cut.validation, cut.test, cut.left_out)]
    assert counts(app) == expected[: 4 if expected[3] else 3]
    assert split_headline(cut) in texts(go(app, "data").subheader)
    assert read(leak_sentence(still_store.dataset(fingerprint), cut)) in texts(app.markdown)


def test_a_split_that_cannot_be_made_says_why(open_app, still_store):
    """A split by time is chosen, and then data without times; either it says why, or it falls back openly."""
    dataset = generate()
    times = np.arange(dataset.interactions.n_interactions)
    still_store.add_dataset(replace(dataset, times=times, name="With times"))
    without = still_store.add_dataset(textbook())
    app = open_app(data="With times", split_method="strictly by time")
    app.sidebar.selectbox(key="data").set_value(without).run()
    assert not app.exception
    if app.sidebar.error:
        assert "must have a time for every rating" in texts(app.sidebar.error)
    else:
        assert app.selectbox(key="split_method").value in ("random per user", "leave one out")


def test_nothing_held_out_is_said_on_every_page(open_app, still_store):
    app = open_app()
    app.number_input(key="split_test").set_value(0.0)
    app.number_input(key="split_validation").set_value(0.0).run()
    app.button(key="train").click().run()
    execute_all(still_store)
    app.run()
    assert "Raise the validation share" in texts(app.info)
    assert headline(go(app, "compare")) == "Nothing to compare yet."
    assert "Raise the test share" in texts(app.markdown)
    assert "of how people and items differ" in headline(go(app, "factors"))


def test_people_who_were_not_asked_did_not_refuse(open_app, still_store):
    """With both shares at 0 nothing is far from what was asked."""
    app = open_app()
    app.number_input(key="split_test").set_value(0.0)
    app.number_input(key="split_validation").set_value(0.0).run()
    assert "nobody is scored" in texts(go(app, "data").subheader) and not app.main.warning


# Data


def test_generate_with_other_settings(open_app, still_store):
    app = go(open_app(), "data")
    button_group(app, "data_view").set_value("Generate").run()
    app.number_input(key="planted_n_users").set_value(70)
    app.number_input(key="planted_n_items").set_value(90)
    app.selectbox(key="planted_feedback").set_value("explicit").run()
    app.button(key="generate").click().run()
    assert "of 90 items" in headline(app)
    assert read(app.sidebar.caption[0].value).startswith("70 people × 90 items")
    assert {chart.key for chart in app.get("plotly_chart")} == {"long_tail", "activity", "values"}


def test_the_textbook_data_can_be_used_throughout(open_app, still_store):
    app = go(open_app(), "data")
    button_group(app, "data_view").set_value("Textbook 5 × 5").run()
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
    assert len(app.dataframe[0].value) == min(6, len(ALGORITHMS))
    for page in ("train", "factors"):
        go(app, page)
        for label in app.selectbox(key="run").options:
            app.selectbox(key="run").set_value(int(label[1:].split()[0])).run()
            if found := re.match(r"(\d+) of (\d+) factors", headline(app)):
                assert int(found[1]) <= int(found[2]), headline(app)


def test_upload_movielens_with_titles(open_app, still_store):
    titles = [f"Amélie {number} (2001)" for number in range(1, 41)]
    app = upload(open_app(), "u.data", u_data(), ("u.item", u_item(titles)))
    assert not app.error
    app.button(key="load").click().run()
    assert not app.error and "of 40 items" in headline(app)
    assert read(app.sidebar.caption[0].value).startswith("60 people × 40 items, 720 ratings, 1 to 5")
    dataset = still_store.dataset(first_fingerprint(still_store))
    assert sorted(dataset.titles) == sorted(titles) and dataset.times is not None
    assert "40 of 40 items got a title" in texts(app.markdown)
    assert set(app.selectbox(key="split_method").options) >= {"strictly by time", "leave last out"}
    rows = next(table.value for table in app.dataframe if "person" in table.value)
    assert rows["item"].str.startswith("Amélie").all()


def test_upload_a_matrix(open_app, still_store):
    table = pd.DataFrame(RATINGS.astype(int), [f"p{i}" for i in range(5)], [f"film {j}" for j in range(5)])
    app = upload(open_app(), "matrix.csv", table.to_csv().encode())
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
    app = upload(open_app(), "ratings.csv", content)
    if not app.error:
        app.button(key="load").click().run()
    assert not app.exception
    assert re.search(r"must ", texts(app.error))
    assert still_store.dataset_list() == before
    assert "NDCG@10" in headline(go(app, "train"))


def test_an_items_file_of_something_else_is_refused(open_app, still_store):
    foreign = b"movieId,title,genres\nzz1,A,Drama\nzz2,B,Drama\n"
    for content in (foreign, b"\x00\x01"):
        app = upload(open_app(), "u.data", u_data(), ("movies.csv", content))
        app.button(key="load").click().run()
        assert not app.exception and " must " in texts(app.error)
    assert len(still_store.dataset_list()) == 1


def test_a_wrong_guess_can_be_corrected(open_app, still_store):
    rng = np.random.default_rng(0)
    rows = [f"{rng.integers(1, 6)},f{item},u{user}" for user in range(9) for item in rng.permutation(30)[:6]]
    app = upload(open_app(), "turned.csv", ("a,b,c\n" + "\n".join(rows)).encode())
    for label, place in (("Rating", 0), ("Item", 1), ("Person", 2)):
        column_choice(app, label).set_value(place)
    app.run()
    app.button(key="load").click().run()
    dataset = still_store.dataset(first_fingerprint(still_store))
    assert set(dataset.user_ids) == {f"u{user}" for user in range(9)}
    assert dataset.interactions.n_interactions == 54 and dataset.feedback == "explicit"


def test_one_column_for_two_roles_is_refused(open_app, still_store):
    app = upload(open_app(), "u.data", u_data())
    column_choice(app, "Item").set_value(column_choice(app, "Person").value).run()
    app.button(key="load").click().run()
    assert "must be different columns" in texts(app.error)
    assert len(still_store.dataset_list()) == 1


# Factors


def test_choosing_an_item_shows_its_neighbours(open_app, still_store):
    from recsys_core.factors.axes import by_strength, nearest

    app = go(open_app(), "factors")
    dataset = still_store.dataset(first_fingerprint(still_store))
    app.selectbox(key="item").set_value(17).run()
    model, _ = by_strength(still_store.model(1))
    near, cosines = nearest(model.item_factors, 17, 10)
    table = app.dataframe[0].value
    assert list(table["item"]) == [dataset.titles[item] for item in near]
    assert np.allclose(table["likeness"], cosines, atol=1e-6)
    marks = [trace for trace in figure(app, "map")["data"] if trace["marker"]["symbol"] == "square-open"]
    assert marks[0]["text"] == [dataset.titles[17]]


def test_a_click_on_the_map_chooses_the_item(open_app, still_store):
    app = go(open_app(), "factors")
    point = {"customdata": ["item", 23, "a title"], "curve_number": 1, "point_index": 0}
    # A value put into session_state would not call on_select: what the browser sends does.
    (chart,) = (chart for chart in app.get("plotly_chart") if chart.key == "map")
    states = app._tree.get_widget_states()
    click = states.widgets.add(id=chart.proto.id)
    click.string_value = json.dumps({"selection": {"points": [point], "point_indices": [0], "box": [], "lasso": []}})
    app._run(states)
    assert not app.exception
    assert app.selectbox(key="item").value == 23


def test_the_map_says_what_it_hides(open_app, still_store):
    """Both numbers of the headline are of one spectrum: the covariance of all points, people's and items'."""
    said = re.fullmatch(
        r"It takes (\d+) of (\d+) directions of taste to show 80% of how people and items differ\. "
        r"This map has two and shows (\d+)%\.",
        headline(go(open_app(), "factors")),
    )
    needed, k, shown = map(int, said.groups())
    model = still_store.model(1)
    p, q = model.user_factors.astype(float), model.item_factors.astype(float)
    u, s, vt = np.linalg.svd(p @ q.T, full_matrices=False)  # directly, from the whole table of scores
    s = s[: model.n_factors]
    sides = [side[:, : len(s)] * s for side in (u, vt.T)]
    points = np.concatenate([side / np.sqrt(np.mean(np.sum(side**2, axis=1))) for side in sides])
    variances = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    shares = np.cumsum(variances) / variances.sum()
    assert k == model.n_factors and shown == round(100 * shares[1])
    assert shares[needed - 1] >= 0.8 > shares[needed - 2] and needed > 2


def test_one_factor_is_enough_for_a_map(open_app, still_store):
    train_here(still_store, first_fingerprint(still_store), "bpr", n_factors=1, n_epochs=2)
    app = go(open_app(), "factors")
    assert headline(app) == "This model has a single factor, so this map hides nothing."
    assert len(app.dataframe[0].value) == 10


def test_ten_thousand_items_still_draw(open_app, still_store):
    fingerprint = still_store.add_dataset(generate(PlantedRecipe(n_users=60, n_items=10_000, picks=100.0)))
    train_here(still_store, fingerprint, "svd", n_factors=4)
    app = go(open_app(), "factors")
    headline(app)
    assert len(app.selectbox(key="item").options) == 10_000
    app.selectbox(key="item").set_value(9_999).run()
    assert len(app.dataframe[0].value) == 10 and not app.exception


# Text from outside


def markdown_surfaces(app):
    """Every text that Streamlit renders as Markdown: bodies, headings, alerts, and the labels and help of widgets."""
    for node in [*app.main, *app.sidebar]:
        proto = node.proto
        if type(node).__name__ == "UnknownElement" and node.type in ("plotly_chart", "vega_lite_chart"):
            continue
        for name in ("body", "label", "help", "caption", "text"):
            value = getattr(proto, name, None)
            if isinstance(value, str) and value:
                yield f"{node.type}.{name}", value
        for block in ("expandable", "tab", "popover"):
            inner = getattr(proto, block, None)
            if inner is not None and getattr(inner, "label", ""):
                yield block, inner.label
        if type(node).__name__ == "ButtonGroup":
            yield from (("option", option.content) for option in proto.options)


def strings_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_in(inner)


def assert_harmless(app, seen: set[str]) -> None:
    """No Markdown surface holds what would become an image, a link or markup; nor does a figure hold a tag."""
    assert not app.exception, app.exception[0].message
    for where, text in markdown_surfaces(app):
        assert not re.search(r"(?<!\\)!?(?<!\\)\[x(?<!\\)\](?<!\\)\(", text), (where, text)
        assert not re.search(r"(?<!\\)<(?=script|/script)", text), (where, text)
        if "127" in text and "9/x" in read(text):
            seen.add(where)
    for chart in app.get("plotly_chart"):
        assert not any("<script" in text for text in strings_in(json.loads(chart.proto.spec))), chart.key


def test_titles_ids_and_names_never_become_markup(open_app, still_store):
    rng = np.random.default_rng(0)
    people, films = [f"{IMAGE} {u}" for u in range(30)], [f"{SCRIPT} {i}" for i in range(20)]
    rows = [[person, film, rng.integers(1, 6)] for person in people for film in rng.permutation(films)[:8]]
    rows.append([people[0], films[0], IMAGE])  # left out, and so quoted in the receipt
    ratings = pd.DataFrame(rows, columns=[f"user {IMAGE}", f"item {SCRIPT}", f"rating {IMAGE}"]).to_csv(index=False)
    items = pd.DataFrame({"item": films, "title": [IMAGE] * 20, "genres": [SCRIPT] * 20}).to_csv(index=False)
    seen: set[str] = set()
    app = upload(open_app(), f"{IMAGE}.csv".replace("/", "_"), ratings.encode(), ("items.csv", items.encode()))
    assert_harmless(app, seen)
    for label, place in (("Person", 0), ("Item", 1), ("Rating", 2)):
        column_choice(app, label).set_value(place)
    app.run()
    app.button(key="load").click().run()
    assert not app.error, texts(app.error)
    assert_harmless(app, seen)
    assert seen, "the text from outside must have been shown somewhere, or this test proves nothing"
    go(app, "compare")
    app.button(key="train_missing").click().run()
    assert_harmless(app, seen)
    execute_all(still_store)
    for page in PAGES:
        assert_harmless(go(app, page), seen)


def test_an_error_that_quotes_the_file_is_escaped(open_app, still_store):
    app = upload(open_app(), f"![x]( {SCRIPT}.csv".replace("/", ""), b"")
    assert "![x](" in texts(app.error)
    assert_harmless(app, set())
