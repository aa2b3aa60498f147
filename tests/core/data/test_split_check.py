"""What is said of a split: against loops over drawn data, and sentences that are true for every method."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.comparison.split_sentences import (
    counts_sentence,
    leak_sentence,
    learned_only_sentence,
    left_out_sentence,
    missed_sentence,
    new_items_sentence,
    scored_sentence,
    split_headline,
    split_rows,
)
from recsys_core.comparison.users_to_tell import users_to_tell
from recsys_core.comparison.verdicts import WORSE, judge_all
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import singular
from recsys_core.data.split import LEAKS, METHODS, OLD_BY_TIME, SplitRecipe, make_split
from recsys_core.data.split_check import (
    future_shares,
    missed_subsets,
    n_of_new_items,
    reachable_recall,
    subset_shares,
)
from tests import real_data
from tests.core.data.drawn_splits import (
    STRICT,
    dataset_of,
    drawn_split,
    every_method,
    timed_planted_data,
    times_of,
    triples,
)

laws = settings(max_examples=60, deadline=None)


def crowd(times, **shares):
    """One person rates at all of `times` but the last two, another at the last two only."""
    n = len(times)
    users, items = [*[0] * (n - 2), 1, 1], [*range(n - 2), 0, 1]
    return make_split(
        dataset_of(Interactions.from_triples(users, items, [1] * n, 2, n), np.array(times)),
        SplitRecipe(STRICT, **shares),
    )


@every_method
@laws
@given(drawn=st.data())
def test_future_shares_against_a_loop(method, drawn):
    dataset, split = drawn_split(drawn, method)
    found = future_shares(dataset, split)
    held_out = split.test if split.test.n_interactions else split.validation
    if not held_out.n_interactions:
        assert found is None
        return
    train, asked = times_of(split.train, dataset), times_of(held_out, dataset)
    of_all, of_own = [], []
    for user in np.unique(held_out.users):
        own = train[split.train.of(user)]
        of_all.append(np.mean([np.mean(train > time) for time in asked[held_out.of(user)]]))
        of_own.append(np.mean([np.mean(own > time) for time in asked[held_out.of(user)]]))
    assert (found.of_all, found.of_own) == pytest.approx((np.mean(of_all), np.mean(of_own)))
    if method == STRICT:
        assert found.of_all == found.of_own == 0
    if method == "leave last out":
        assert found.of_own == 0


@every_method
@laws
@given(drawn=st.data())
def test_new_items_and_recall_without_luck_against_a_loop(method, drawn):
    _, split = drawn_split(drawn, method)
    known = {item for _, item, _ in triples(split.train)}
    for subset in ("validation", "test"):
        by_user = {}
        for user, item, _ in triples(getattr(split, subset)):
            by_user.setdefault(user, []).append(item in known)
        assert n_of_new_items(split, subset) == sum(not each for own in by_user.values() for each in own)
        expected = np.mean([np.mean(own) for own in by_user.values()]) if by_user else 0
        assert reachable_recall(split, subset) == pytest.approx(expected)


def counted(sentence: str) -> list[int]:
    return [int(each) for each in re.findall(r"\d+(?= (?:rating|interaction|people|person))", sentence)]


@every_method
@laws
@given(drawn=st.data())
def test_the_sentences_are_true_of_every_split(method, drawn):
    dataset, split = drawn_split(drawn, method)
    rows = split_rows(split)
    assert sum(row[split.rating_noun] for row in rows) == dataset.interactions.n_interactions
    assert sum(subset_shares(split).values()) == pytest.approx(float(dataset.interactions.n_interactions > 0))
    assert [row["subset"] for row in rows[:3]] == ["training", "validation", "test"]
    assert (len(rows) == 4) == ("left out" in counts_sentence(split)) == (split.left_out.n_interactions > 0)
    headline = split_headline(split)
    assert headline.startswith(f"No {singular(split.rating_noun)} appears in two parts; ")
    n_on = {subset: len(np.unique(getattr(split, subset).users)) for subset in ("validation", "test")}
    count = n_on["test"] or n_on["validation"]
    assert ("nobody is scored" in headline) == (count == 0)
    if count:
        assert {int(each) for each in re.findall(r"\d+", headline)} == {
            count,
            np.sum(dataset.interactions.items_per_user > 0),
        }
    n_unknown = len(np.unique(split.left_out.users))
    assert counted(left_out_sentence(split)) == ([split.left_out.n_interactions, n_unknown] if n_unknown else [])
    assert counted(learned_only_sentence(split)) == ([split.n_kept_whole] if split.n_kept_whole else [])
    assert [int(each) for each in re.findall(r"\d+", scored_sentence(split))] == [n for n in n_on.values() if n]
    assert leak_sentence(dataset, split).startswith(LEAKS[method])


@pytest.mark.parametrize("method", [*METHODS, OLD_BY_TIME])
def test_a_split_far_from_what_was_asked_is_warned_of_and_a_near_one_is_not(method):
    assert missed_sentence(make_split(timed_planted_data(), SplitRecipe(method))) == ""


@pytest.mark.parametrize("method", METHODS)
def test_a_split_whose_models_learn_from_validation_too_misses_no_share_and_leaves_out_the_same(method):
    before, after = (
        make_split(timed_planted_data(), SplitRecipe(method, learn_from=which))
        for which in ("training", "training and validation")
    )
    assert missed_subsets(after) == [] and triples(after.left_out) == triples(before.left_out)
    assert [row["requested"] for row in split_rows(after)[:2]] == ["the rest", "in training"]
    assert after.n_kept_whole == np.sum(after.test.items_per_user == 0)


def test_the_warning_says_what_was_asked_what_came_and_why():
    days = np.repeat([1, 2, 3], 10)
    one = dataset_of(Interactions.from_triples([0] * 30, range(30), [1] * 30, 1, 30), days)
    split = make_split(one, SplitRecipe(STRICT))
    assert missed_subsets(split) == ["validation", "test"]
    assert missed_sentence(split) == (
        "The split holds out 33% of the interactions for validation instead of 10% and 33% of the interactions for "
        "test instead of 20%. What happened at one moment stays together."
    )
    assert missed_sentence(crowd(range(10))) == (
        "The split holds out 0% of the interactions for test instead of 20%. What happened at one moment stays "
        "together, and people who are new after training ends are left out."
    )
    assert missed_sentence(make_split(one, SplitRecipe("leave last out"))) == ""  # no share was asked


def test_who_is_left_out_and_why():
    assert left_out_sentence(crowd(range(10))) == (
        "2 interactions (20%) of 1 person who came after training ended. They can be neither learned from nor scored."
    )


def test_new_items_are_counted_with_the_recall_that_is_left():
    data = Interactions.from_triples([0, 0, 0, 1, 1, 1], [0, 1, 3, 0, 1, 2], [1] * 6, 2, 4)
    split = make_split(dataset_of(data, np.array([0, 8, 9, 8, 1, 2])), SplitRecipe(STRICT, validation=0, test=0.45))
    assert new_items_sentence(split, "test") == (
        "1 of 3 test interactions (33%) are of items that training does not know, which models find only by chance. "
        "Without such luck, recall is at most 0.75 on average."
    )
    assert new_items_sentence(split, "validation") == ""


def test_only_relevant_ratings_are_scored():
    """Of the three test ratings one of person 0's is relevant, of an item without a training rating."""
    data = Interactions.from_triples(
        [0, 0, 0, 1, 1, 1], [0, 1, 3, 0, 1, 2], [5, 1, 5, 1, 5, 5], 2, 4, relevance_threshold=4
    )
    split = make_split(dataset_of(data, np.array([0, 8, 9, 8, 1, 2])), SplitRecipe(STRICT, validation=0, test=0.45))
    assert split_headline(split) == "No rating appears in two parts; 1 of 2 people is scored on test ratings."
    assert scored_sentence(split) == "1 person is scored on test."
    assert n_of_new_items(split, "test") == 1 and reachable_recall(split, "test") == 0
    assert new_items_sentence(split, "test").startswith("1 of 1 relevant test ratings (100%) are of items that")


