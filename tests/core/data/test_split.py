"""Splits never leak: laws over all methods and generated data."""

import dataclasses
import hashlib
import itertools

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import (
    GIVEN,
    METHODS,
    NEEDS_TIME,
    OLD_BY_TIME,
    OLD_CAUTION,
    SplitRecipe,
    make_split,
    offered_methods,
)
from recsys_core.errors import InputError
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.parameters import parameters
from tests import real_data
from tests.core.data.drawn_splits import (
    STRICT,
    dataset_of,
    datasets,
    drawn_split,
    every_method,
    laws,
    timed_planted_data,
    times_of,
    triples,
)
from tests.oracles import popularity_ndcg

SUBSETS = ("train", "validation", "test", "left_out")
GOLDEN = {
    "random per user": ("36e9c24018f8d75b", "38934e206bc9abbb"),
    "leave one out": ("31c6fc4e0e440672", "1f8f284732a737c6"),
    "leave last out": ("f94f21ebef79a0a6", "f1354ceec7f11366"),
    OLD_BY_TIME: ("255d46157e22de9f", "574b95a9f8213928"),
}


def gave_something_up(split) -> np.ndarray:
    return (split.validation.items_per_user + split.test.items_per_user) > 0


@every_method
@laws
@given(drawn=st.data())
def test_the_parts_are_disjoint_and_together_the_data(method, drawn):
    dataset, split = drawn_split(drawn, method)
    assert sorted(row for name in SUBSETS for row in triples(getattr(split, name))) == triples(dataset.interactions)
    assert split.n_overlaps() == 0
    for name in SUBSETS:
        part = getattr(split, name)
        assert (part.n_users, part.n_items) == (dataset.interactions.n_users, dataset.interactions.n_items)


@every_method
@laws
@given(drawn=st.data())
def test_nobody_is_scored_who_has_nothing_in_train(method, drawn):
    _, split = drawn_split(drawn, method)
    assert np.all(split.train.items_per_user[gave_something_up(split)] > 0)


@every_method
@laws
@given(drawn=st.data())
def test_left_out_is_only_who_has_nothing_in_train_and_only_strictly_by_time(method, drawn):
    dataset, split = drawn_split(drawn, method)
    is_left_out = split.left_out.items_per_user > 0
    assert method == STRICT or not is_left_out.any()
    np.testing.assert_array_equal(
        is_left_out, (split.train.items_per_user == 0) & (dataset.interactions.items_per_user > 0)
    )


@every_method
@laws
@given(drawn=st.data())
def test_who_stays_whole_in_train_is_counted(method, drawn):
    dataset, split = drawn_split(drawn, method)
    counts = dataset.interactions.items_per_user
    stayed = (split.train.items_per_user == counts) & (counts > 0)
    assert split.n_kept_whole == stayed.sum()
    assert np.all((stayed | (split.left_out.items_per_user == 1))[counts == 1])  # nobody gives their only rating up


@every_method
@laws
@given(drawn=st.data())
def test_the_same_seed_cuts_the_same_way(method, drawn):
    dataset, once = drawn_split(drawn, method)
    again = make_split(dataset, once.recipe)
    assert [triples(getattr(once, name)) for name in SUBSETS] == [triples(getattr(again, name)) for name in SUBSETS]
    assert once.fingerprint == again.fingerprint


@pytest.mark.parametrize("method", ["random per user", "leave one out"])
def test_another_seed_cuts_another_way(method):
    dataset = timed_planted_data()
    splits = {tuple(triples(make_split(dataset, SplitRecipe(method, seed=seed)).test)) for seed in range(5)}
    assert len(splits) == 5


@pytest.mark.parametrize("method", NEEDS_TIME)
def test_where_no_times_coincide_the_seed_has_no_say(method):
    dataset = timed_planted_data()
    splits = {tuple(triples(make_split(dataset, SplitRecipe(method, seed=seed)).test)) for seed in range(3)}
    assert len(splits) == 1


def test_of_equally_late_ratings_the_seed_chooses():
    data = load_example_5x5().interactions
    dataset = dataset_of(data, np.zeros(data.n_interactions, np.int64))
    splits = {tuple(triples(make_split(dataset, SplitRecipe("leave last out", seed=seed)).test)) for seed in range(20)}
    assert len(splits) > 1


