"""EASE, item neighbours and biases: what is solved or counted, against explicit loops and solvers."""

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS, EASE, Biases, ItemKNN, ease
from recsys_core.algorithms.item_knn import SIMILARITIES
from recsys_core.algorithms.kernels import cooccurrence
from recsys_core.algorithms.models import ItemModel
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from tests import oracles
from tests.small_trainings import run, scores, small_ratings


def choices_of(data: Interactions) -> np.ndarray:
    x = np.zeros((data.n_users, data.n_items))
    x[data.users, data.items] = 1
    return x


def table_of(data: Interactions) -> np.ndarray:
    table = np.full((data.n_users, data.n_items), np.nan)
    table[data.users, data.items] = data.values
    return table


def few_ratings(seed=0, n_people=25) -> Interactions:
    """12 items, one of them without ratings and one chosen by everybody but the last, who chose nothing."""
    rng = np.random.default_rng(seed)
    chosen = rng.random((n_people, 12)) < 0.4
    chosen[:, 3], chosen[:, 4], chosen[-1] = False, True, False
    users, items = np.nonzero(chosen)
    return Interactions.from_triples(users, items, rng.integers(1, 6, len(users)), n_people, 12)


# --- EASE ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_people", [5, 25])
@pytest.mark.parametrize("lam", [0.001, 1.0, 500.0])
def test_the_weights_of_ease_solve_every_items_regression_on_the_others(lam, n_people):
    ratings = few_ratings(n_people=n_people)
    assert ease.is_cheaper_among_users(ratings) == (n_people == 5)
    (epoch,) = run(EASE(regularization=lam), ratings)
    expected = oracles.ease_weights(choices_of(ratings), lam)
    np.testing.assert_allclose(epoch.model.weights, expected, rtol=1e-3, atol=1e-5)
    np.testing.assert_array_equal(np.diag(epoch.model.weights), 0)


@pytest.mark.parametrize("n_people", [5, 25])
@pytest.mark.parametrize("lam", [1.0, 50.0])
def test_the_objective_of_ease_is_the_one_of_its_weights_and_no_small_step_lowers_it(lam, n_people):
    ratings = few_ratings(n_people=n_people)
    x, (epoch,) = choices_of(ratings), run(EASE(regularization=lam), ratings)

    def objective(b):
        return np.sum((x - x @ b) ** 2) + lam * np.sum(b**2)

    b = epoch.model.weights.astype(float)
    assert epoch.objective == pytest.approx(objective(b), rel=1e-5)
    rng = np.random.default_rng(0)
    for _ in range(20):
        step = 1e-2 * rng.normal(size=b.shape)
        np.fill_diagonal(step, 0)
        assert min(objective(b + step), objective(b - step)) > objective(b)


def test_too_many_items_are_refused_before_the_first_epoch_is_asked_for(monkeypatch):
    monkeypatch.setattr(ease, "LARGEST", 11)
    with pytest.raises(InputError, match=r"^EASE must have at most 11 items, .* Got 12: keep "):
        EASE().epochs(few_ratings())


# --- Neighbours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shrinkage", [0.0, 7.5])
@pytest.mark.parametrize("similarity", SIMILARITIES)
def test_with_all_neighbours_the_weights_are_the_similarities_of_the_loops(similarity, shrinkage):
    data, x = few_ratings(), choices_of(few_ratings())
    (epoch,) = run(ItemKNN(n_neighbours=100, shrinkage=shrinkage, similarity=similarity), data)
    expected = [
        [oracles.similarity(x, i, j, similarity, shrinkage) if i != j else 0 for j in range(12)] for i in range(12)
    ]
    np.testing.assert_allclose(epoch.model.weights.toarray(), expected, rtol=1e-5)


@pytest.mark.parametrize("n_neighbours", [1, 3, 11, 12])
def test_every_item_keeps_the_neighbours_nearest_to_it(n_neighbours):
    data = small_ratings()
    every, kept = (run(ItemKNN(n_neighbours=count), data)[0].model.weights.toarray().T for count in (100, n_neighbours))
    for near, chosen in zip(every, kept, strict=True):
        edge = np.sort(near)[::-1][n_neighbours - 1]  # all that is tied there is kept
        np.testing.assert_array_equal(chosen, np.where(near >= edge, near, 0))


