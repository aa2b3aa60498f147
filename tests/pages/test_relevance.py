"""What counts as relevant, through AppTest: the control on Data, the link, and what Compare says and refuses."""

import io
import re
from contextlib import redirect_stdout
from dataclasses import replace

import numpy as np
import pytest

from pages.shared.context import DATA_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.cleaning import RelevantFrom, clean
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.percent import percent
from recsys_core.report.script import script
from recsys_core.store.store import RunStore
from tests.pages.app import go, headline, open_tab, read, texts, train_here
from tests.pages.compare import show_view

RATED = SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=12, feedback="explicit")


def chosen_data(app) -> str:
    return app.sidebar.selectbox(key=DATA_KEY).value


def control(app):
    (found,) = (each for each in app.selectbox if each.label == "Counts as relevant")
    return found


def rescaled(change):
    """The planted ratings with other values, as if they came from a file."""
    dataset = generate(RATED)
    values = change(dataset.interactions.values).astype(np.float32)
    return replace(
        dataset,
        name="Rescaled",
        interactions=replace(dataset.interactions, values=values),
        ground_truth=None,
        origin={},
    )


@pytest.fixture
def stars(still_store) -> str:
    return still_store.add_dataset(generate(RATED))


# Data


def test_the_suggestion_is_one_click_away_and_can_be_undone(open_app, still_store, stars):
    app = open_app("data", data=stars)
    assert control(app).value == "every" and "Every rating counts as relevant" in texts(app.main.markdown)
    assert "ratings of at least 4, as is usual on a scale up to 5" in texts(app.main.markdown)
    app.button(key="use_suggestion").click().run()
    strict, _ = clean(generate(RATED), [RelevantFrom(4)])
    assert chosen_data(app) == strict.fingerprint and control(app).value == 4
    share = percent(np.mean(strict.interactions.is_relevant))
    assert f"Only ratings of at least 4 count as relevant: {share} of all." in texts(app.main.markdown)
    assert "use_suggestion" not in [button.key for button in app.button]
    control(app).set_value(3).run()
    assert still_store.dataset(chosen_data(app)).name.endswith("relevant from 3"), "no threshold on a threshold"
    control(app).set_value("every").run()
    assert chosen_data(app) == stars
    app.button(key="use_suggestion").click().run()
    open_tab(app, "Clean up").button(key="undo_0").click().run()
    assert chosen_data(app) == stars and not app.exception


def test_all_ratings_but_one_are_not_said_to_be_all(open_app, still_store):
    def but_one(stars):
        return np.where(np.arange(len(stars)) == 0, 1, np.where(np.arange(len(stars)) % 2, 4, 5))

    app = open_app("data", data=still_store.add_dataset(rescaled(but_one)))
    control(app).set_value(4).run()
    assert "Only ratings of at least 4 count as relevant: more than 99% of all." in texts(app.main.markdown)
    assert "100%" not in texts(app.main.markdown)


def test_one_rating_of_many_is_not_said_to_be_none(open_app, still_store):
    def one(stars):
        return np.where(np.arange(len(stars)) == 0, 5, np.where(np.arange(len(stars)) % 2, 1, 2))

    dataset = rescaled(one)
    app = open_app("data", data=still_store.add_dataset(dataset))
    control(app).set_value(5).run()
    share = 1 / dataset.interactions.n_interactions
    assert f"count as relevant: {percent(share)} of all." in texts(app.main.markdown) and 0 < share < 0.005


def test_a_threshold_comes_after_the_steps_before_it(open_app, still_store, stars):
    app = open_app("data", data=stars)
    open_tab(app, "Clean up").button(key="apply_step").click().run()  # the 5-core
    app.button(key="use_suggestion").click().run()
    assert still_store.dataset(chosen_data(app)).name.endswith("5-core, relevant from 4")
    control(app).set_value("every").run()
    assert still_store.dataset(chosen_data(app)).name.endswith("5-core")


def test_dislikes_never_count_and_the_page_says_so(open_app, still_store):
    app = open_app("data", data=still_store.add_dataset(rescaled(lambda stars: 2 * stars - 6)))
    assert control(app).options == ["ratings of at least 0", "ratings above 0 (suggested)", "ratings of at least 4"]
    assert "Only ratings of at least 0 count as relevant" in texts(app.main.markdown)


def test_the_models_that_learn_from_dislikes_are_named(open_app, still_store, stars):
    app = open_app("data", data=stars)
    app.button(key="use_suggestion").click().run()
    data = still_store.dataset(chosen_data(app)).interactions
    (said,) = re.findall(r"(?<=\*\* )[^*]*(?= learn that lower-rated items are liked less)", texts(app.main.markdown))
    learn = [cls for cls in ALGORITHMS.values() if not cls.learns_ratings]
    named = [cls.label for cls in learn if cls().learns_from(data).n_interactions > data.relevant.n_interactions]
    assert said == " and ".join(named) == "BPR and LambdaRank"


def test_where_all_is_below_zero_no_page_asks_for_a_lower_threshold(open_app, still_store):
    low = still_store.add_dataset(rescaled(lambda values: values - 6))
    app = open_app("data", data=low)
    assert "All values are below 0" in texts([*app.main.markdown, *app.main.warning])
    assert "Counts as relevant" not in [each.label for each in app.selectbox]
    raise_all = "all values are below 0, so add the same number to each of them"
    for page in ("start", "what_if"):
        go(app, page)
        said = texts([*app.main.markdown, *app.main.error])
        assert raise_all in said and "threshold" not in said and not app.exception, page


