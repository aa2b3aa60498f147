"""The Person page through AppTest: lists, scores that add up, un-rating, being a new user, other settings."""

import re
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from pages.shared.context import DATA_KEY
from pages.shared.results.person_lists import EXPLAINED_KEY, describe_change
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY
from pages.views.person.lists import LISTS_KEY, OTHER, SURE, TRY, VIEW_KEY, WHY, WITHOUT
from pages.views.person.new_user import MY_ITEMS
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.shared_fields import BEST_EPOCH
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.rank_items import top_items
from recsys_core.parameters import parameters
from recsys_core.per_user.certainty import predict_intervals
from recsys_core.store.run import Branch
from tests.pages.app import (
    IMAGE,
    SCRIPT,
    button_group,
    execute_all,
    figure,
    first_fingerprint,
    go,
    headline,
    pinned_ids,
    select_in_table,
    set_pins,
    texts,
)
from tests.pages.app import train_here as train

VIEWS = (WHY, WITHOUT, TRY, OTHER)


def train_every_model(store) -> None:
    for key, settings in {"bpr": {"n_epochs": 3}, "lambdarank": {"n_epochs": 3}}.items():
        train(store, first_fingerprint(store), key, **settings)
    for key in ("als", "svd", "ease", "item_knn", "biases"):
        train(store, first_fingerprint(store), key)


@pytest.fixture
def every_model(open_prepared):
    """One run of every algorithm on the default data."""
    return open_prepared(train_every_model)


def person_page(open_app, **query):
    return open_app("person", **query)


def view(app, name: str):
    button_group(app, VIEW_KEY).set_value(name).run()
    assert not app.exception
    return app


def explain_with(app, run_id: int):
    return app.selectbox(key=EXPLAINED_KEY).set_value(run_id).run()


def table(app, key: str):
    """The table in which something can be chosen, "history" or LISTS_KEY."""
    return next(frame.value for frame in app.dataframe if key in frame.proto.id)


def result(app):
    """The table that only shows."""
    return next(frame.value for frame in app.dataframe if not frame.proto.id)


def written_parts(app, key: str) -> tuple[list[str], list[Decimal], Decimal]:
    """The labels, the parts as written, and the score as written."""
    (bars,) = figure(app, key)["data"]
    *parts, score = (Decimal(text.replace("−", "-")) for text in bars["text"])
    return bars["customdata"][:-1], parts, score


def story(app) -> str:
    """The sentence of the section."""
    return next(text for text in texts(app.main.markdown).split("\n") if text.startswith("**")).strip("*")


def test_the_lists_are_those_of_the_models_with_their_hits(open_app, every_model):
    app = person_page(open_app)
    dataset = every_model.dataset(first_fingerprint(every_model))
    user = app.selectbox(key=PERSON_KEY).value
    activity = dataset.interactions.items_per_user
    assert abs(activity[user] - np.median(activity)) <= 1
    lists = table(app, LISTS_KEY)
    assert len(lists.columns) == 1 + 8
    for run in every_model.runs():
        if run.label not in lists:
            continue
        seen, held_out = every_model.split(run.data_fingerprint, run.split).seen_and_held_out("validation")
        mine = set(held_out.items[held_out.of(user)])
        (expected,) = top_items(every_model.model(run.id), seen, np.array([user]), 10)
        assert list(lists[run.label]) == [("✓ " if item in mine else "") + dataset.titles[item] for item in expected]
        hits = len(mine & set(expected.tolist()))
        if run.recipe.label in headline(app):
            assert re.search(rf"{re.escape(run.recipe.label)} found {hits}\b", headline(app))
    assert f"{dataset.user_ids[user]}'s {len(mine)} held-out choices" in headline(app)


@pytest.mark.parametrize("key", ALGORITHMS)
def test_every_score_adds_up_as_written(key, open_app, still_store):
    explicit = still_store.add_dataset(generate(SyntheticRecipe(n_users=80, n_items=60, picks=15, feedback="explicit")))
    settings = {"n_epochs": 2} if "n_epochs" in parameters(ALGORITHMS[key]) else {}
    train(still_store, explicit, key, **settings)
    app = person_page(open_app)
    charts = [chart.key for chart in app.get("plotly_chart") if chart.key.startswith("score_by_")]
    scores = set()
    for chart in charts:
        _, parts, score = written_parts(app, chart)
        assert sum(parts) == score
        scores.add(score)
    assert len(scores) == 1  # both ways of taking it apart end in the same number
    algorithm = ALGORITHMS[key]()
    by_factor = set() if algorithm.is_item_based else {"score_by_factor"}
    assert set(charts) == by_factor | ({"score_by_rating"} if algorithm.explains_by_rating else set())