@laws
@given(dataset=datasets(), test=st.floats(0, 0.45), validation=st.floats(0, 0.45), seed=st.integers(0, 9))
def test_a_random_share_of_each_persons_ratings_is_held_out(dataset, test, validation, seed):
    split = make_split(dataset, SplitRecipe("random per user", validation, test, seed))
    for user, count in enumerate(dataset.interactions.items_per_user):
        at_most = max(count - 1, 0)
        assert split.test.items_per_user[user] == min(round(count * test), at_most)
        left = at_most - split.test.items_per_user[user]
        assert split.validation.items_per_user[user] == min(round(count * validation), left)


@pytest.mark.parametrize("method", ["leave one out", "leave last out"])
@laws
@given(dataset=datasets(), seed=st.integers(0, 9))
def test_leaving_one_out_takes_one_rating_for_test_and_one_for_validation(method, dataset, seed):
    split = make_split(dataset, SplitRecipe(method, seed=seed))
    counts = dataset.interactions.items_per_user
    np.testing.assert_array_equal(split.test.items_per_user, counts >= 2)
    np.testing.assert_array_equal(split.validation.items_per_user, counts >= 3)


@laws
@given(dataset=datasets(), seed=st.integers(0, 9))
def test_leave_last_out_holds_out_each_persons_latest(dataset, seed):
    split = make_split(dataset, SplitRecipe("leave last out", seed=seed))
    for user in np.flatnonzero(gave_something_up(split)):
        parts = (getattr(split, name) for name in SUBSETS[:3])
        train, validation, test = (times_of(part, dataset)[part.of(user)] for part in parts)
        assert test.min() >= max(train.max(), validation.max(initial=0))
        assert validation.min(initial=99) >= train.max()


# Strictly by time


@laws
@given(drawn=st.data())
def test_strictly_by_time_all_of_train_is_before_validation_and_all_of_that_before_the_test(drawn):
    dataset, split = drawn_split(drawn, STRICT)
    train, validation, test, left_out = (times_of(getattr(split, name), dataset) for name in SUBSETS)
    last = max(train, default=-1)
    assert last < min(validation, default=99) and last < min(test, default=99) and last < min(left_out, default=99)
    assert max(validation, default=-1) < min(test, default=99)
    assert len(train) or not len(dataset.times)


@laws
@given(
    times=st.lists(st.integers(0, 8), min_size=2, max_size=25),
    shares=st.tuples(*[st.one_of(st.just(0.0), st.floats(0.01, 0.45))] * 2),
)
def test_strictly_by_time_the_cuts_are_the_nearest_that_leave_no_part_empty(times, shares):
    """Of one person, so that nobody is left out: against all pairs of moments, one by one."""
    moments, n = sorted(set(times)), len(times)
    assume(len(moments) > 1)
    asked_validation, asked_test = shares
    data = Interactions.from_triples([0] * n, range(n), [1] * n, 1, n)
    split = make_split(dataset_of(data, np.array(times)), SplitRecipe(STRICT, *shares))

    def missed(n_validation, n_test):
        return abs(n_validation - asked_validation * n) + abs(n_test - asked_test * n)

    least = np.inf
    ends = [*moments, max(times) + 1]
    for validation_from, test_from in itertools.combinations_with_replacement(ends, 2):
        n_validation, n_test = sum(validation_from <= t < test_from for t in times), sum(t >= test_from for t in times)
        needs_validation = asked_validation > 0 and (len(moments) > 2 or asked_test == 0)
        is_allowed = n_validation + n_test < n
        is_allowed &= (n_test > 0) == (asked_test > 0)
        is_allowed &= n_validation > 0 if needs_validation else n_validation == 0
        if is_allowed:
            least = min(least, missed(n_validation, n_test))
    assert missed(split.validation.n_interactions, split.test.n_interactions) == pytest.approx(least, abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1] * 10, [7, 1, 2]),
        ([10, 10, 10], [10, 10, 10]),  # three days: validation is the second
        ([*[1] * 40, 60], [30, 10, 60]),  # most of all on the last day
        ([2, 2, 96], [2, 2, 96]),
        ([5, 95], [5, 0, 95]),  # of two moments the test is one
        ([30, 10, 30, 20, 10], [70, 20, 10]),  # (20, 10) of the last two misses by 20, (30, 30) by 30
    ],
)
def test_strictly_by_time_whole_moments_worked_by_hand(counts, expected):
    times = np.repeat(np.arange(len(counts)), counts)
    data = Interactions.from_triples([0] * len(times), range(len(times)), [1] * len(times), 1, len(times))
    split = make_split(dataset_of(data, times), SplitRecipe(STRICT, validation=0.1, test=0.2))
    assert [getattr(split, name).n_interactions for name in SUBSETS[:3]] == expected


