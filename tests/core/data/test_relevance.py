"""Relevance: a threshold on the data tells likes from dislikes, for learners of choices and ranking metrics."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.item_knn import ItemKNN
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.data.cleaning import Binarise, KCore, RelevantFrom, SwapSides, ZeroIsUnrated, clean
from recsys_core.data.corruption import AddBots, DropShare, ShuffleUser, corrupt_split
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.data.relevance import (
    describe_relevance,
    dislikes_below,
    suggest_threshold,
    threshold_choices,
)
from recsys_core.data.split import make_split
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.links.data_slug import read_data_slug, write_data_slug
from recsys_core.per_user.ranked_list import select_user
from recsys_core.per_user.score_terms import rating_terms
from recsys_core.store.npz_codec import pack_dataset, pack_model, unpack_dataset, unpack_model
from tests.core.data.rated_data import CHOICES, around_zero, last_model, rated

# Interactions


def test_relevant_is_what_reaches_the_threshold_and_never_what_is_below_zero():
    data = around_zero().interactions
    assert data.is_relevant.tolist() == [value >= 0 for value in data.values]
    assert replace(data, relevance_threshold=2).is_relevant.tolist() == [value >= 2 for value in data.values]
    assert data.relevant.n_interactions == sum(value >= 0 for value in data.values)
    everything = rated().interactions
    assert everything.relevant is everything, "no copy, and no bit changes, where all are relevant"


def test_the_threshold_stays_with_what_is_made_of_the_interactions():
    data = rated(threshold=4).interactions
    kept = [
        data.select(data.values > 1),
        data.transposed,
        data.relevant,
        data.select(data.values > 3).joined(data.select(data.values <= 3)),
        select_user(data, 3),
        *(make_split(rated(threshold=4)).seen_and_held_out("test")),
    ]
    assert {each.relevance_threshold for each in kept} == {4}
    with pytest.raises(InputError, match="same relevance threshold"):
        data.joined(replace(data, relevance_threshold=None))


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf])
def test_a_threshold_below_zero_or_of_no_number_is_refused(bad):
    with pytest.raises(InputError, match="must lie in 0 to 1·10¹²"):
        replace(rated().interactions, relevance_threshold=bad)


# The data set


def test_only_a_threshold_changes_the_fingerprint():
    plain = rated()
    prints = [clean(plain, [RelevantFrom(each)])[0].fingerprint for each in (3, 4)]
    assert len({plain.fingerprint, *prints}) == 3
    splits = [make_split(data).fingerprint for data in (plain, rated(threshold=4))]
    assert splits[0] != splits[1]


def test_a_stored_data_set_keeps_its_threshold():
    for dataset in (rated(), rated(threshold=4)):
        back = unpack_dataset(pack_dataset(dataset))
        assert back.relevance_threshold == dataset.relevance_threshold and back.fingerprint == dataset.fingerprint


@pytest.mark.parametrize("step", [KCore(3), SwapSides(), ZeroIsUnrated()])
def test_other_steps_leave_the_threshold_and_likes_alone_end_it(step):
    assert clean(rated(threshold=4), [step])[0].relevance_threshold == 4
    assert clean(rated(threshold=4), [Binarise(3)])[0].relevance_threshold is None


def test_a_threshold_that_nothing_reaches_is_refused():
    with pytest.raises(InputError, match=r"At least one rating must be relevant\. None of"):
        clean(rated(), [RelevantFrom(6)])


def test_damage_leaves_the_threshold_alone():
    dataset = rated(threshold=4)
    split = make_split(dataset)
    for damage in (DropShare(0.3), AddBots(), ShuffleUser()):
        damaged = corrupt_split(dataset, split, (damage,))
        assert damaged.train.relevance_threshold == damaged.seen_and_held_out("test")[1].relevance_threshold == 4
        evaluate(last_model(Popularity(), damaged.train), damaged)


def on_scale(*values, feedback="explicit") -> Dataset:
    users, items = np.indices((len(values), 1)).reshape(2, -1)
    data = Interactions.from_triples(users, items, values, len(values), 1)
    return Dataset("", data, tuple(map(str, range(len(values)))), ("a",), feedback, ("a",))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 3, 4, 5], 4),
        ([0.5, 1, 1.5, 4.5, 5], 4),
        (range(1, 11), 7),
        (range(101), 70),
        ([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4], 3),
        ([1, 2, 3], 3),
        ([1, 2, 3, 4, 5, 6, 7], 5),
        ([-1, 0, 1], 1),
        ([-9.5, -0.5, 0.25, 8], None),
        ([0, 1], 1),
        ([-3, -2], None),
        ([3, 3], None),
    ],
)
def test_the_suggested_threshold_lies_where_people_begin_to_like(values, expected):
    found = suggest_threshold(on_scale(*values))
    assert (found and found.threshold) == expected
    assert found is None or found.reason


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([*(1, 2, 3, 4, 5) * 40, 55], 4),
        ([*(1, 2, 3, 4, 5) * 40, 100], 4),
        ([*(1, 2, 3, 4, 5, 6, 7) * 40, 55], 5),
        ([*[1] * 200, 2], None),
    ],
)
def test_a_mistyped_rating_does_not_move_the_suggestion_to_where_hardly_any_rating_is(values, expected):
    found = suggest_threshold(on_scale(*values))
    assert (found and found.threshold) == expected
    assert found is None or "hardly any rating exceeds" in found.reason


@pytest.mark.parametrize(
    ("values", "expected"), [([-1, *(1, 2, 3, 4, 5) * 40], 4), ([-1, *(0, 1) * 100], 1), ([-1, *[1] * 200], None)]
)
def test_a_rating_below_zero_among_many_above_is_no_scale_around_zero(values, expected):
    dataset = on_scale(*values)
    found = suggest_threshold(dataset)
    assert (found and found.threshold) == dislikes_below(dataset) == expected


def test_counts_have_no_threshold_and_dislikes_lie_below_the_rule_in_force():
    assert suggest_threshold(on_scale(1, 2, 30, feedback="implicit")) is None
    assert threshold_choices(on_scale(1, 2, 30, feedback="implicit")) == []
    assert dislikes_below(on_scale(1, 2, 30, feedback="implicit")) is None
    assert dislikes_below(rated()) == 4, "the suggested one, where everything counts"
    assert dislikes_below(rated(threshold=3)) == 3
    assert dislikes_below(around_zero()) == 0
    assert describe_relevance(rated()) == "every rating, even the lowest (1)"
    assert describe_relevance(rated(threshold=4)) == "ratings of at least 4"
    assert describe_relevance(around_zero()) == "ratings of at least 0"
    assert describe_relevance(clean(around_zero(), [RelevantFrom(1)])[0]) == "ratings above 0"
    assert threshold_choices(rated()) == [2, 3, 4, 5]
    assert threshold_choices(around_zero()) == [1, 2]


# The link


@pytest.mark.parametrize("source", [rated(), load_example_5x5()])
def test_a_link_carries_the_threshold_so_that_another_server_makes_the_same_data(source):
    dataset = clean(source, [RelevantFrom(4)])[0]
    word = read_data_slug(write_data_slug(dataset, source))
    assert word.make().fingerprint == word.fingerprint == dataset.fingerprint
    assert word.source == read_data_slug(write_data_slug(source)) and word.is_quick


def test_of_a_file_the_link_names_the_file_and_the_threshold():
    source = replace(rated(), name="r~relevant-3~x.csv", origin={"kind": "file"})
    dataset = clean(source, [RelevantFrom(3.5)])[0]
    text = write_data_slug(dataset, source)
    assert text.endswith(f"~relevant-3.5~{dataset.fingerprint}")
    word = read_data_slug(text)
    assert word.make is None and word.source.fingerprint == source.fingerprint
    assert word.make_from(source).fingerprint == dataset.fingerprint
    longer = clean(source, [KCore(2), RelevantFrom(3.5)])[0]
    assert read_data_slug(write_data_slug(longer, source)).source is None, (
        "of more steps the link tells the fingerprint only"
    )


@pytest.mark.parametrize("text", ["planted~relevant--2~0123456789abcdef", "planted~relevant-x~0123456789abcdef"])
def test_a_threshold_that_cannot_be_is_refused_in_a_link(text):
    with pytest.raises(InputError, match="'threshold' of the relevance threshold must be"):
        read_data_slug(text)


# Learning


def hated_by_all() -> Interactions:
    """40 people love items 0 to 4 and all but person 0 hate item 10; nobody has met item 11. (implicit#385)"""
    rng = np.random.default_rng(0)
    triples = []
    for user in range(40):
        triples += [(user, item, 9.0) for item in range(5) if rng.random() < 0.9]
        triples += [(user, 10, -9.0)] if user else []
        triples.append((user, 5 + user % 5, 3.0))
    return Interactions.from_triples(*np.array(triples, int).T[:2], np.array(triples)[:, 2], 40, 12)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CHOICES)