def test_the_sentence_names_rank_and_percentile(open_app, every_model):
    app = person_page(open_app)
    rank, count, share = re.search(r"is number (\d+) of (\d+) for .* ahead of (\d+)%", story(app)).groups()
    assert (rank, share) == ("1", "100")
    user, item = app.selectbox(key=PERSON_KEY).value, app.selectbox(key=ITEM_KEY).value
    seen, _ = every_model.split(first_fingerprint(every_model), every_model.runs()[0].split).seen_and_held_out(
        "validation"
    )
    assert int(count) == seen.n_items - seen.items_per_user[user]
    assert item not in seen.items[seen.of(user)]


def test_a_click_in_a_list_explains_that_title_by_that_model(open_app, every_model):
    app = person_page(open_app)
    lists = table(app, LISTS_KEY)
    label = next(column for column in lists if "EASE" in column)
    select_in_table(app, LISTS_KEY, cells=[[3, label]])
    dataset = every_model.dataset(first_fingerprint(every_model))
    assert dataset.titles[app.selectbox(key=ITEM_KEY).value] == lists[label][3].removeprefix("✓ ")
    assert "EASE" in story(app) and "is number 4 of" in story(app)


def test_the_person_and_the_item_come_from_the_address(open_app, still_store):
    dataset = still_store.dataset(first_fingerprint(still_store))
    app = person_page(open_app, person=dataset.user_ids[17], item=dataset.titles[5])
    assert (app.selectbox(key=PERSON_KEY).value, app.selectbox(key=ITEM_KEY).value) == (17, 5)
    assert dataset.user_ids[17] in headline(app) and dataset.titles[5] in story(app)


def test_other_data_starts_with_somebody_of_its_own_who_is_as_active_as_most(open_app, still_store):
    app = person_page(open_app)
    app.selectbox(key=PERSON_KEY).set_value(3).run()
    other = generate(SyntheticRecipe(n_users=30, n_items=40, picks=8, seed=4))
    train(still_store, still_store.add_dataset(other), "svd", n_factors=3)
    app.run()
    app.sidebar.selectbox(key=DATA_KEY).set_value(other.fingerprint).run()
    activity = other.interactions.items_per_user
    assert abs(activity[app.selectbox(key=PERSON_KEY).value] - np.median(activity)) <= 1
    assert 0 <= app.selectbox(key=ITEM_KEY).value < 40


@pytest.mark.parametrize("key", ["implicit_als", "als", "svd", "ease", "item_knn", "bpr", "biases"])
def test_un_rating_solves_the_person_again_and_checks_it(key, open_app, every_model):
    run_id = next(run.id for run in every_model.runs() if run.algorithm == key)
    app = person_page(open_app)
    set_pins(app, [run_id])
    history = table(app, "history")
    select_in_table(app, "history", rows=[2, 5])
    assert button_group(app, VIEW_KEY).value == WITHOUT
    for row in (2, 5):
        assert f"“{history['history'][row]}”" in story(app)
    captions = texts(app.main.caption)
    if not ALGORITHMS[key]().explains_by_rating:
        assert "Check" not in captions
    else:
        assert re.search(r"differ by at most (0|0\.000\d|\d·10⁻\S+)\.", captions), captions
    moved = result(app)
    assert list(moved.columns[1:]) == [f"with all {len(history)}", "without", "moved"]
    same = (moved.iloc[:, 1] == moved.iloc[:, 2]).to_numpy()
    assert list(same) == [arrow == "=" for arrow in moved["moved"]]
    kept = re.search(r"(\d+) of the top 10 keep", story(app))
    assert same.sum() == (int(kept[1]) if kept else 10)
    assert_difference_from_the_trained_list_is_said(app)


def assert_difference_from_the_trained_list_is_said(app) -> None:
    """Two lists of one model on one page: only the trained one is called so, and how far the other differs is said."""
    trained, again = table(app, LISTS_KEY).iloc[:, 1], result(app).iloc[:, 1]
    assert "as trained" not in result(app)
    captions = texts(app.main.caption)
    if (n_kept := int((trained.to_numpy() == again.to_numpy()).sum())) == 10:
        assert "stays the same as in the list above" in captions
    else:
        assert f"{n_kept} of the top 10 keep" in captions and "not the list above" in captions


def test_without_a_tick_an_example_is_taken_away(open_app, every_model):
    app = view(person_page(open_app), WITHOUT)
    example = re.match(r"Without “(.*?)”", story(app))[1]
    assert example in set(table(app, "history")["history"]) and "an example" in texts(app.main.caption)