def test_choices_have_no_control(open_app, still_store):
    app = open_app("data", data=still_store.add_dataset(generate(SyntheticRecipe(n_users=30))))
    assert "Counts as relevant" not in [each.label for each in app.selectbox]


def test_likes_alone_lie_on_the_scale_and_are_not_offered_twice(open_app, still_store):
    app = open_app("data", data=still_store.add_dataset(rescaled(lambda stars: 4 * stars - 12.5)))
    open_tab(app, "Clean up").selectbox(key="cleaning_step").set_value("binarise").run()
    (slider,) = (each for each in app.select_slider if each.key.startswith("cleaning_binarise_threshold_slider"))
    ends = [float(slider.options[place]) for place in (0, -1)]
    assert ends == [-8.5, 7.5] and "Removes" in texts(app.main.markdown)
    app.number_input(key="cleaning_binarise_threshold").set_value(3.5).run()
    app.button(key="apply_step").click().run()
    assert still_store.dataset(chosen_data(app)).feedback == "implicit" and not app.exception
    said = texts(app.main.markdown)
    assert "must leave must leave something" not in said, "the panel goes on with another step"
    assert not any("Keep likes only" in option for option in app.selectbox(key="cleaning_step").options)


# The link


def test_a_link_makes_the_same_data_on_another_server(open_app, still_store, stars, tmp_path, monkeypatch):
    app = open_app("data", data=stars)
    app.button(key="use_suggestion").click().run()
    (word,) = app.session_state["url_params"]["data"]
    assert "~relevant-4~" in word
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    monkeypatch.setenv("RECSYS_DATABASE_URL", other)
    opened = open_app(data=word)
    assert chosen_data(opened) == chosen_data(app)
    assert RunStore(other).dataset(chosen_data(app)).relevance_threshold == 4
    assert control(go(opened, "data")).value == 4


def test_a_link_asks_for_the_file_that_its_data_are_made_of(open_app, still_store, tmp_path, monkeypatch):
    fingerprint = still_store.add_dataset(rescaled(lambda stars: stars))
    app = open_app("data", data=fingerprint)
    app.button(key="use_suggestion").click().run()
    (word,) = app.session_state["url_params"]["data"]
    monkeypatch.setenv("RECSYS_DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite'}")
    opened = open_app(data=word)
    assert headline(opened) == "The data of this link are not here."
    assert f"fingerprint {fingerprint}" in texts(opened.main.markdown), "that of the file, not of what is made of it"
    from pages.shared.context import store

    store().add_dataset(rescaled(lambda stars: stars))
    assert chosen_data(opened.run()) == chosen_data(app)


# Compare


def compare(open_app, **query):
    return open_app("compare", **query)


def test_compare_says_what_counts_as_right_and_how_much_of_it_is_disliked(open_app, still_store, stars):
    train_here(still_store, stars, "svd", n_factors=4)
    said = texts(compare(open_app, data=stars).caption)
    assert "Counts as relevant: every rating, even the lowest (1)." in read(said)
    assert "rated below 4, which still counts as relevant, is" in read(said)
    app = compare(open_app, data=stars, compare_view="Table")
    assert 0 < app.dataframe[0].value["hits@10 rated below 4"][0] < 1
    strict, effects = clean(generate(RATED), [RelevantFrom(4)])
    still_store.add_dataset(strict, {"mended": [each.sentence() for each in effects]})
    train_here(still_store, strict.fingerprint, "svd", n_factors=4)
    said = texts(compare(open_app, data=strict.fingerprint).caption)
    assert "ratings of at least 4" in read(said) and "still counts" not in said


def test_the_program_of_a_run_makes_the_threshold_again(still_store, stars):
    strict, effects = clean(generate(RATED), [RelevantFrom(4)])
    still_store.add_dataset(strict, {"mended": [each.sentence() for each in effects]})
    run = train_here(still_store, strict.fingerprint, "svd", n_factors=4)
    program, printed = script(still_store, [run]), io.StringIO()
    with redirect_stdout(printed):
        exec(program, {"__name__": "__main__"})
    assert "as in the app" in printed.getvalue()
    assert f"NDCG@10 {still_store.evaluation(run.id, 'validation').mean('ndcg', 10)}" in printed.getvalue()


@pytest.mark.parametrize(
    ("change", "metric", "why"),
    [
        (lambda stars: 20 * stars, "NDCG graded", "must have values between 0 and 50"),
        (lambda stars: 4 * stars - 12, "NDCG graded", ""),
        (lambda stars: 4 * stars - 12, "NDCG (linear gain)", ""),
    ],
)
def test_a_metric_that_these_ratings_cannot_have_says_why(open_app, still_store, change, metric, why):
    fingerprint = still_store.add_dataset(rescaled(change))
    train_here(still_store, fingerprint, "svd", n_factors=4)
    app = compare(open_app, data=fingerprint, metric=metric)
    assert app.selectbox(key="metric").value == {"NDCG graded": "ndcg_graded"}.get(metric, "ndcg_linear")
    assert (why in texts(app.info)) if why else (metric.split()[0] in headline(app) and not app.info)
    app.selectbox(key="metric").set_value("ndcg").run()
    assert "NDCG@10" in headline(app) and not app.info
    for view in ("Conventions", "Table"):
        show_view(app, view)
        assert not app.exception and not app.error
