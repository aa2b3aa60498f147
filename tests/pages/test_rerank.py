"""Re-rank through AppTest: the price is that of the run afterwards, filters hold, and what cannot be is said."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pages.shared.context import DATA_KEY
from recsys_core.algorithms.shared_fields import BEST_EPOCH
from recsys_core.comparison.comparison import Comparison
from recsys_core.data.attributes import CATEGORICAL, NUMERIC, Attribute
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.factors.item_attributes import genres_of
from recsys_core.report.page import report
from tests.pages.app import (
    PAGES,
    button_group,
    execute_all,
    first_fingerprint,
    go,
    headline,
    read,
    set_pins,
    texts,
    train_here,
)
from tests.pages.compare import show_view


def train_ease(store) -> None:
    train_here(store, first_fingerprint(store), "ease")


@pytest.fixture
def store(open_prepared):
    return open_prepared(train_ease)


@pytest.fixture
def app(store, open_app):
    """Compare, with the Re-rank view open, over the planted data and two models."""
    app = open_app("compare", compare_view="Re-rank")
    assert not app.exception, app.exception[0].message
    return app


def aim_for(app, name):
    app.session_state["rerank_aim"] = name
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def weigh(app, weight):
    app.slider(key="rerank_weight").set_value(weight).run()
    return app


def limit(app, *, genres=(), popularity=None, per_genre=0):
    if genres:
        app.multiselect(key="rerank_genres").set_value(list(genres))
    if popularity is not None:
        app.select_slider(key="rerank_popularity").set_value(popularity)
    app.slider(key="rerank_per_genre").set_value(per_genre)
    app.run()
    assert not app.exception, app.exception[0].message
    return app


def price(app) -> str:
    (sentence,) = (read(text.value) for text in app.main.markdown if "NDCG@" in text.value and "**" in text.value)
    return sentence


def pin(app, store):
    app.button(key="rerank_keep").click().run()
    assert not app.exception, app.exception[0].message
    return max(store.runs(), key=lambda run: run.id)


def parent_of(store, run):
    return next(each for each in store.runs() if each.fingerprint == run.recipe.parent)


@pytest.mark.parametrize(("aim", "measure"), [("Diversity", "Diversity@10"), ("Calibration", "Miscalibration@10")])
def test_the_price_is_the_difference_of_the_two_runs_afterwards(app, store, aim, measure):
    weigh(aim_for(app, aim), 0.5)
    sentence = price(app)
    run = pin(app, store)
    assert run.algorithm == "reranked" and run.recipe.aim == aim.lower() and run.recipe.dial == 0.5
    parent = parent_of(store, run)
    before, after = (store.evaluation(each.id, "validation") for each in (parent, run))
    verdict = Comparison(["a", "b"], [before, after], "ndcg", 10).verdicts[1, 0]
    difference = verdict.difference
    shown = format_interval(difference if difference.mean > 0 else -difference)
    assert measure in sentence and (shown in sentence or format_interval(difference, sign=True) in sentence)
    assert store.evaluation(run.id, "test") is not None
    assert store.epochs(run.id)[-1].seconds >= store.epochs(parent.id)[-1].seconds
    assert f"#{run.id} {parent.recipe.label}, re-ranked for {aim.lower()} 0.5" in texts(app.caption)
    assert app.button(key="rerank_keep").disabled


def test_filters_hold_in_every_list_of_both_subsets(app, store):
    dataset = store.dataset(first_fingerprint(store))
    names, membership = genres_of(dataset)
    limit(aim_for(app, "Diversity"), genres=names[:5], popularity=20, per_genre=3)
    run = pin(app, store)
    split = store.split_of(run)
    known = split.train.users_per_item <= 0.2 * np.count_nonzero(split.train.items_per_user)
    allowed = known & membership[:, :5].any(axis=1)
    lists = {"model": store.model(run.id).lists}
    lists |= {subset: store.evaluation(run.id, subset).top_items for subset in ("validation", "test")}
    users = {subset: store.evaluation(run.id, subset).users for subset in ("validation", "test")}
    users["model"] = np.arange(split.train.n_users)
    for kind, rows in lists.items():
        seen, _ = split.seen_and_held_out("test" if kind == "test" else "validation")
        assert (rows >= 0).any()
        for user, row in zip(users[kind], rows, strict=True):
            items = row[row >= 0]
            assert allowed[items].all() and len(set(items)) == len(items)
            assert not set(items) & set(seen.items[seen.of(user)])
            assert (membership[items[:10]] > 0).sum(axis=0).max(initial=0) <= 3


def test_a_run_that_may_have_seen_the_answers_hands_that_on(app, store):
    run = pin(weigh(app, 0.4), store)
    assert run.recipe.possibly_leaked_subsets == () and not run.recipe.caution
    leaked = replace(run.recipe, parent_leaks=("validation",))
    assert leaked.possibly_leaked_subsets == ("validation",) and "may have been trained on validation" in leaked.caution


def test_lists_of_a_best_epoch_say_that_it_was_chosen_on_validation(app, store):
    best = train_here(store, first_fingerprint(store), "bpr", n_factors=4, n_epochs=3, kept_model=BEST_EPOCH)
    other = next(run for run in store.runs() if run.algorithm == "ease")
    for parent in (best, other):
        run = pin(weigh(set_pins(app, [parent.id]), 0.4), store)
        assert run.recipe.parent == parent.fingerprint and run.recipe.comes_from_best_epoch == (parent is best)


@pytest.fixture
def with_pin(app, store):
    """A re-ranked run, pinned beside its parent."""
    return pin(app, store)


def test_every_page_opens_with_re_ranked_lists_pinned(app, with_pin):
    for page in PAGES:
        assert headline(go(app, page)), page


VIEWS = ("Verdict", "For whom", "Disagreement", "Popularity", "Cost", "Conventions", "Curves", "Table", "Re-rank")


def test_every_view_of_compare_takes_re_ranked_lists(app, with_pin):
    for view in VIEWS:
        show_view(app, view)
        assert not app.exception, (view, app.exception[0].message)


def test_person_blend_and_history_take_them(app, with_pin):
    go(app, "person")
    assert any("re-ranked for diversity" in str(column) for frame in app.dataframe for column in frame.value.columns)
    for page, key in (("person", "person_view"), ("optimise", "optimise"), ("what_if", "what_if")):
        go(app, page)
        for view in button_group(app, key).options:
            button_group(app, key).set_value(view).run()
            assert not app.exception, (page, view, app.exception[0].message)


def test_what_changes_nothing_and_what_leaves_nothing_is_said(app, store):
    before = len(store.runs())
    weigh(app, 0.0)
    assert "Raise the weight or set a filter" in texts(app.main.markdown)
    names, _ = genres_of(store.dataset(first_fingerprint(store)))
    limit(app, genres=names[:1], popularity=0.5)
    assert re.search("No item passes|leave nobody a list of 10 items", texts(app.info))
    assert len(store.runs()) == before and not [each for each in app.button if each.key == "rerank_keep"]


def test_without_attributes_calibration_says_so_and_diversity_goes_by_factors(still_store, open_app):
    dataset = generate(SyntheticRecipe(n_users=80, n_items=60, seed=5))
    fingerprint = still_store.add_dataset(replace(dataset, ground_truth=None, genres=()))
    train_here(still_store, fingerprint, "ease")
    app = open_app()
    app.session_state[DATA_KEY] = fingerprint
    go(app, "compare")
    show_view(app, "Re-rank")
    assert "Diversity@10" in price(app) and "truncated SVD" in texts(app.caption)
    assert app.multiselect(key="rerank_genres").disabled
    aim_for(app, "Calibration")
    assert "Calibration needs attributes of items" in texts(app.info)


def test_lists_made_before_the_genres_were_loaded_are_not_taken_for_those_made_after(still_store, open_app):
    described = replace(generate(SyntheticRecipe(n_users=80, n_items=60, seed=5)), ground_truth=None)
    fingerprint = still_store.add_dataset(replace(described, genres=()))
    model = train_here(still_store, fingerprint, "ease")
    before, after = (replace(described, genres=genres) for genres in ((), described.genres))
    kept = []
    for dataset in (before, after):
        still_store.add_dataset(dataset)
        app = open_app("compare", data=fingerprint, compare_view="Re-rank")
        set_pins(app, [model.id, *kept])
        assert not app.button(key="rerank_keep").disabled
        kept.append(pin(app, still_store).id)
        assert app.button(key="rerank_keep").disabled
    earlier, later = map(still_store.run, kept)
    assert earlier.recipe.described_by == "" and earlier.fingerprint != later.fingerprint
    assert (still_store.model(earlier.id).lists != still_store.model(later.id).lists).any()


def test_any_attribute_filters_the_lists_and_describes_them(still_store, open_app):
    dataset = generate(SyntheticRecipe(n_users=80, n_items=60, seed=5))
    attributes = {
        "brand": Attribute(CATEGORICAL, tuple("" if item % 5 == 0 else f"b{item % 3}" for item in range(60))),
        "year": Attribute(NUMERIC, tuple(str(1990 + item % 20) for item in range(60))),
    }
    fingerprint = still_store.add_dataset(replace(dataset, ground_truth=None, item_attributes=attributes))
    train_here(still_store, fingerprint, "ease")
    app = open_app()
    app.session_state[DATA_KEY] = fingerprint
    go(app, "compare")
    show_view(app, "Re-rank")
    app.selectbox(key="rerank_attribute").set_value("brand").run()
    app.multiselect(key="rerank_genres").set_value(["b1", "unknown"]).run()
    assert "Items are described by brand." in texts(app.caption) and not app.exception
    run = pin(app, still_store)
    allowed = attributes["brand"].has_any(["b1", "unknown"])
    lists = still_store.model(run.id).lists
    assert 0 < allowed.sum() < 60 and allowed[lists[lists >= 0]].all() and "of brand" in run.recipe.label
    app.selectbox(key="rerank_attribute").set_value("year").run()
    app.number_input(key="rerank_from").set_value(2000.0).run()
    assert not app.exception and "NDCG@10" in price(app)
    run = pin(app, still_store)
    lists = still_store.model(run.id).lists
    assert run.recipe.between == (2000, 2009) and run.recipe.only == ()
    assert attributes["year"].between(2000, 2009)[lists[lists >= 0]].all()


def test_with_the_test_open_the_price_is_that_on_the_test(app, store):
    sealed = price(app)
    app.button(key="reveal").click().run()
    opened = price(app)
    assert opened != sealed
    run = pin(app, store)
    before, after = (store.evaluation(each.id, "test") for each in (parent_of(store, run), run))
    difference = Comparison(["a", "b"], [before, after], "ndcg", 10).verdicts[1, 0].difference
    shown = format_interval(difference if difference.mean > 0 else -difference)
    assert shown in opened or format_interval(difference, sign=True) in opened
    np.testing.assert_array_equal(  # the model's own lists stay those of validation
        store.model(run.id).lists[store.evaluation(run.id, "validation").users],
        store.evaluation(run.id, "validation").top_items,
    )


def test_models_that_are_trained_again_are_not_re_ranked_and_lists_are_left_out(app, store, with_pin):
    app.button(key="reveal").click().run()
    app.toggle(key="learn_again").set_value(True).run()
    assert f"#{with_pin.id} " in texts(app.warning) and "left out below" in texts(app.warning)
    app.button(key="train_again").click().run()
    execute_all(store)
    app.run()
    assert "switch “Train again” off" in texts(app.main.markdown)


def test_lists_alone_cannot_be_re_ranked(app, with_pin):
    set_pins(app, [with_pin.id])
    assert "Only a model that scores every item can be re-ranked" in texts(app.main.markdown)


def test_a_report_takes_them(app, store, with_pin):
    parent = parent_of(store, with_pin)
    page = report(store, [parent, with_pin], subset="validation")
    assert f"#{with_pin.id} {parent.recipe.label}, re-ranked for diversity" in page


def test_what_people_own_is_left_out_after_an_upload_and_a_bad_file_changes_nothing(app, store):
    dataset = store.dataset(first_fingerprint(store))
    aim_for(app, "Filters only")
    app.file_uploader(key="rerank_owned_file").set_value(
        ("owned.csv", b"user,item\nnobody,nothing\n", "text/csv")
    ).run()
    assert "None of its ids is here" in texts(app.error)
    assert not [button for button in app.button if button.key == "rerank_keep"]
    own = store.evaluation(next(run.id for run in store.runs() if run.algorithm == "ease"), "validation")
    pairs = [(user, row[0]) for user, row in zip(own.users, own.top_items, strict=True) if row[0] >= 0]
    rows = [f"{dataset.user_ids[user]},{dataset.item_ids[item]}" for user, item in pairs]
    content = "\n".join(["user,item", *rows, "nobody,nothing"]).encode()
    app.file_uploader(key="rerank_owned_file").set_value(("owned.csv", content, "text/csv")).run()
    assert (
        not app.error and f"{len(pairs):,} pairs" in texts(app.main.markdown) and "1 row is" in texts(app.main.markdown)
    )
    app.session_state["rerank_run"] = next(run.id for run in store.runs() if run.algorithm == "ease")
    app.run()
    run = pin(app, store)
    assert run.recipe.n_owned == len(pairs) and "filtered" in run.label and f"{len(pairs):,} pairs" in run.notes
    for subset in ("validation", "test"):
        lists = store.evaluation(run.id, subset)
        owned = dict(pairs)
        assert all(owned.get(user) not in row for user, row in zip(lists.users, lists.top_items, strict=True))
    app.button(key="rerank_owned_forget").click().run()
    assert not [button for button in app.button if button.key == "rerank_keep"]
