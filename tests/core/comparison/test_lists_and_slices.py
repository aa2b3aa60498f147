"""What lists have in common, how they treat the popular, and for whom a difference holds."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsys_core.algorithms.svd import SVD
from recsys_core.comparison.user_groups import (
    Grouping,
    by_activity,
    by_attribute,
    by_choices,
    by_genre,
    by_popularity,
    by_taste,
    differences_by_group,
    known_groupings,
)
from recsys_core.comparison.verdicts import BETTER, UNCLEAR, WORSE
from recsys_core.data.attributes import CATEGORICAL, NUMERIC, Attribute
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import SeedVariance
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.metrics import catalogue
from recsys_core.metrics.overlap import rank_biased_overlap
from tests.real_data import ml_100k
from tests.simulations import alarms_in_groups

some_lists = st.tuples(st.permutations(range(8)), st.integers(0, 6)).map(lambda drawn: list(drawn[0])[: drawn[1]])


def overlap_by_loops(first, second, p) -> float:
    """(1 − p) Σ_d p^(d−1) A_d without end, as Webber, Moffat and Zobel 2010 define it in equation 4.

    Below the end of a list its further items agree as often as those above (their section 4.3).
    """
    short, long = sorted([first, second], key=len)
    if not short:
        return float(not long)
    total, at_end = 0.0, len(set(short) & set(long[: len(short)])) / len(short)
    for d in range(1, 3_000):
        common = len(set(short[:d]) & set(long[:d]))
        if len(short) < d <= len(long):
            agreement = (common + at_end * (d - len(short))) / d
        elif d <= len(short):
            agreement = common / d
        total += (1 - p) * p ** (d - 1) * agreement
    return total


def padded(items) -> np.ndarray:
    return np.array([[*items, *[-1] * (7 - len(items))]])


@given(some_lists, some_lists, st.sampled_from([0.5, 0.9, 0.98]))
def test_rank_biased_overlap_is_its_sum_whatever_the_lengths(first, second, p):
    ours = rank_biased_overlap(padded(first), padded(second), p)
    assert ours == pytest.approx(overlap_by_loops(first, second, p), abs=1e-9)
    assert ours == pytest.approx(rank_biased_overlap(padded(second), padded(first), p))
    assert rank_biased_overlap(padded(first), padded(first), p) == pytest.approx(1), "a list is like itself"


def test_many_rows_of_unequal_lengths_are_those_of_each():
    rng = np.random.default_rng(0)
    rows = [[padded(rng.permutation(9)[: rng.integers(0, 8)]) for _ in range(50)] for _ in range(2)]
    together = rank_biased_overlap(*(np.concatenate(each) for each in rows))
    alone = [rank_biased_overlap(a, b)[0] for a, b in zip(*rows, strict=True)]
    np.testing.assert_allclose(together, alone)


def test_the_overlap_of_the_same_lists_is_1_of_others_0_and_of_alike_tops_greater_than_of_alike_ends():
    lists = np.array([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]])
    others = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [1, 2, 7, 8], [7, 8, 3, 4]])
    same, disjoint, top, end = rank_biased_overlap(lists, others)
    assert same == pytest.approx(1) and disjoint == 0 and top > end > 0


def test_where_lists_have_ended_nothing_is_in_common():
    assert rank_biased_overlap(np.array([[3, -1]]), np.array([[4, -1]])) == 0
    with pytest.raises(InputError, match="same shape"):
        rank_biased_overlap(np.zeros((1, 3)), np.zeros((1, 2)))


def test_mean_overlap_is_the_mean_over_all_pairs_of_people():
    rng = np.random.default_rng(0)
    lists = np.array([rng.permutation(12)[:6] for _ in range(9)])
    for k in (1, 4, 6):
        pairs = [len(set(a[:k]) & set(b[:k])) / k for a, b in combinations(lists, 2)]
        assert catalogue.mean_overlap(lists, k, 12) == pytest.approx(np.mean(pairs))
    assert catalogue.mean_overlap(np.tile(lists[:1], (5, 1)), 6, 12) == pytest.approx(1)
    assert np.isnan(catalogue.mean_overlap(lists[:1], 6, 12))


def test_the_overlap_of_two_lists_is_a_share_of_the_longer_one_and_of_an_empty_list_none():
    rng = np.random.default_rng(1)
    lists = np.array([rng.permutation(12)[:6] for _ in range(9)])
    for row, length in enumerate((6, 6, 1, 3, 4, 5, 2, 3, 0)):
        lists[row, length:] = -1
    held = [set(row[row >= 0]) for row in lists[:-1]]
    pairs = [len(a & b) / max(len(a), len(b)) for a, b in combinations(held, 2)]
    assert catalogue.mean_overlap(lists, 6, 12) == pytest.approx(np.mean(pairs))
    common = [len(a & b) for a, b in combinations(held, 2)]
    assert catalogue.mean_common_items(lists, 6, 12) == pytest.approx(np.mean(common))
    same_five = np.tile(np.array([[1, 2, 3, 4, 5, -1]]), (4, 1))
    assert catalogue.mean_overlap(same_five, 6, 12) == pytest.approx(1)
    assert catalogue.mean_common_items(same_five, 6, 12) == 5


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12))
def test_gini_is_half_the_relative_mean_difference(counts):
    pairs = np.abs(np.subtract.outer(counts, counts)).mean()
    assert catalogue.gini(np.array(counts)) == pytest.approx(pairs / (2 * np.mean(counts)) if sum(counts) else 0)


def test_shares_by_popularity_add_up_and_begin_with_the_most_popular():
    popularity = np.array([1, 50, 3, 40, 2, 0, 7, 8, 9, 10])
    shares = catalogue.share_by_popularity(popularity, popularity, n_groups=5)
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(90 / 130) and np.all(np.diff(shares) <= 0)
    assert not catalogue.share_by_popularity(np.zeros(10), popularity).any()


def test_with_more_factors_a_truncated_svd_recommends_less_popular_items():
    """With k factors it knows about the k strongest patterns, which are those of the most popular items."""
    dataset = ml_100k()
    if dataset is None:
        pytest.skip("MovieLens 100K is not on this machine (RECSYS_DATA says where to look)")
    split = make_split(dataset)
    place = np.argsort(np.argsort(-split.train.users_per_item, kind="stable"), kind="stable") + 1
    typical = []
    for epoch in SVD(n_factors=64, regularization=0).epochs(split.train):
        if epoch.number in (4, 16, 64):
            counts = catalogue.recommendation_counts(evaluate(epoch.model, split).top_items, 10, split.train.n_items)
            typical.append(np.average(place, weights=counts))
    assert np.all(np.diff(typical) > 0), typical


# --- For whom --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def planted():
    dataset = generate()
    return dataset, make_split(dataset)


def test_everyone_is_in_one_group_of_each_grouping(planted):
    dataset, split = planted
    users = np.flatnonzero(split.test.items_per_user)
    groupings = [
        by_activity(split.train, users),
        by_popularity(split.train, split.test, users),
        by_genre(dataset, split.train, users),
        by_taste(dataset, users),
    ]
    differences = np.random.default_rng(0).normal(size=len(users))
    for grouping in filter(None, groupings):
        found = differences_by_group(differences, [grouping], band=0.0)[grouping.name]
        assert sum(group.n_users for group in found) == len(users)
        assert min(group.n_users for group in found) > 0
        assert np.average([g.difference.mean for g in found], weights=[g.n_users for g in found]) == pytest.approx(
            differences.mean()
        )
    assert len(by_taste(dataset, users).labels) == dataset.ground_truth.n_tastes


def test_groups_of_activity_ascend_and_equal_people_stay_together():
    lengths = np.array([1, 1, 1, 1, 2, 2, 5, 9])
    users, items = np.repeat(np.arange(8), lengths), np.concatenate([np.arange(length) for length in lengths])
    data = Interactions.from_triples(users, items, np.ones(len(users)), 8, 9)
    grouping = by_activity(data, np.arange(8))
    assert grouping.labels == ("1 item", "2 items", "5 to 9 items")
    assert grouping.group_of.tolist() == [0, 0, 0, 0, 1, 1, 2, 2]


def test_an_attribute_of_numbers_makes_ranges_and_missing_values_are_a_group():
    ages = ["", "18", "19", "30", "31", "44", "45", "70", "71", "71"]
    grouping = by_attribute("age", ages, np.arange(10))
    assert grouping.labels == ("age: 18 to 30", "age: 31 to 44", "age: 45 to 70", "age: 71", "age: unknown")
    assert grouping.group_of.tolist() == [4, 0, 0, 0, 1, 1, 2, 2, 3, 3]
    small = by_attribute("share", ["0.1", "0.2", "0.3", "0.4"], np.arange(4))
    assert small.labels == ("share: 0.1", "share: 0.2", "share: 0.3", "share: 0.4"), "no rounding makes two alike"
    assert by_attribute("age", ages, np.array([0])).labels == ("age: unknown",)


def test_an_attribute_of_words_makes_the_largest_groups_and_one_of_each_name():
    words = [*(letter for letter in "abcdefghij" for _ in range(3)), *["other"] * 5, *["unknown"] * 2, ""]
    grouping = by_attribute("job", words, np.arange(len(words)))
    counts = dict(zip(grouping.labels, np.bincount(grouping.group_of), strict=True))
    assert len(counts) == len(grouping.labels) and sum(counts.values()) == len(words)
    assert counts["job: unknown"] == 3 and grouping.labels[-1] == "job: unknown"
    assert counts["job: other"] == len(words) - 3 - sum(n for label, n in counts.items() if len(label) == 6)


def test_who_likes_one_kind_only_stands_in_its_group(planted):
    dataset, split = planted
    if not dataset.genres:
        pytest.skip("the planted data has no genres")
    users = np.arange(split.train.n_users)
    grouping = by_genre(dataset, split.train, users)
    strongest = dataset.ground_truth.user_tastes.argmax(axis=1)
    agreement = [dataset.ground_truth.taste_names[strongest[u]] == grouping.labels[grouping.group_of[u]] for u in users]
    assert np.mean(agreement) > 0.6


def test_groups_that_clearly_lose_are_told_and_of_few_people_nothing_is_said():
    grouping = Grouping("activity", ("few", "many", "nine"), np.repeat([0, 1, 2], (50, 50, 9)))
    differences = np.repeat([-0.1, 0.2, -0.5], (50, 50, 9)) + np.random.default_rng(0).normal(0, 0.05, 109)
    found = differences_by_group(differences, [grouping], band=0.01)["activity"]
    assert [group.verdict.word for group in found] == [WORSE, BETTER, UNCLEAR]
    assert found[0].difference.is_known and not found[2].difference.is_known
    same = differences_by_group(differences, [grouping], band=0.01, are_alike=True)["activity"]
    assert {group.verdict.word for group in same} == {UNCLEAR}, "of one recipe nobody gains"


def test_luck_of_the_start_widens_what_is_said_of_groups():
    grouping = Grouping("activity", ("few", "many"), np.repeat([0, 1], 50))
    differences = np.repeat([-0.1, 0.2], 50) + np.random.default_rng(0).normal(0, 0.05, 100)
    luck = lambda members: [SeedVariance(0.01**2 if members[0] else 0.1**2, 1)]  # noqa: E731
    found = differences_by_group(differences, [grouping], band=0.01, seeds=luck)["activity"]
    assert found[1].verdict.word == UNCLEAR


@pytest.mark.parametrize(("kind", "n_challengers"), [("even", 1), ("zeros", 1), ("hits", 1), ("zeros", 3)])
def test_in_a_world_without_effect_a_page_of_groups_seldom_says_one(kind, n_challengers):
    samples = 80
    rate = alarms_in_groups(kind, 200, samples=samples, margin=0.0, n_challengers=n_challengers)
    assert rate <= 0.06 + 2 * np.sqrt(0.05 * 0.95 / samples)


def test_people_are_grouped_by_an_attribute_of_what_they_choose():
    dataset = generate(SyntheticRecipe(n_users=90, n_items=60))
    split, users = make_split(dataset), np.arange(0, 90, 2)
    brands = Attribute(CATEGORICAL, tuple("" if item % 6 == 0 else f"b{item % 3}" for item in range(60)))
    years = Attribute(NUMERIC, tuple(str(1950 + item) if item % 7 else "" for item in range(60)))
    by_brand, by_year = by_choices("brand", brands, split.train, users), by_choices("year", years, split.train, users)
    assert by_brand.name == "By brand of their choices" and {label[:7] for label in by_brand.labels} == {"brand: "}
    means = [np.nanmean(years.numbers[split.train.items[split.train.of(user)]]) for user in users]
    order = np.argsort(means, kind="stable")
    assert len(by_year.labels) == 4 and np.all(np.diff(by_year.group_of[order]) >= 0)
    nothing = Attribute(CATEGORICAL, ("",) * 60)
    assert by_choices("x", nothing, split.train, users) is None
    few = Attribute(NUMERIC, tuple("7" if item == 0 else "" for item in range(60)))
    rare = by_choices("few", few, split.train, users)
    has_it = [0 in split.train.items[split.train.of(user)] for user in users]
    assert rare.labels[-1] == "few: unknown" and ((rare.group_of == len(rare.labels) - 1) == ~np.array(has_it)).all()
    described = replace(dataset, item_attributes={"brand": brands, "year": years})
    known = known_groupings(described, split, "validation", users)
    assert [each.name for each in known][-2:] == [by_brand.name, by_year.name]
