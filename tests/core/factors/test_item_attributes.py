"""Attributes of items: what factors follow and what groups share, against plain counting."""

import numpy as np
import pytest

from recsys_core.algorithms import ImplicitALS
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.factors.axes import sort_by_strength, varimax
from recsys_core.factors.item_attributes import (
    attribute_lift,
    correlations,
    genres_of,
    item_attributes,
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
