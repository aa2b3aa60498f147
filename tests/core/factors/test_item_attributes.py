"""Attributes of items: what factors follow and what groups share, against plain counting."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ImplicitALS
from recsys_core.data.attributes import CATEGORICAL, NUMERIC, SEVERAL, Attribute
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.factors.axes import sort_by_strength, varimax
from recsys_core.factors.group_summary import what_they_share
from recsys_core.factors.item_attributes import (
    attribute_columns,
    attribute_lift,
    chance_level,
    correlations,
    describable_by,
    described_by,
    genres_of,
    item_attributes,
    name_ends,
    standardised_mean,
)


def test_correlations_are_those_of_numpy_and_0_where_nothing_varies():
    rng = np.random.default_rng(0)
    axes, attributes = rng.normal(size=(50, 3)), rng.normal(size=(50, 4))
    expected = np.corrcoef(axes.T, attributes.T)[:3, 3:]
    np.testing.assert_allclose(correlations(axes, attributes), expected, atol=1e-12)
    attributes[:, 2] = 5
    assert np.all(correlations(axes, attributes)[:, 2] == 0)
    assert correlations(axes, np.zeros((50, 0))).shape == (3, 0)


def test_each_item_has_its_genres():
    dataset = generate(SyntheticRecipe(n_users=20, n_items=30, n_tastes=4))
    names, belongs = genres_of(dataset)
    for item, genres in enumerate(dataset.genres):
        assert {name for name, has in zip(names, belongs[item], strict=True) if has} == set(genres)
    assert item_attributes(dataset)[0] == dataset.ground_truth.taste_names
    names, belongs = item_attributes(load_example_5x5())
    assert names == () and belongs.shape == (5, 0)


def test_shares_and_lift_are_counts():
    belongs = np.array([[1, 0], [1, 0], [0, 0], [0, 0]])
    share, lift = attribute_lift(belongs, [0, 1, 2])
    np.testing.assert_allclose(share, [2 / 3, 0])
    np.testing.assert_allclose(lift, [(2 / 3) / (2 / 4), 0])


def test_the_standardised_mean_is_that_of_the_group():
    axes = np.column_stack([np.arange(10.0), np.zeros(10)])
    assert standardised_mean(axes, [9])[0] == pytest.approx((9 - 4.5) / np.std(np.arange(10)))
    np.testing.assert_array_equal(standardised_mean(axes, range(10)), [0, 0])


def test_rotated_by_varimax_factors_follow_the_planted_tastes():
    dataset = generate()
    model = list(ImplicitALS().epochs(dataset.interactions))[-1].model
    model, _ = sort_by_strength(model)
    before, after = (
        np.abs(correlations(each.item_factors, dataset.ground_truth.item_tastes)).max(axis=0).mean()
        for each in (model, varimax(model))
    )
    assert after > before + 0.1


def described(n: int = 40) -> Dataset:
    dataset = generate(SyntheticRecipe(n_users=20, n_items=n, n_tastes=4))
    return replace(
        dataset,
        ground_truth=None,
        item_attributes={
            "brand": Attribute(CATEGORICAL, tuple("" if item % 4 == 0 else f"b{item % 3}" for item in range(n))),
            "year": Attribute(NUMERIC, tuple(str(1990 + item % 7) if item else "" for item in range(n))),
        },
    )


def test_items_are_described_by_any_attribute():
    dataset = described()
    assert describable_by(dataset) == ["genres", "brand", "year"]
    names, membership = described_by(dataset, "brand")
    assert names == ("b0", "b1", "b2") and membership.sum() == 30 and not membership[::4].any()
    names, ranges = described_by(dataset, "year")
    assert names[0].startswith("1990") and names[-1].endswith("1996") and len(names) == 4
    np.testing.assert_array_equal(ranges.sum(axis=1), [0, *[1] * 39])
    with pytest.raises(InputError, match="have no 'colour'"):
        described_by(dataset, "colour")


def test_what_factors_may_follow_has_a_column_for_each_frequent_value_and_one_for_numbers():
    names, columns = attribute_columns(described())
    assert "year" in names and "brand b1" in names and columns.shape == (40, len(names))
    year = columns[:, names.index("year")]
    assert year[1:].tolist() == [1990 + item % 7 for item in range(1, 40)] and year[0] == pytest.approx(year[1:].mean())
    assert all(10 <= column.sum() <= 30 for name, column in zip(names, columns.T, strict=True) if name != "year")


def test_nothing_follows_the_only_planted_taste_which_all_items_have_alike():
    for n_tastes, n_columns in ((1, 0), (3, 3)):
        names, columns = attribute_columns(generate(SyntheticRecipe(n_users=30, n_items=40, n_tastes=n_tastes)))
        assert len(names) == n_columns and columns.shape == (40, n_columns)


@pytest.mark.parametrize("rare", [False, True])
def test_of_attributes_that_have_nothing_to_do_with_the_factors_one_in_twenty_cases_says_that_any_is_followed(rare):
    """Factors that are correlated and heavy-tailed, as popularity makes them, and genres that overlap."""
    rng, n_false, n_cases = np.random.default_rng(int(rare)), 0, 200
    for case in range(n_cases):
        axes = rng.standard_t(4, size=(120, 8)) @ rng.normal(size=(8, 8))
        attributes = (rng.random((120, 12)) < (0.09 if rare else 0.4)).astype(float)
        level = chance_level(axes, attributes, n_shuffles=100, seed=case)
        n_false += np.abs(correlations(axes, attributes)).max() > level
    assert n_false <= 20  # a binomial of 200 cases at 5% exceeds 20 in 0.2% of all repetitions
    assert n_false >= 2  # and it is no level that nothing could reach


def test_a_factor_that_follows_an_attribute_is_found_and_both_ends_of_a_number_are_named():
    dataset, rng = described(200), np.random.default_rng(1)
    names, columns = attribute_columns(dataset)
    noise = rng.normal(size=(200, 3))
    noise[:, 1] += 3 * columns[:, names.index("brand b1")]
    noise[:, 2] -= 2 * columns[:, names.index("year")]
    ends = name_ends(noise, dataset, np.arange(200))
    assert ends[0] == ("", "")
    assert ends[1][1].startswith("brand b1") and ends[2][0].startswith("later year")
    assert ends[2][1].startswith("earlier year")


def test_what_a_group_shares_is_said_by_counts_and_means():
    attributes = described(200).attributes_of_items
    members = [1, 22, 43, 85, 106, 127, 169, 190]  # all of brand b1 and of 1991
    phrases = what_they_share({name: attributes[name] for name in ("brand", "year")}, members)
    share = attributes["brand"].counts["b1"] / 200
    assert phrases[0] == f"brand b1 100% ({1 / share:.1f} times the share among all)"
    assert phrases[-1] == f"year 1991 on average ({np.mean([1990 + item % 7 for item in range(1, 200)]):.0f} among all)"
    assert len(phrases) == 2
    assert what_they_share({"year": attributes["year"]}, [0]) == [] == what_they_share({}, [1])


@pytest.mark.parametrize("size", [5, 15, 60])
def test_at_most_one_random_group_in_twenty_has_anything_in_common(size):
    """Of genres that overlap, brands that are rare, names that nobody shares, and numbers."""
    rng = np.random.default_rng(size)
    attributes = {
        "genres": Attribute(
            SEVERAL, tuple("|".join(f"g{g}" for g in range(12) if rng.random() < 0.2) for _ in range(200))
        ),
        "brand": Attribute(CATEGORICAL, tuple(f"b{rng.integers(40)}" for _ in range(200))),
        "name": Attribute(CATEGORICAL, tuple(f"n{item}" for item in range(200))),
        "year": Attribute(NUMERIC, tuple(str(1990 + rng.integers(30)) for _ in range(200))),
    }
    groups = [rng.choice(200, size, replace=False).tolist() for _ in range(400)]
    n_false = sum(bool(what_they_share(attributes, group)) for group in groups)
    assert n_false <= 33  # a binomial of 400 groups at 5% exceeds 33 in 0.2% of all repetitions
    half = np.flatnonzero(attributes["genres"].has_any(["g3"]))[: max(size, 15)].tolist()
    assert what_they_share(attributes, half)[0].startswith("genres g3 100%")
