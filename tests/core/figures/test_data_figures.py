"""The pictures of a data set count everybody and everything once."""

import numpy as np
import pytest

from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from recsys_core.figures.data_shape import activity, long_tail, value_histogram
from tests.core.figures.as_browser import as_json


def given_counts(per_user) -> Interactions:
    """Data in which person u has `per_user[u]` interactions."""
    users = np.repeat(np.arange(len(per_user)), per_user)
    items = np.concatenate([np.arange(0), *(np.arange(count) for count in per_user)])
    return Interactions.from_triples(users, items, np.ones(len(users)), len(per_user), max([1, *per_user]))


def test_the_long_tail_shows_every_item_from_the_most_popular_on():
    data = given_counts([5, 1, 2, 4])  # items 0 to 4 have 4, 3, 2, 2 and 1 people
    head, tail = long_tail(data).data
    assert (list(head.x), list(head.y)) == ([1, 2], [4, 3])  # 7 of 12 is the first to reach half
    assert (list(tail.x), list(tail.y)) == ([2, 3, 4, 5], [3, 2, 2, 1])  # joined where they meet
    as_json(long_tail(data))


def test_the_head_of_a_long_tail_holds_half_and_no_smaller_one_would():
    per_item = np.sort(np.random.default_rng(0).zipf(1.7, 200).clip(max=300))[::-1]
    head, tail = long_tail(given_counts(per_item).transposed).data
    assert list(head.y) == per_item[: len(head.y)].tolist()
    assert sum(head.y) >= per_item.sum() / 2 > sum(head.y[:-1])
    assert list(head.y) + list(tail.y)[1:] == per_item.tolist()


def test_a_long_tail_of_many_items_is_thinned_but_keeps_both_ends():
    per_item = np.arange(20_000, 0, -1) // 100 + 1
    data = given_counts(per_item).transposed
    head, tail = long_tail(data).data
    assert len(head.x) + len(tail.x) < 700
    assert head.x[0] == 1 and tail.x[-1] == 20_000
    for part in (head, tail):
        np.testing.assert_array_equal(part.y, per_item[np.asarray(part.x) - 1])


@pytest.mark.parametrize("data", [given_counts([]), given_counts([0, 0])], ids=["nobody", "nothing"])
def test_pictures_of_empty_data_can_be_drawn(data):
    for picture in (long_tail, activity, value_histogram):
        as_json(picture(data))


def in_label(label: str, count: int) -> bool:
    ends = [int(part.replace(",", "")) for part in label.split("–")]
    return ends[0] <= count <= ends[-1]


@pytest.mark.parametrize(
    "per_user",
    [[5] * 7, [1] * 4, [1, 2], [1], [2, 3, 3, 50], [100, 100, 1], list(range(1, 60)), [3000, 1, 1200]],
    ids=str,
)
def test_everybody_stands_under_the_label_that_holds_their_count(per_user):
    (bars,) = activity(given_counts(per_user)).data
    assert sum(bars.y) == len(per_user)
    for label, height in zip(bars.x, bars.y, strict=True):
        assert height == sum(in_label(label, count) for count in per_user), label
    assert all(sum(in_label(label, count) for label in bars.x) == 1 for count in per_user)


def test_people_without_ratings_are_not_counted_among_those_with_some():
    (bars,) = activity(given_counts([0, 0, 1, 2, 2])).data
    assert sum(bars.y) == 3


def test_the_histogram_counts_every_value_once():
    (bars,) = value_histogram(load_example_5x5().interactions).data
    values = load_example_5x5().interactions.values.tolist()
    assert dict(zip(bars.x, bars.y, strict=True)) == {value: values.count(value) for value in set(values)}


def test_many_values_are_binned_and_none_is_lost():
    values = np.random.default_rng(0).normal(size=500)
    data = Interactions.from_triples(np.arange(500), np.zeros(500, int), values, 500, 1)
    (bars,) = value_histogram(data).data
    assert sum(bars.y) == 500 and len(bars.x) == 30
    assert values.min() < bars.x[0] < bars.x[-1] < values.max()