def test_strictly_by_time_who_is_first_seen_in_validation_is_left_out_of_the_test_too():
    """Person 0 rates throughout, 1 first in the validation period, 2 in the test period only."""
    users, items = [0, 0, 0, 0, 0, 1, 1, 1, 2], [0, 1, 2, 3, 4, 0, 1, 2, 0]
    times = [0, 1, 2, 7, 8, 6, 7, 9, 9]
    split = make_split(
        dataset_of(Interactions.from_triples(users, items, range(1, 10), 3, 5), np.array(times)),
        SplitRecipe(STRICT, 0.3, 0.3),
    )
    assert [(u, i) for u, i, _ in triples(split.train)] == [(0, 0), (0, 1), (0, 2)]
    assert [(u, i) for u, i, _ in triples(split.validation)] == [(0, 3)]
    assert [(u, i) for u, i, _ in triples(split.test)] == [(0, 4)]
    assert [(u, i) for u, i, _ in triples(split.left_out)] == [(1, 0), (1, 1), (1, 2), (2, 0)]


def test_strictly_by_time_ratings_of_one_moment_are_refused_and_the_split_is_not_offered():
    data = load_example_5x5().interactions
    at_once = dataset_of(data, np.full(data.n_interactions, 5.0))
    with pytest.raises(InputError, match=r"must have two times or more.*the same time: choose"):
        make_split(at_once, SplitRecipe(STRICT))
    assert offered_methods(at_once) == offered_methods(load_example_5x5()) == ("random per user", "leave one out")
    assert offered_methods(timed_planted_data()) == METHODS


@pytest.mark.parametrize(
    ("name", "held_out", "n_scored", "left_out", "ndcg", "ndcg_before"),
    [
        ("ml_100k", (1730, 2407), (85, 97), (25860, 269), 0.1498, 0.1727),
        ("ml_latest_small", (1809, 871), (15, 10), (27571, 157), 0.0898, 0.1056),
    ],
)
def test_strictly_by_time_on_real_data(name, held_out, n_scored, left_out, ndcg, ndcg_before):
    dataset = getattr(real_data, name)()
    if dataset is None:
        pytest.skip("the data are not here")
    split = make_split(dataset, SplitRecipe(STRICT))
    train, validation, test, _ = (times_of(getattr(split, part), dataset) for part in SUBSETS)
    assert train.max() < validation.min() <= validation.max() < test.min()
    assert split.train.n_interactions / len(dataset.times) == pytest.approx(0.7, abs=1e-4)
    parts = (split.validation, split.test)
    assert tuple(part.n_interactions for part in parts) == held_out
    assert tuple(len(np.unique(part.users)) for part in parts) == n_scored
    assert (split.left_out.n_interactions, len(np.unique(split.left_out.users))) == left_out
    expected = popularity_ndcg(
        triples(split.train), triples(split.validation), triples(split.test), split.train.n_items, 10
    )
    assert expected == pytest.approx(ndcg, abs=5e-4)
    popularity = evaluate_reference_models(dataset, split, "test")["Popularity"]
    assert popularity.mean("ndcg", 10) == pytest.approx(expected, abs=1e-3)  # it orders equal counts by luck
    before = evaluate_reference_models(dataset, make_split(dataset, SplitRecipe(OLD_BY_TIME)), "test")["Popularity"]
    assert before.mean("ndcg", 10) == pytest.approx(ndcg_before, abs=5e-4)


# The split by time of earlier versions


