"""A recipe of re-ranking carried out: filters come before the candidates, limits hold, what has no effect is alike."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.reranked import Reranked
from recsys_core.data.attributes import CATEGORICAL, NUMERIC, Attribute
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import TOP_DEPTH, evaluate
from recsys_core.evaluation.list_context import list_context
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.factors.item_attributes import described_by, genres_of
from recsys_core.reranking.rerank import DEPTH, count_short_lists, find_candidates, rerank


@pytest.fixture(scope="module")
def data():
    dataset = generate(SyntheticRecipe(n_users=150, n_items=500, seed=3))
    split = make_split(dataset)
    context = list_context(dataset, split, evaluate_reference_models(dataset, split, "validation")["Popularity"])
    return dataset, split, context


@pytest.fixture(scope="module", params=["implicit_als", "ease"])
def model(request, data):
    *_, last = ALGORITHMS[request.param]().epochs(data[1].train)
    return last.model


def lists_of(model, data, recipe, subset="validation"):
    dataset, split, context = data
    return rerank(find_candidates(model, dataset, split, subset, recipe), dataset, split, recipe, context)


@pytest.mark.parametrize("subset", ["validation", "test"])
def test_without_an_aim_the_lists_are_the_models_own(model, data, subset):
    lists = lists_of(model, data, Reranked(), subset)
    own, ours = (evaluate(each, data[1], subset) for each in (model, lists))
    np.testing.assert_array_equal(own.top_items, ours.top_items)
    assert own.mean("ndcg", 10) == ours.mean("ndcg", 10)


def test_a_filter_keeps_the_best_of_what_passes_however_far_down_it_is(model, data):
    dataset, split, _ = data
    names, membership = genres_of(dataset)
    recipe = Reranked(only=names[:1], most_people=0.05)
    allowed = (membership[:, 0] > 0) & (
        split.train.users_per_item <= 0.05 * np.count_nonzero(split.train.items_per_user)
    )
    scores = model.scores(np.arange(split.train.n_users))
    lists = lists_of(model, data, recipe).lists
    for user, row in enumerate(lists):
        seen = split.train.items[split.train.of(user)]
        rest = np.setdiff1d(np.flatnonzero(allowed), seen)
        items = row[row >= 0]
        assert len(items) == min(TOP_DEPTH, len(rest)) and set(items) <= set(rest)
        if len(items) < len(rest):
            left_out = np.setdiff1d(rest, items)
            assert scores[user, items].min() >= scores[user, left_out].max() - 1e-5
        assert np.all(np.diff(scores[user, items]) <= 1e-5)


@pytest.mark.parametrize("aim", ["none", "diversity", "calibration"])
def test_a_limit_per_genre_holds_among_the_first_and_nothing_else_is_lost(model, data, aim):
    _, membership = genres_of(data[0])
    free = lists_of(model, data, Reranked(aim=aim, dial=0.3)).lists
    limited = lists_of(model, data, Reranked(aim=aim, dial=0.3, most_per_genre=2, length=10)).lists
    assert np.any(membership[free[:, :10]].sum(axis=1) > 2)
    for row in limited:
        first = row[:10]
        assert membership[first[first >= 0]].sum(axis=0).max(initial=0) <= 2
        if (first < 0).any():
            assert (row[10:] < 0).all()
    full = (limited[:, :10] >= 0).all(axis=1)
    assert full.any()
    for before, after in zip(free[full], limited[full], strict=True):
        assert len(set(after[after >= 0])) == len(after[after >= 0]) == len(before[before >= 0])


def test_the_first_items_do_not_depend_on_the_depth(model, data):
    short = find_candidates(model, data[0], data[1], "validation", Reranked())
    assert short.items.shape == (150, DEPTH)
    limited = lists_of(model, data, Reranked(aim="diversity", dial=0.5, most_per_genre=1000, length=10)).lists
    np.testing.assert_array_equal(limited, lists_of(model, data, Reranked(aim="diversity", dial=0.5)).lists)


def test_what_cannot_be_asked_for_is_said(model, data):
    with pytest.raises(InputError, match="No item here has Polka"):
        lists_of(model, data, Reranked(only=("Polka",)))
    few = generate(SyntheticRecipe(n_users=150, n_items=20, seed=3))
    split = make_split(few)
    assert split.train.users_per_item.min() > 0
    with pytest.raises(InputError, match="No item passes"):
        find_candidates(model, few, split, "validation", Reranked(most_people=0))
    with pytest.raises(InputError, match="cannot be trained"):
        next(Reranked().epochs(data[1].train))


def test_lists_that_are_too_short_are_counted(model, data):
    names, _ = genres_of(data[0])
    few = lists_of(model, data, Reranked(only=names[:1], most_people=0.02))
    users = np.arange(100)
    counted = count_short_lists(few, users, 10)
    lengths = (few.lists[users] >= 0).sum(axis=1)
    assert (counted.n_users, counted.n_short, counted.longest) == (100, int((lengths < 10).sum()), lengths.max())


def test_a_recipe_says_what_was_done_and_forgets_what_had_no_effect():
    assert Reranked(aim="diversity", dial=0) == Reranked(dial=0.4) == Reranked(most_per_genre=3) == Reranked(length=10)
    assert not Reranked(length=10).changes_anything
    recipe = Reranked(parent_label="ALS", aim="calibration", dial=0.3, only=["Drama"], most_people=0.05)
    assert recipe.label == "ALS, filtered and re-ranked for calibration 0.3"
    assert recipe.filters_sentence == (
        "Filters: only Drama; only items that at most 5% of the people have chosen in training."
    )
    assert recipe == Reranked(**recipe.settings()) and hash(recipe)


@pytest.fixture(scope="module")
def described(data):
    """The data with a brand, unknown of every fifth item, and a price of the items; a split and a context by each."""
    dataset, split, _ = data
    n = len(dataset.item_ids)
    attributes = {
        "brand": Attribute(CATEGORICAL, tuple("" if item % 5 == 0 else f"b{item % 7}" for item in range(n))),
        "price": Attribute(NUMERIC, tuple("" if item % 9 == 0 else f"{item / 4:g}" for item in range(n))),
    }
    dataset = replace(dataset, item_attributes=attributes)
    popularity = evaluate_reference_models(dataset, split, "validation")["Popularity"]
    return {name: (dataset, split, list_context(dataset, split, popularity, name)) for name in attributes}


def test_any_attribute_filters_also_numbers_and_what_is_unknown(model, described):
    n = described["brand"][0].interactions.n_items
    brand = np.array([f"b{item % 7}" if item % 5 else "unknown" for item in range(n)])
    for recipe, allowed in (
        (Reranked(attribute="brand", only=("b1", "unknown")), np.isin(brand, ["b1", "unknown"])),
        (Reranked(attribute="price", between=(10, 20.5)), (np.arange(n) % 9 > 0) & (np.arange(n) >= 40)
         & (np.arange(n) <= 82)),
    ):  # fmt: skip
        lists = lists_of(model, described[recipe.attribute], recipe).lists
        assert (lists >= 0).sum() > len(lists) and allowed[lists[lists >= 0]].all()
    with pytest.raises(InputError, match="No item here has b9"):
        lists_of(model, described["brand"], Reranked(attribute="brand", only=("b9",)))
    with pytest.raises(InputError, match="have no 'colour'"):
        lists_of(model, described["brand"], Reranked(attribute="colour", most_per_genre=1, length=5))


def test_the_aim_and_the_limit_go_by_the_attribute(model, described):
    for name in ("brand", "price"):
        dataset, _, context = described[name]
        names, membership = described_by(dataset, name)
        assert context.features_name == name and len(names) == {"brand": 7, "price": 4}[name]
        free = lists_of(model, described[name], Reranked()).lists[:, :10]
        spread = lists_of(model, described[name], Reranked(aim="diversity", dial=0.9, attribute=name)).lists[:, :10]
        limited = lists_of(model, described[name], Reranked(attribute=name, most_per_genre=2, length=10)).lists[:, :10]
        n_values = [np.mean([membership[row].max(axis=0).sum() for row in lists]) for lists in (free, spread)]
        assert n_values[1] > n_values[0]
        assert all(membership[row[row >= 0]].sum(axis=0).max() <= 2 for row in limited)
        for user, row in enumerate(lists_of(model, described[name], Reranked(aim="calibration", dial=0.2,
                                                                             attribute=name)).lists):  # fmt: skip
            assert len(set(row[row >= 0])) == (row >= 0).sum(), user


def test_a_recipe_without_an_attribute_has_the_settings_that_it_had():
    old = Reranked(parent="x", aim="diversity", dial=0.3, only=("Drama",))
    assert not {"attribute", "between"} & old.settings().keys()
    assert Reranked(attribute="brand", most_people=0.1) == Reranked(most_people=0.1)
    new = Reranked(aim="diversity", dial=0.3, attribute="price", between=[-1, 2.5])
    assert new == Reranked(**new.settings()) and hash(new) and new.label == "Lists, filtered and re-ranked for "\
        "diversity of price 0.3"  # fmt: skip
    assert new.filters_sentence == "Filters: only price −1 to 2.5."
