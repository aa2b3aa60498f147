"""Splits never leak: laws over all methods and generated data."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.planted import PlantedRecipe, generate
from recsys_core.data.split import METHODS, NEEDS_TIME, SplitRecipe, split
from recsys_core.data.textbook import textbook
from recsys_core.errors import InputError

PARTS = ("train", "validation", "test")
laws = settings(max_examples=60, deadline=None)
every_method = pytest.mark.parametrize("method", METHODS)


@st.composite
def datasets(draw) -> Dataset:
    """Up to 8 people, some of them without ratings, with times that often coincide."""
    n_users, n_items = draw(st.integers(1, 8)), draw(st.integers(1, 12))
    chosen = draw(
        st.lists(st.lists(st.booleans(), min_size=n_items, max_size=n_items), min_size=n_users, max_size=n_users)
    )
    users, items = np.nonzero(chosen)
    times = draw(st.lists(st.integers(0, 15), min_size=len(users), max_size=len(users)))
    values = np.arange(1, len(users) + 1)  # all different, so that a mixed-up value shows
    return dataset_of(Interactions.from_triples(users, items, values, n_users, n_items), np.array(times, np.int64))


def dataset_of(data: Interactions, times=None) -> Dataset:
    user_ids, item_ids = (tuple(map(str, range(count))) for count in (data.n_users, data.n_items))
    return Dataset("drawn", data, user_ids, item_ids, "explicit", item_ids, times=times)


@st.composite
def recipes(draw, method) -> SplitRecipe:
    share = st.one_of(st.just(0.0), st.floats(0.01, 0.45))
    return SplitRecipe(method, draw(share), draw(share), draw(st.integers(0, 50)))


def triples(data: Interactions) -> list:
    return list(zip(data.users.tolist(), data.items.tolist(), data.values.tolist(), strict=True))


def times_of(part: Interactions, dataset: Dataset) -> np.ndarray:
    when = {(u, i): time for (u, i, _), time in zip(triples(dataset.interactions), dataset.times, strict=True)}
    return np.array([when[u, i] for u, i, _ in triples(part)], np.int64)


def gave_something_up(cut) -> np.ndarray:
    return (cut.validation.items_per_user + cut.test.items_per_user) > 0


def timed_planted_data() -> Dataset:
    data = generate(PlantedRecipe(n_users=80, n_items=60, picks=15))
    times = np.random.default_rng(1).permutation(data.interactions.n_interactions)
    return dataclasses.replace(data, times=times)


@every_method
@laws
@given(drawn=st.data())
def test_the_parts_are_disjoint_and_together_the_data(method, drawn):
    dataset, recipe = drawn.draw(datasets()), drawn.draw(recipes(method))
    cut = split(dataset, recipe)
    parts = [triples(getattr(cut, name)) for name in PARTS]
    assert sorted(parts[0] + parts[1] + parts[2]) == triples(dataset.interactions)
    assert cut.n_overlaps() == 0
    for name in PARTS:
        part = getattr(cut, name)
        assert (part.n_users, part.n_items) == (dataset.interactions.n_users, dataset.interactions.n_items)


@every_method
@laws
@given(drawn=st.data())
def test_nobody_is_scored_who_has_nothing_in_train(method, drawn):
    cut = split(drawn.draw(datasets()), drawn.draw(recipes(method)))
    assert np.all(cut.train.items_per_user[gave_something_up(cut)] > 0)


@every_method
@laws
@given(drawn=st.data())
def test_who_cannot_give_up_a_rating_stays_whole_in_train_and_is_counted(method, drawn):
    dataset = drawn.draw(datasets())
    cut = split(dataset, drawn.draw(recipes(method)))
    counts = dataset.interactions.items_per_user
    stayed = (cut.train.items_per_user == counts) & (counts > 0)
    assert cut.n_kept_whole == stayed.sum()
    assert np.all(stayed[counts == 1])


@every_method
@laws
@given(drawn=st.data())
def test_the_same_seed_cuts_the_same_way(method, drawn):
    dataset, recipe = drawn.draw(datasets()), drawn.draw(recipes(method))
    once, again = split(dataset, recipe), split(dataset, recipe)
    assert [triples(getattr(once, name)) for name in PARTS] == [triples(getattr(again, name)) for name in PARTS]
    assert once.fingerprint == again.fingerprint


@pytest.mark.parametrize("method", ["random per user", "leave one out"])
def test_another_seed_cuts_another_way(method):
    dataset = timed_planted_data()
    cuts = {tuple(triples(split(dataset, SplitRecipe(method, seed=seed)).test)) for seed in range(5)}
    assert len(cuts) == 5


@pytest.mark.parametrize("method", NEEDS_TIME)
def test_where_no_times_coincide_the_seed_has_no_say(method):
    dataset = timed_planted_data()
    cuts = {tuple(triples(split(dataset, SplitRecipe(method, seed=seed)).test)) for seed in range(3)}
    assert len(cuts) == 1


def test_of_equally_late_ratings_the_seed_chooses():
    data = textbook().interactions
    dataset = dataset_of(data, np.zeros(data.n_interactions, np.int64))
    cuts = {tuple(triples(split(dataset, SplitRecipe("leave last out", seed=seed)).test)) for seed in range(20)}
    assert len(cuts) > 1


@laws
@given(dataset=datasets(), test=st.floats(0, 0.45), validation=st.floats(0, 0.45), seed=st.integers(0, 9))
def test_a_random_share_of_each_persons_ratings_is_held_out(dataset, test, validation, seed):
    cut = split(dataset, SplitRecipe("random per user", validation, test, seed))
    for user, count in enumerate(dataset.interactions.items_per_user):
        at_most = max(count - 1, 0)
        assert cut.test.items_per_user[user] == min(round(count * test), at_most)
        left = at_most - cut.test.items_per_user[user]
        assert cut.validation.items_per_user[user] == min(round(count * validation), left)


@pytest.mark.parametrize("method", ["leave one out", "leave last out"])
@laws
@given(dataset=datasets(), seed=st.integers(0, 9))
def test_leaving_one_out_takes_one_rating_for_test_and_one_for_validation(method, dataset, seed):
    cut = split(dataset, SplitRecipe(method, seed=seed))
    counts = dataset.interactions.items_per_user
    np.testing.assert_array_equal(cut.test.items_per_user, counts >= 2)
    np.testing.assert_array_equal(cut.validation.items_per_user, counts >= 3)


@laws
@given(dataset=datasets(), seed=st.integers(0, 9))
def test_leave_last_out_holds_out_each_persons_latest(dataset, seed):
    cut = split(dataset, SplitRecipe("leave last out", seed=seed))
    for user in np.flatnonzero(gave_something_up(cut)):
        train, validation, test = (times_of(getattr(cut, name), dataset)[getattr(cut, name).of(user)] for name in PARTS)
        assert test.min() >= max(train.max(), validation.max(initial=0))
        assert validation.min(initial=99) >= train.max()


@laws
@given(drawn=st.data())
def test_by_time_nothing_in_train_is_as_late_as_what_is_held_out(drawn):
    dataset, recipe = drawn.draw(datasets()), drawn.draw(recipes("by time"))
    cut = split(dataset, recipe)
    scored = gave_something_up(cut)
    train, validation, test = (times_of(getattr(cut, name), dataset) for name in PARTS)
    train = train[scored[cut.train.users]]  # who could not be scored stays whole, late ratings included
    if len(test):
        assert max(train.max(), validation.max(initial=-1)) < test.min()
    if len(validation):
        assert train.max() < validation.min()


@laws
@given(drawn=st.data())
def test_by_time_no_moment_is_torn_apart_for_those_who_are_scored(drawn):
    dataset, recipe = drawn.draw(datasets()), drawn.draw(recipes("by time"))
    cut = split(dataset, recipe)
    scored = gave_something_up(cut)
    moments = [set(times_of(part, dataset)[scored[part.users]]) for part in (getattr(cut, name) for name in PARTS)]
    assert not (moments[0] & moments[1] or moments[0] & moments[2] or moments[1] & moments[2])


def test_by_time_ten_ratings_at_ten_moments_worked_by_hand():
    data = Interactions.from_triples([0] * 10, range(10), range(1, 11), 1, 10)
    cut = split(dataset_of(data, np.arange(10)), SplitRecipe("by time", validation=0.1, test=0.2))
    assert [getattr(cut, name).items.tolist() for name in PARTS] == [[0, 1, 2, 3, 4, 5, 6], [7], [8, 9]]


def test_by_time_holds_out_about_the_share_that_was_asked_for():
    cut = split(timed_planted_data(), SplitRecipe("by time", validation=0.1, test=0.2))
    total = sum(getattr(cut, name).n_interactions for name in PARTS)
    assert cut.test.n_interactions / total == pytest.approx(0.2, abs=0.01)
    assert cut.validation.n_interactions / total == pytest.approx(0.1, abs=0.01)


@every_method
def test_a_share_of_0_holds_nothing_out(method):
    cut = split(timed_planted_data(), SplitRecipe(method, validation=0.0, test=0.0))
    assert cut.validation.n_interactions == cut.test.n_interactions == 0
    assert cut.n_kept_whole == 80


@pytest.mark.parametrize("method", NEEDS_TIME)
def test_missing_times_are_answered_in_the_house_sentence(method):
    with pytest.raises(InputError, match=f"Splitting '{method}' must have a time for every rating.*choose"):
        split(textbook(), SplitRecipe(method))


@every_method
def test_data_without_ratings_can_be_split(method):
    dataset = dataset_of(Interactions.from_triples([], [], [], 3, 4), np.zeros(0, np.int64))
    cut = split(dataset, SplitRecipe(method))
    assert (cut.train.n_interactions, cut.n_kept_whole, cut.n_overlaps()) == (0, 0, 0)


def test_overlaps_are_counted_where_a_split_leaks():
    cut = split(textbook(), SplitRecipe(test=0.4, validation=0.0))
    leaking = dataclasses.replace(cut, train=textbook().interactions)
    assert leaking.n_overlaps() == cut.test.n_interactions > 0


def test_for_validation_only_train_is_seen_and_for_test_train_and_validation_are():
    cut = split(timed_planted_data())
    seen, held_out = cut.part("validation")
    assert triples(seen) == triples(cut.train) and triples(held_out) == triples(cut.validation)
    seen, held_out = cut.part("test")
    assert triples(seen) == sorted(triples(cut.train) + triples(cut.validation))
    assert triples(held_out) == triples(cut.test)
    with pytest.raises(InputError, match=r"must be 'validation' or 'test'\. Got 'train'"):
        cut.part("train")


def test_the_fingerprint_stands_for_the_data_and_for_every_setting():
    dataset = timed_planted_data()
    base = SplitRecipe()
    others = [{"method": "by time"}, {"validation": 0.2}, {"test": 0.3}, {"seed": 1}]
    fingerprints = {split(dataset, dataclasses.replace(base, **change)).fingerprint for change in [{}, *others]}
    fingerprints.add(split(textbook(), base).fingerprint)
    assert len(fingerprints) == len(others) + 2


def test_the_sentence_of_a_recipe_holds_what_counts_for_its_method_and_no_more():
    told = {method: SplitRecipe(method=method, validation=0.05, seed=7).sentence for method in METHODS}
    shares, seed = "5 % for validation, 20 % for the test", "seed 7"
    assert told == {
        "random per user": f"random per user, {shares}, {seed}",
        "leave one out": f"leave one out, {seed}",
        "leave last out": f"leave last out, {seed}",
        "by time": f"by time, {shares}",
    }