@pytest.mark.parametrize(("method", "expected"), GOLDEN.items())
def test_splits_of_earlier_versions_are_what_they_were(method, expected):
    """Fingerprint and content as version 2.0 made them, of data that are computed in whole numbers."""
    key = np.unique(np.arange(2000) ** 2 * 7919 % (60 * 45))
    times = key * 7907 % 311
    data = Interactions.from_triples(key // 45, key % 45, 1 + key % 5, 60, 45)
    split = make_split(dataset_of(data, times), SplitRecipe(method))
    content = hashlib.sha256()
    for part in (split.train, split.validation, split.test):
        content.update(np.array(triples(part), np.int64).tobytes())
    assert (split.fingerprint, content.hexdigest()[:16]) == expected
    assert split.left_out.n_interactions == 0


def test_the_old_split_by_time_is_offered_nowhere_and_says_what_it_is():
    method = parameters(SplitRecipe)["method"]
    assert OLD_BY_TIME not in METHODS and method.options == (*METHODS, GIVEN)
    with pytest.raises(InputError, match=r"one of 'random per user'.*'as given'\. Got 'by magic'"):
        SplitRecipe("by magic")
    sentence = SplitRecipe(OLD_BY_TIME).sentence
    assert sentence.startswith(f"by time, {OLD_CAUTION}, ") and sentence.endswith("10% validation, 20% test")
    assert "learn from the future" in OLD_CAUTION


# All


@every_method
def test_a_share_of_0_holds_nothing_out(method):
    split = make_split(timed_planted_data(), SplitRecipe(method, validation=0.0, test=0.0))
    assert split.validation.n_interactions == split.test.n_interactions == 0
    assert split.n_kept_whole == 80 and split.left_out.n_interactions == 0


@pytest.mark.parametrize("method", NEEDS_TIME)
def test_missing_times_are_answered_in_the_house_sentence(method):
    with pytest.raises(InputError, match=f"the split '{method}', everything must have a time.*choose"):
        make_split(load_example_5x5(), SplitRecipe(method))


@every_method
def test_data_without_ratings_can_be_split(method):
    dataset = dataset_of(Interactions.from_triples([], [], [], 3, 4), np.zeros(0, np.int64))
    split = make_split(dataset, SplitRecipe(method))
    assert (split.train.n_interactions, split.n_kept_whole, split.n_overlaps()) == (0, 0, 0)


def test_overlaps_are_counted_where_a_split_leaks():
    split = make_split(load_example_5x5(), SplitRecipe(test=0.4, validation=0.0))
    leaking = dataclasses.replace(split, train=load_example_5x5().interactions)
    assert leaking.n_overlaps() == split.test.n_interactions > 0


def test_for_validation_only_train_is_seen_and_for_test_train_and_validation_are():
    split = make_split(timed_planted_data())
    seen, held_out = split.seen_and_held_out("validation")
    assert triples(seen) == triples(split.train) and triples(held_out) == triples(split.validation)
    seen, held_out = split.seen_and_held_out("test")
    assert triples(seen) == sorted(triples(split.train) + triples(split.validation))
    assert triples(held_out) == triples(split.test)
    with pytest.raises(InputError, match=r"must be 'validation' or 'test'\. Got 'train'"):
        split.seen_and_held_out("train")


def test_the_fingerprint_stands_for_the_data_and_for_every_setting():
    dataset = timed_planted_data()
    base = SplitRecipe()
    others = [{"method": OLD_BY_TIME}, {"method": STRICT}, {"validation": 0.2}, {"test": 0.3}, {"seed": 1}]
    fingerprints = {make_split(dataset, dataclasses.replace(base, **change)).fingerprint for change in [{}, *others]}
    fingerprints.add(make_split(load_example_5x5(), base).fingerprint)
    assert len(fingerprints) == len(others) + 2


def test_the_sentence_of_a_recipe_holds_what_counts_for_its_method_and_no_more():
    told = {method: SplitRecipe(method=method, validation=0.05, seed=7).sentence for method in METHODS}
    shares, seed = "5% validation, 20% test", "seed 7"
    assert told == {
        "random per user": f"random per user, {shares}, {seed}",
        "leave one out": f"leave one out, {seed}",
        "leave last out": f"leave last out, {seed}",
        STRICT: f"{STRICT}, {shares}",
    }