def test_being_the_user_gives_a_list_by_every_pinned_model_and_moves_the_star(open_app, every_model):
    app = view(person_page(open_app), TRY)
    lists = result(app)
    dataset = every_model.dataset(first_fingerprint(every_model))
    mine = {dataset.titles[item] for item in app.multiselect(key=MY_ITEMS).value}
    assert len(mine) == 5 and lists.shape == (10, 9) and not mine & set(lists.to_numpy()[:, 1:].ravel())

    def star():
        return next(trace for trace in figure(app, "my_map")["data"] if trace["marker"]["symbol"] == "star")["x"]

    before = star()
    other = int(dataset.ground_truth.item_tastes[:, 1].argmax())
    app.multiselect(key=MY_ITEMS).set_value([other]).run()
    assert star() != before and "For your title" in story(app)
    app.multiselect(key=MY_ITEMS).set_value([]).run()
    assert "Choose a title" in story(app) and not app.exception


def test_the_rating_that_i_give_counts(open_app, still_store):
    explicit = still_store.add_dataset(generate(SyntheticRecipe(n_users=80, n_items=60, picks=15, feedback="explicit")))
    train(still_store, explicit, "als")
    app = view(person_page(open_app), TRY)
    before = result(app)
    assert [slider.value for slider in app.select_slider if slider.key.startswith("my_rating")] == [5.0] * 5
    next(slider for slider in app.select_slider if slider.key.startswith("my_rating")).set_value(1.0).run()
    assert not result(app).equals(before)


def test_a_list_of_nothing_has_no_top():
    nothing = np.array([], int)
    assert describe_change(nothing, nothing) == "the empty list stays the same"


def test_other_settings_change_the_list_and_the_same_ones_do_not(open_app, every_model):
    app = view(person_page(open_app), OTHER)
    run_id = app.selectbox(key=EXPLAINED_KEY).value
    slider = next(each for each in app.select_slider if each.key == f"other_regularization_{run_id}")
    assert "of 100 instead of 16" in story(app) and "stays the same" not in story(app)
    slider.set_value(16.0).run()
    assert "With the same settings, the top 10 stays the same" in story(app)
    svd = next(run for run in every_model.runs() if run.algorithm == "svd")
    explain_with(app, svd.id)
    assert "instead of 48" not in story(app), "all factors are kept"
    next(each for each in app.select_slider if each.key == f"other_n_factors_{svd.id}").set_value(2).run()
    assert "2 factors instead of 48" in story(app)
    explain_with(app, next(run.id for run in every_model.runs() if run.algorithm == "ease"))
    assert "one person alone" in story(app) and not app.exception


def train_on_the_textbook(store) -> None:
    fingerprint = store.add_dataset(load_example_5x5())
    for key in ALGORITHMS:
        store.queue.add_run(store.split(fingerprint, SplitRecipe()), key, ALGORITHMS[key](), 0)
    execute_all(store)


def test_a_branch_that_keeps_an_epoch_from_before_its_change_is_solved_as_that_was_trained(open_app, still_store):
    first = train(still_store, first_fingerprint(still_store), "implicit_als", n_epochs=8, kept_model=BEST_EPOCH)
    branch = Branch(first.id, 7, first.recipe)
    recipe = replace(first.recipe, regularization=1e6)
    number = still_store.queue.add_run(still_store.split_of(first), first.algorithm, recipe, 0, branch=branch)
    execute_all(still_store)
    app = person_page(open_app)
    set_pins(app, [first.id, number])
    explained = [written_parts(explain_with(app, run_id), "score_by_rating") for run_id in (first.id, number)]
    assert explained[0] == explained[1]
    assert f"instead of {first.recipe.regularization:g}," in story(view(app, OTHER))


@pytest.mark.parametrize("name", VIEWS)
def test_every_view_stands_on_the_textbook_data(name, open_app, open_prepared):
    open_prepared(train_on_the_textbook)
    app = view(person_page(open_app, data="Textbook 5 × 5"), name)
    for run_id in pinned_ids(app) if name != TRY else ():
        explain_with(app, run_id)
        assert not app.exception and story(app)
    if name == TRY:
        app.multiselect(key=MY_ITEMS).set_value([0, 1, 2, 3, 4]).run()
        assert "nothing is left to recommend" in story(app)


def test_a_person_without_ratings_gets_a_word_and_two_views(open_app, still_store):
    some = Interactions.from_triples([0, 0, 1, 1, 2, 2], [0, 1, 1, 2, 0, 3], [1] * 6, 4, 5)
    names, titles = ("a", "b", "c", "nobody"), tuple("vwxyz")
    data = Dataset("Few", some, names, titles, feedback="implicit", titles=titles)
    train(still_store, still_store.add_dataset(data), "implicit_als", n_factors=2)
    app = person_page(open_app, person="nobody")
    assert "nothing of this person" in texts(app.info) and "a random order, or a mixture" in texts(app.info)
    assert "No choice of nobody is held out" in headline(app)
    assert button_group(app, VIEW_KEY).options == [WHY, TRY]
    view(app, TRY)


def test_without_a_pin_the_page_says_so(open_app, still_store):
    app = person_page(open_app)
    set_pins(app, [])
    assert headline(app) == "No model is pinned."


