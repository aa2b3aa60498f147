"""Which cells are drawn, and that the screen gets back what was packed."""

import base64

import numpy as np
import pytest

from recsys_core.algorithms import SVD
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.figures import tiles
from recsys_core.figures.tiles import choose_cells, packed


def unpacked(message: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(message["data"]), "<i2") * message["scale"]


def svd_of(dataset, n_factors: int = 3):
    *_, last = SVD(n_factors=n_factors, regularization=0).epochs(dataset.interactions)
    return last.model


def test_a_packed_array_comes_back():
    array = np.random.default_rng(0).normal(size=(7, 5))
    np.testing.assert_allclose(unpacked(packed(array)).reshape(7, 5), array, atol=np.abs(array).max() / 60_000)


def test_bits_and_factors_stand_in_the_drawn_order():
    dataset = generate(SyntheticRecipe(n_users=30, n_items=20))
    model = svd_of(dataset)
    cells = choose_cells(dataset.interactions, model, dataset.ground_truth)
    assert sorted(cells.users) == list(range(30)) and sorted(cells.items) == list(range(20))
    bits = np.unpackbits(np.frombuffer(base64.b64decode(cells.filled(dataset.interactions)), np.uint8))[:600]
    table = dataset.interactions.binary.toarray()
    np.testing.assert_array_equal(bits.reshape(30, 20), table[cells.users][:, cells.items])
    sent = cells.factors(model)
    guess = unpacked(sent["users"]).reshape(3, 30).T @ unpacked(sent["items"]).reshape(3, 20)
    np.testing.assert_allclose(
        guess, (model.user_factors @ model.item_factors.T)[cells.users][:, cells.items], atol=1e-3
    )


def test_planted_tastes_stand_together():
    dataset = generate()
    cells = choose_cells(dataset.interactions, svd_of(dataset), dataset.ground_truth)
    for tastes, order in (
        (dataset.ground_truth.user_tastes, cells.users),
        (dataset.ground_truth.item_tastes, cells.items),
    ):
        assert np.all(np.diff(tastes.argmax(axis=1)[order]) >= 0)


def test_without_a_truth_neighbours_are_alike():
    """Sorting by angle brings hidden groups together: more so than any order that knows nothing."""
    dataset = generate(SyntheticRecipe(n_users=200, n_items=60, n_tastes=2, popularity_skew=0))
    cells = choose_cells(dataset.interactions, svd_of(dataset), None)
    taste = dataset.ground_truth.user_tastes.argmax(axis=1)

    def changes(order):
        return np.sum(np.diff(taste[order]) != 0)

    assert changes(cells.users) < 0.6 * changes(np.random.default_rng(0).permutation(200))


def test_of_a_large_table_the_busiest_rows_and_columns_are_drawn(monkeypatch):
    monkeypatch.setattr(tiles, "MOST_PEOPLE", 10)
    monkeypatch.setattr(tiles, "MOST_ITEMS", 5)
    dataset = generate(SyntheticRecipe(n_users=40, n_items=20))
    cells = choose_cells(dataset.interactions, svd_of(dataset), dataset.ground_truth)
    for chosen, counts, most in (
        (cells.users, dataset.interactions.items_per_user, 10),
        (cells.items, dataset.interactions.users_per_item, 5),
    ):
        assert len(chosen) == most and counts[chosen].min() >= np.sort(counts)[-most]


@pytest.mark.parametrize("n_factors", [1, 2])
def test_a_tiny_table_is_drawn_whole(n_factors):
    cells = choose_cells(load_example_5x5().interactions, svd_of(load_example_5x5(), n_factors), None)
    assert len(cells.users) == len(cells.items) == 5