@pytest.mark.parametrize(("n_alike", "n_kept"), [(9, 8), (31, 30), (32, 0)])
def test_of_too_many_items_that_are_alike_none_is_a_neighbour(n_alike, n_kept):
    """Chosen by one person only; a pair of others, chosen by two, has itself."""
    users, items = [0] * n_alike + [1, 2, 1, 2], [*range(n_alike), *[n_alike, n_alike, n_alike + 1, n_alike + 1]]
    data = Interactions.from_triples(users, items, np.ones(len(users)), 3, n_alike + 2)
    (epoch,) = run(ItemKNN(n_neighbours=3), data)
    counts = np.count_nonzero(epoch.model.weights.toarray(), axis=0)
    assert counts.tolist() == [n_kept] * n_alike + [1, 1]


def test_a_score_is_the_sum_over_the_chosen_neighbours_and_is_not_divided():
    data, (epoch,) = few_ratings(), run(ItemKNN(n_neighbours=3), few_ratings())
    weights = epoch.model.weights.toarray()
    for user, row in enumerate(scores(epoch.model)):
        expected = [sum(weights[j, i] for j in data.items[data.of(user)]) for i in range(12)]
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-7)


# --- Models of items -------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [EASE(), ItemKNN()], ids=lambda recipe: recipe.label)
def test_how_many_items_are_counted_at_a_time_changes_nothing(recipe, monkeypatch):
    together = run(recipe, small_ratings())
    monkeypatch.setattr(cooccurrence, "_BLOCK_CELLS", 1)
    np.testing.assert_array_equal(scores(run(recipe, small_ratings())[0].model), scores(together[0].model))


@pytest.mark.parametrize("recipe", [EASE(), ItemKNN()], ids=lambda recipe: recipe.label)
def test_what_a_choice_was_rated_does_not_count_and_the_arrays_are_read_only(recipe):
    data = small_ratings()
    (epoch,), (binary,) = (
        run(recipe, each)
        for each in (data, Interactions(data.indptr, data.items, np.ones_like(data.values), data.n_items))
    )
    np.testing.assert_array_equal(scores(epoch.model), scores(binary.model))
    assert isinstance(epoch.model, ItemModel) and not epoch.model.predicts_ratings
    weights = epoch.model.weights
    with pytest.raises(ValueError, match="read-only"):
        (weights if isinstance(weights, np.ndarray) else weights.data)[:] = 0


# --- Biases ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("item_ridge", "user_ridge"), [(10, 15), (0, 0), (0.5, 100)])
def test_each_pass_of_biases_is_the_one_of_the_loops_and_its_objective_falls(item_ridge, user_ridge):
    table = table_of(few_ratings())
    recipe = Biases(item_regularization=item_ridge, user_regularization=user_ridge, n_epochs=6)
    epochs = run(recipe, few_ratings())
    for epoch, (b_user, b_item) in zip(epochs, oracles.biases(table, item_ridge, user_ridge, 6), strict=True):
        np.testing.assert_allclose(epoch.model.user_bias, b_user, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(epoch.model.item_bias, b_item, rtol=1e-4, atol=1e-6)
        expected = oracles.biases_objective(table, b_user, b_item, item_ridge, user_ridge)
        assert epoch.objective == pytest.approx(expected, rel=1e-6)
        assert epoch.model.offset == pytest.approx(np.nanmean(table)) and epoch.model.n_factors == 0
    objective = [epoch.objective for epoch in epochs]
    assert objective[1] < objective[0] and np.diff(objective).max() <= 1e-12 * objective[0]


def test_without_penalty_biases_arrive_at_the_least_squares_fit():
    data = few_ratings()
    design = np.zeros((data.n_interactions, data.n_users + data.n_items))
    rows = np.arange(data.n_interactions)
    design[rows, data.users] = design[rows, data.n_users + data.items] = 1
    left = data.values - data.values.mean()
    solution, *_ = np.linalg.lstsq(design, left, rcond=None)
    *_, last = run(Biases(item_regularization=0, user_regularization=0, n_epochs=300), data)
    assert last.objective == pytest.approx(np.sum((left - design @ solution) ** 2), rel=1e-5)


def test_the_five_that_learn_by_factors_come_first():
    assert list(ALGORITHMS)[:5] == ["implicit_als", "als", "svd", "bpr", "lambdarank"]