def test_what_all_hate_scores_no_higher_than_what_nobody_knows(name, seed):
    train = hated_by_all()
    scores = last_model(ALGORITHMS[name].defaults_for(train), train, seed).scores(np.array([0]))[0]
    assert scores[10] <= scores[11] + 1e-6
    if name in ("bpr", "lambdarank"):
        assert scores[10] < scores[11] - 0.005, "learners from pairs compare likes with dislikes and push these down"


@pytest.mark.parametrize("name", ["implicit_als", "ease", "item_knn", "svd"])
def test_without_a_loss_on_pairs_a_dislike_is_as_if_it_were_not_there(name):
    train = rated(threshold=4).interactions
    recipe = ALGORITHMS[name]()
    ours, theirs = (last_model(recipe, each).scores(np.arange(80)) for each in (train, train.select(train.values >= 4)))
    np.testing.assert_array_equal(ours, theirs)


def test_what_is_suited_to_the_data_and_popularity_look_at_likes_only():
    train = rated(threshold=4).interactions
    for name in ("implicit_als", "bpr", "lambdarank"):
        assert ALGORITHMS[name].defaults_for(train) == ALGORITHMS[name].defaults_for(train.relevant)
    likes = [int(np.sum((train.items == item) & (train.values >= 4))) for item in range(train.n_items)]
    assert last_model(Popularity(), train).item_bias.tolist() == likes


@pytest.mark.parametrize("name", CHOICES)
def test_a_person_with_dislikes_is_folded_in_from_what_they_like(name):
    train = rated(threshold=4).interactions
    recipe = ALGORITHMS[name]()
    model = last_model(recipe, train)
    person = select_user(train, int(np.argmax(train.items_per_user)))
    worse = replace(person, values=np.where(person.is_relevant, person.values, 1).astype(np.float32))
    items = np.arange(train.n_items)
    ours, theirs = (recipe.fold_in(model, train, each).scores(np.array([0])) for each in (person, worse))
    np.testing.assert_array_equal(ours, theirs)
    if name not in ("bpr", "lambdarank"):
        parts = rating_terms(recipe, recipe.fold_in(model, train, person), train, person, items)
        assert parts.shape == (person.n_interactions, len(items)) and not parts[~person.is_relevant].any()
        np.testing.assert_allclose(parts.sum(axis=0), ours[0], atol=1e-3)


def test_a_stored_model_of_items_scores_as_before():
    model = last_model(ItemKNN(), rated(threshold=4).interactions)
    back = unpack_model(pack_model(model))
    np.testing.assert_array_equal(back.scores(np.arange(80)), model.scores(np.arange(80)))