def test_titles_and_names_are_no_markup(open_app, still_store):
    planted = generate(SyntheticRecipe(n_users=30, n_items=40, picks=8, feedback="explicit"))
    titles = tuple(f"{IMAGE} {SCRIPT} {place}" for place in range(40))
    people = tuple(f"{IMAGE} {place}" for place in range(30))
    data = Dataset("Markup", planted.interactions, people, titles, feedback="explicit", titles=titles)
    train(still_store, still_store.add_dataset(data), "als", n_factors=3)
    app = person_page(open_app)
    for name in VIEWS:
        view(app, name)
        raw = [*app.main.markdown, *app.main.caption, *app.subheader]
        assert any("\\!\\[x" in element.value for element in raw), name
        labels = [widget.label for widget in [*app.select_slider, *app.selectbox, *app.multiselect]]
        for text in [*(element.value for element in raw), *labels]:
            assert IMAGE not in text and SCRIPT not in text, name
        for chart in app.get("plotly_chart"):
            assert SCRIPT not in chart.proto.spec, name


def test_a_bayesian_model_says_how_sure_it_is_and_others_do_not_claim_to(still_store, open_app):
    of_choices = train(still_store, first_fingerprint(still_store), "bayesian", n_epochs=40)
    set_pins(app := person_page(open_app), [of_choices.id])
    assert headline(app) and SURE not in button_group(app, VIEW_KEY).options, "nobody has rated there"
    recipe = SyntheticRecipe(n_users=80, n_items=60, n_tastes=4, feedback="explicit")
    fingerprint = still_store.add_dataset(generate(recipe))
    plain = train(still_store, fingerprint, "biases")
    set_pins(app := go(open_app(data=fingerprint), "person"), [plain.id])
    assert SURE not in button_group(app, VIEW_KEY).options
    run = train(still_store, fingerprint, "bayesian", n_epochs=40)
    set_pins(app, [plain.id, run.id])
    view(app, SURE)
    said = texts(app.markdown)
    best, n_draws = map(int, re.search(r"in (\d+) of (\d+) draws of the model", said).groups())
    assert n_draws == 20 and 0 <= best <= 20
    (table,) = [each.value for each in app.dataframe if "above the next" in each.value]
    shares = [int(text.removesuffix("%")) for text in table.iloc[:, 2]]
    assert sum(shares) == 100 and shares[0] == 5 * best
    model, dataset = still_store.model(run.id), still_store.dataset(fingerprint)
    items = [dataset.titles.index(title) for title in table["title"]]
    low, high = predict_intervals(model.posterior, app.session_state[PERSON_KEY], np.array(items))
    ends = dataset.interactions.values.min(), dataset.interactions.values.max()
    (bars,) = figure(app, "certain_ratings")["data"]
    np.testing.assert_allclose(bars["x"], np.clip((low + high) / 2, *ends), rtol=1e-5)
    assert "due to knowing too little of this person" in said
    assert f"as nearly as {model.n_factors} factors can hold it" in texts(app.caption)
    view(app, TRY)
    question = re.search(r"ask for a rating of “(.*?)”.* by ([\d.]+)% on average", texts(app.markdown))
    assert question[1] in dataset.titles and 0 < float(question[2]) < 100


def test_of_a_person_who_has_rated_everything_nothing_is_left_to_be_sure_of(still_store, open_app):
    rng = np.random.default_rng(3)
    users, items = np.nonzero(rng.random((12, 8)) < np.array([[1.0]] + 11 * [[0.5]]))
    rated = Interactions.from_triples(users, items, rng.integers(1, 6, len(users)), 12, 8)
    names = tuple(f"P{user}" for user in range(12)), tuple(f"T{item}" for item in range(8))
    small = still_store.add_dataset(Dataset("Small", rated, *names, feedback="explicit", titles=names[1]))
    everything = still_store.split(small, SplitRecipe(validation=0.0, test=0.0))
    run = still_store.queue.add_run(everything, "bayesian", ALGORITHMS["bayesian"](n_epochs=30), 0)
    execute_all(still_store)
    app = open_app(split_validation="0.0", split_test="0.0", person="P0")
    app.session_state[DATA_KEY] = small
    view(go(app, "person"), SURE)
    assert "P0 has rated every item" in texts(app.markdown) and not app.get("plotly_chart")
    app.selectbox(key=PERSON_KEY).set_value(1).run()
    assert not app.exception and "draws of the model" in texts(app.markdown) and pinned_ids(app) == [run]


def test_a_link_of_an_earlier_version_still_opens_its_view(open_app):
    app = open_app("person", person_view="Without a rating")
    assert headline(app) and button_group(app, VIEW_KEY).value == WITHOUT
    assert app.query_params[VIEW_KEY] == WITHOUT
