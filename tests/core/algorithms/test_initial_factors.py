"""Where implicit ALS begins: near the truncated SVD, shared evenly between the two sides."""

import numpy as np
import pytest

from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.kernels.initial_factors import balanced_item_factors
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate


def interactions(cells: np.ndarray) -> Interactions:
    users, items = np.nonzero(cells)
    return Interactions.from_triples(users, items, np.ones(len(users)), *cells.shape)


@pytest.fixture(scope="module")
def train() -> Interactions:
    return make_split(generate(SyntheticRecipe())).train


def test_three_groups_with_items_of_their_own_are_found_exactly():
    cells = np.zeros((60, 24))
    for group, n_users in enumerate((10, 20, 30)):
        cells[sum((10, 20, 30)[:group]) :][:n_users, 8 * group : 8 * group + 8] = 1
    factors = balanced_item_factors(interactions(cells), 3, np.random.default_rng(0)).astype(np.float64)
    # One group is √u·√8 times a pair of unit vectors, so VΣVᵀ has √u·√8 / 8 in its block.
    expected = np.kron(np.diag(np.sqrt([10, 20, 30]) * np.sqrt(8) / 8), np.ones((8, 8)))
    np.testing.assert_allclose(factors @ factors.T, expected, atol=1e-5)


def test_lengths_are_square_roots_of_singular_values_and_columns_orthogonal(train):
    factors = balanced_item_factors(train, 8, np.random.default_rng(0)).astype(np.float64)
    squares = factors.T @ factors
    lengths = np.sort(np.diag(squares))[::-1]
    exact = np.linalg.svd(train.binary.toarray(), compute_uv=False)[:8]
    assert np.abs(squares - np.diag(np.diag(squares))).max() < 1e-4 * lengths[0]
    np.testing.assert_allclose(lengths[:4], exact[:4], rtol=0.02)
    assert lengths.sum() > 0.97 * exact.sum()  # the last lie close together, where three steps part them least
    assert np.all(lengths <= exact * (1 + 1e-5))  # no space holds more than that of the singular vectors


def test_more_factors_than_directions_are_short_and_more_than_items_are_zero():
    cells = np.zeros((6, 4))
    cells[:3, :2] = cells[3:, 2:] = 1  # rank 2
    factors = balanced_item_factors(interactions(cells), 6, np.random.default_rng(0))
    lengths = np.sort(np.linalg.norm(factors, axis=0))
    np.testing.assert_allclose(lengths, [0, 0, 0.3, 0.3, 6**0.25, 6**0.25], rtol=1e-3)


def test_an_epoch_from_here_leaves_a_sixth_of_what_one_from_noise_leaves_to_the_minimum(train, monkeypatch):
    def objectives(recipe: ImplicitALS) -> list[float]:
        return [epoch.objective for epoch in recipe.epochs(train, seed=0) if epoch.number > 0]

    recipe = ImplicitALS.defaults_for(train)
    from_here = objectives(recipe)
    monkeypatch.setattr(
        "recsys_core.algorithms.implicit_als.balanced_item_factors",
        lambda data, k, rng: rng.normal(0, 0.1, (data.n_items, k)).astype(np.float32),
    )
    from_noise = objectives(recipe)
    assert from_here[-1] == pytest.approx(from_noise[-1], rel=1e-3)
    assert from_here[1] < from_noise[1]
    assert from_here[0] - from_here[-1] < (from_noise[0] - from_noise[-1]) / 6
