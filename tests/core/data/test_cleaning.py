"""Mending: each step does what its sentence says, and steps can be told apart, repeated and taken back."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.cleaning import (
    CLEANING_STEPS,
    Binarise,
    KCore,
    RelevantFrom,
    SwapSides,
    TimeWindow,
    ZeroIsUnrated,
    clean,
    restore_steps,
    steps_to_settings,
)
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.k_core import peel_to_core
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.clean_stored import effect_from_json, effect_to_json

ONE_OF_EACH = [
    SwapSides(),
    ZeroIsUnrated(),
    Binarise(threshold=3.0),
    RelevantFrom(threshold=3.0),
    KCore(n=2),
    TimeWindow(start=100, end=900),
]


@st.composite
def datasets(draw) -> Dataset:
    pairs = draw(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 6)), min_size=1, max_size=40, unique=True))
    values = draw(st.lists(st.integers(0, 5), min_size=len(pairs), max_size=len(pairs)))
    times = draw(st.lists(st.integers(0, 1000), min_size=len(pairs), max_size=len(pairs)))
    users, items = np.array(sorted(pairs)).T
    return Dataset(
        name="drawn",
        interactions=Interactions.from_triples(users, items, values, 8, 7),
        user_ids=tuple(f"u{user}" for user in range(8)),
        item_ids=tuple(f"i{item}" for item in range(7)),
        feedback="explicit",
        titles=tuple(f"title {item}" for item in range(7)),
        genres=tuple((f"genre {item}",) for item in range(7)),
        times=np.array(times),
    )


def rows(dataset: Dataset) -> set[tuple]:
    """(person, item, value, time) of every rating, by raw id."""
    data = dataset.interactions
    people = [dataset.user_ids[user] for user in data.users]
    items = [dataset.item_ids[item] for item in data.items]
    times = [None] * len(people) if dataset.times is None else dataset.times.tolist()
    return set(zip(people, items, data.values.tolist(), times, strict=True))


def core_by_loops(found: set[tuple], n: int) -> set[tuple]:
    """Take out one person or item with too few ratings after another, until there is none."""
    found = set(found)
    while True:
        for side in (0, 1):
            for name in sorted({row[side] for row in found}):
                of_name = {row for row in found if row[side] == name}
                if len(of_name) < n:
                    found -= of_name
                    break
            else:
                continue
            break
        else:
            return found


def mended(dataset: Dataset, *steps) -> Dataset:
    return clean(dataset, steps)[0]


# What each step keeps


@given(datasets(), st.integers(1, 4))
def test_the_core_is_what_is_left_by_loops_and_the_same_when_taken_again(dataset, n):
    expected = core_by_loops(rows(dataset), n)
    if not expected:
        with pytest.raises(InputError, match="must leave something"):
            mended(dataset, KCore(n=n))
        return
    core = mended(dataset, KCore(n=n))
    assert rows(core) == expected
    assert core.interactions.items_per_user.min() >= n and core.interactions.users_per_item.min() >= n
    again, (effect, repeated) = clean(dataset, [KCore(n=n), KCore(n=n)])
    assert again.fingerprint == core.fingerprint
    assert not repeated.changed and repeated.sentence() == "Changes nothing."
    assert effect.n_ratings == len(rows(dataset)) - len(expected)


def test_a_chain_falls_link_by_link():
    """u0-i0-u1-i1-…: only the ends are weak, so each round takes what hangs at them."""
    users, items = [0, 1, 1, 2, 2, 3, 3, 4, 4], [0, 0, 1, 1, 2, 2, 3, 3, 4]
    ring = ([5, 5, 6, 6], [5, 6, 5, 6])
    data = Interactions.from_triples(users + ring[0], items + ring[1], np.ones(13), 7, 7)
    inside, left = peel_to_core(data, 2)
    assert left == (11, 9, 7, 5, 4)
    assert set(data.users[inside]) == {5, 6} and set(data.items[inside]) == {5, 6}


@given(datasets())
def test_swapping_twice_changes_nothing_and_once_turns_every_rating(dataset):
    once = mended(dataset, SwapSides())
    assert rows(once) == {(item, person, value, time) for person, item, value, time in rows(dataset)}
    assert once.titles == dataset.user_ids
    assert mended(dataset, SwapSides(), SwapSides()).fingerprint == dataset.fingerprint


@given(datasets())
def test_zeros_are_left_out(dataset):
    expected = {row for row in rows(dataset) if row[2] != 0}
    if expected:
        assert rows(mended(dataset, ZeroIsUnrated())) == expected
    else:
        with pytest.raises(InputError):
            mended(dataset, ZeroIsUnrated())


@given(datasets(), st.integers(1, 5))
def test_likes_are_the_ratings_from_the_threshold_on(dataset, threshold):
    expected = {(person, item, 1.0, time) for person, item, value, time in rows(dataset) if value >= threshold}
    if not expected:
        return
    likes = mended(dataset, Binarise(threshold=threshold))
    assert rows(likes) == expected and likes.feedback == "implicit"


def test_a_threshold_that_float32_rounds_keeps_the_ratings_equal_to_it():
    data = Interactions.from_triples([0, 0], [0, 1], [0.1, 0.05], 1, 2)
    dataset = Dataset("tenths", data, ("u",), ("a", "b"), "explicit", ("a", "b"))
    assert mended(dataset, Binarise(threshold=0.1)).item_ids == ("a",)


@given(datasets(), st.integers(0, 1000), st.integers(0, 1000))
def test_a_window_holds_its_first_second_and_not_its_last(dataset, start, end):
    expected = {row for row in rows(dataset) if start <= row[3] < end}
    if expected:
        assert rows(mended(dataset, TimeWindow(start=start, end=end))) == expected
    else:
        with pytest.raises(InputError, match="must leave something"):
            mended(dataset, TimeWindow(start=start, end=end))


def test_a_window_needs_times():
    with pytest.raises(InputError, match="must have times"):
        mended(generate(), TimeWindow())


# What holds for every step


@settings(max_examples=50)
@given(datasets(), st.lists(st.sampled_from(ONE_OF_EACH), max_size=4))
def test_the_same_steps_give_the_same_data_and_names_stay_with_their_items(dataset, steps):
    try:
        first, effects = clean(dataset, steps)
    except InputError:
        return
    assert mended(dataset, *restore_steps(steps_to_settings(steps))).fingerprint == first.fingerprint
    assert len(effects) == len(steps)
    assert first.interactions.n_interactions == dataset.interactions.n_interactions - sum(e.n_ratings for e in effects)
    data = first.interactions
    if not all(isinstance(step, SwapSides | RelevantFrom) for step in steps):
        assert data.items_per_user.min() > 0 and data.users_per_item.min() > 0
    assert len(first.user_ids) == data.n_users
    assert len(first.item_ids) == len(first.titles) == data.n_items
    if SwapSides() not in steps:
        assert all(title == f"title {item[1:]}" for item, title in zip(first.item_ids, first.titles, strict=True))
        assert all(genre == (f"genre {i[1:]}",) for i, genre in zip(first.item_ids, first.genres, strict=True))


@settings(max_examples=50)
@given(datasets(), st.sampled_from(ONE_OF_EACH))
def test_a_step_that_changes_something_changes_the_fingerprint_and_not_the_data_before(dataset, step):
    before, fingerprint = rows(dataset), dataset.fingerprint
    try:
        after, (effect,) = clean(dataset, [step])
    except InputError:
        return
    assert rows(dataset) == before
    assert effect.changed == (after.fingerprint != fingerprint)
    assert replace(dataset).fingerprint == fingerprint  # computed anew, from the same arrays


def test_without_steps_the_data_itself_comes_back():
    dataset = generate()
    assert clean(dataset, []) == (dataset, ())


def test_the_name_and_the_origin_tell_the_steps():
    dataset = generate()
    core = mended(dataset, KCore(n=8), SwapSides())
    assert core.name == f"{dataset.name}, 8-core, swapped"
    assert core.origin["source"] == dataset.fingerprint
    assert restore_steps(core.origin["steps"]) == (KCore(n=8), SwapSides())


def test_the_planted_truth_goes_along():
    """Whoever stays keeps their tastes: the truth's best item must still be of the item's own genre."""
    dataset = generate(SyntheticRecipe(n_users=80, n_items=60, picks=8.0))
    core = mended(dataset, KCore(n=6))
    assert 0 < core.interactions.n_users < 80 or 0 < core.interactions.n_items < 60
    for name, tastes in zip(core.user_ids, core.ground_truth.user_tastes, strict=True):
        assert np.array_equal(tastes, dataset.ground_truth.user_tastes[dataset.user_ids.index(name)])
    for name, tastes, popularity in zip(
        core.item_ids, core.ground_truth.item_tastes, core.ground_truth.popularity, strict=True
    ):
        place = dataset.item_ids.index(name)
        assert np.array_equal(tastes, dataset.ground_truth.item_tastes[place])
        assert popularity == dataset.ground_truth.popularity[place]


def test_the_sentence_counts_what_is_gone():
    # Two people share two items; a third has one item for itself and one of theirs.
    data = Interactions.from_triples([0, 0, 1, 1, 2, 2], [0, 1, 0, 1, 1, 2], np.ones(6), 3, 3)
    dataset = Dataset("six", data, ("a", "b", "c"), ("x", "y", "z"), "explicit", ("x", "y", "z"))
    _, (effect,) = clean(dataset, [KCore(n=2)])
    assert (
        effect.sentence() == "Removes 2 interactions (33%), 1 person and 1 item, in 2 rounds: 6 → 5 → 4 interactions."
    )


def test_the_sentence_of_a_swap_names_what_it_drops():
    planted = generate(SyntheticRecipe(n_users=30, n_items=20))
    about = {"age": ("9",) * 30}
    for dataset, said in (
        (planted, "drops the genres and the planted tastes."),
        (replace(planted, ground_truth=None, titles=("a",) * 20), "drops the titles and the genres."),
        (replace(planted, user_attributes=about), "the attributes of the people and the planted tastes"),
        (replace(planted, genres=(), ground_truth=None), "loses nothing."),
    ):
        _, (effect,) = clean(dataset, [SwapSides()])
        assert said in effect.sentence() and effect_from_json(effect_to_json(effect)) == effect


def test_the_sentence_of_a_threshold_says_how_many_count_before_and_after():
    values = np.repeat([1.0, 2.0, 3.0, 4.0, 5.0], [1, 2, 3, 4, 5])
    data = Interactions.from_triples(np.arange(15), np.zeros(15, int), values, 15, 1)
    names = tuple(map(str, range(15)))
    _, effects = clean(
        Dataset("15", data, names, ("x",), "explicit", ("x",)),
        [RelevantFrom(4.0), RelevantFrom(2.0), RelevantFrom(1.5)],
    )
    assert [effect.sentence() for effect in effects] == [
        "Keeps all 15 ratings; 9 count as relevant, where 15 did before.",
        "Keeps all 15 ratings; 14 count as relevant, where 9 did before.",
        "Keeps all 15 ratings; 14 count as relevant, as before.",
    ]


def test_every_step_can_be_named():
    assert {type(step) for step in ONE_OF_EACH} == set(CLEANING_STEPS.values())
    assert all(step.short_name and step.title for step in ONE_OF_EACH)


@pytest.mark.parametrize("bad", [{"n": 0}, {"n": 1.5}, {"n": "5"}])
def test_a_bad_value_is_refused(bad):
    with pytest.raises(InputError, match="The 'n' of the k-core must be"):
        KCore(**bad)