def test_without_times_only_the_nature_of_the_leak_is_said():
    split = make_split(load_example_5x5())
    assert leak_sentence(load_example_5x5(), split) == LEAKS["random per user"]


def test_leave_last_out_and_random_learn_from_the_future_of_real_data():
    for data, last, random in (("ml_100k", 0.413, (0.490, 0.486)), ("ml_latest_small", 0.536, (0.559, 0.485))):
        dataset = getattr(real_data, data)()
        if dataset is None:
            pytest.skip("the data are not here")
        found = {method: future_shares(dataset, make_split(dataset, SplitRecipe(method))) for method in METHODS}
        assert (found["leave last out"].of_all, found["leave last out"].of_own) == (pytest.approx(last, abs=2e-3), 0)
        assert (found["random per user"].of_all, found["random per user"].of_own) == pytest.approx(random, abs=5e-3)
        assert found[STRICT].of_all == found[STRICT].of_own == 0


# How many people it takes


@pytest.mark.parametrize("n_models", [2, 4])
def test_with_as_many_users_as_it_takes_four_of_five_tests_tell_the_difference(n_models):
    rng = np.random.default_rng(0)

    def draw(n_users):
        level = 0.4 + 0.2 * rng.random(n_users)
        return [level - (0.05 * 0.5 if index == 1 else 0) + rng.normal(0, 0.07, n_users) for index in range(n_models)]

    needed = users_to_tell(draw(100_000), 0.05)
    words = [judge_all(draw(needed))[1, 0].word for _ in range(200)]
    assert words.count(WORSE) / len(words) == pytest.approx(0.8, abs=0.07)


def test_nothing_is_said_of_a_difference_that_is_too_small_to_matter():
    level = np.random.default_rng(0).random(100)
    values = [level, level[::-1]]
    assert users_to_tell(values, 0.05, margin=0.05) is None
    assert users_to_tell(values, 0.05, margin=0.04) > users_to_tell(values, 0.05, margin=0)


def test_without_two_models_that_differ_nothing_is_said():
    value = np.array([0.0, 0.5, 1.0])
    for values in ([], [value], [value, value], [0 * value, 0 * value], [value[:1], value[1:2]]):
        assert users_to_tell(values, 0.05) is None
    assert users_to_tell([value, value[::-1]], 0.05) > users_to_tell([value, value[::-1]], 0.1)
