"""The fast kernels against loops, finite differences and the theorems they rest on."""

from itertools import pairwise

import numpy as np
import pytest

from recsys_core.algorithms.als import ALS, PENALTIES
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.centering import CENTERINGS, Averages
from recsys_core.algorithms.implicit_als import SOLVERS, ImplicitALS
from recsys_core.algorithms.kernels import conjugate_gradient, least_squares, row_groups
from recsys_core.algorithms.kernels.conjugate_gradient import improve_rows
from recsys_core.algorithms.kernels.lapack import solve_positive_definite
from recsys_core.algorithms.kernels.row_groups import RowGroups
from recsys_core.algorithms.lambdarank import LambdaRank, discounts, graded_gains, swap_effects
from recsys_core.algorithms.pairwise import (
    NEGATIVES,
    FixedTriples,
    Pairs,
    _compare,
    _draw,
    mean_over_samples,
    pool_size,
    score_gradient,
)
from recsys_core.algorithms.svd import SVD
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.interactions import Interactions
from tests import oracles
from tests.algorithm_contract import odd_data, run, scores, small_ratings


def drawn_ratings(n_users=14, n_items=11, share=0.4, seed=0) -> Interactions:
    """Random stars; the last user and the last item have none."""
    rng = np.random.default_rng(seed)
    chosen = rng.random((n_users, n_items)) < share
    chosen[-1], chosen[:, -1] = False, False
    users, items = np.nonzero(chosen)
    return Interactions.from_triples(users, items, rng.integers(1, 6, len(users)), n_users, n_items)


def full_ratings(n_users=12, n_items=9, n_patterns=3, seed=0) -> Interactions:
    """Every cell known: a few clear patterns, a little noise."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n_users, n_patterns)) @ rng.normal(size=(n_patterns, n_items))
    table += 0.1 * rng.normal(size=table.shape)
    users, items = np.indices(table.shape).reshape(2, -1)
    return Interactions.from_triples(users, items, table.ravel(), n_users, n_items)


def table_of(data: Interactions, values=None) -> np.ndarray:
    table = np.full((data.n_users, data.n_items), np.nan)
    table[data.users, data.items] = data.values if values is None else values
    return table


def residual_table(data: Interactions, centering: str) -> np.ndarray:
    return table_of(data, Averages.of(data, centering).residuals(data))


# --- Averages --------------------------------------------------------------------------------------------


def test_baselines_are_the_means_that_they_are_named_after():
    table = table_of(drawn_ratings())
    mean = np.nanmean(table)
    users = np.array([np.nanmean(row) if np.any(~np.isnan(row)) else mean for row in table])
    items = np.array([np.nanmean(column) if np.any(~np.isnan(column)) else mean for column in table.T])
    *_, (b_user, b_item) = oracles.biases(table, item_ridge=10, user_ridge=15, passes=10)
    expected = {
        "none": np.zeros_like(table),
        "user mean": np.broadcast_to(users[:, None], table.shape),
        "item mean": np.broadcast_to(items, table.shape),
        "biases": mean + b_user[:, None] + b_item,
    }
    assert set(expected) == set(CENTERINGS)
    for centering, predicted in expected.items():
        baseline = Averages.of(drawn_ratings(), centering)
        ours = baseline.offset + baseline.user_bias[:, None] + baseline.item_bias
        np.testing.assert_allclose(ours, predicted, atol=1e-5)


# --- Alternating least squares ---------------------------------------------------------------------------


@pytest.mark.parametrize("n_factors", [1, 3, 20])
@pytest.mark.parametrize("centering", CENTERINGS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_each_als_step_solves_the_ridge_systems_of_the_loops(penalty, centering, n_factors):
    data, lam = drawn_ratings(), 0.3
    table = residual_table(data, centering)
    recipe = ALS(n_factors=n_factors, regularization=lam, n_epochs=3, penalty=penalty, centering=centering)
    lam *= oracles.rating_scale(table_of(data))
    models = [epoch.model for epoch in run(recipe, data)]
    for before, after in pairwise(models):
        expected = oracles.als_step(table, before.item_factors, lam, penalty)
        np.testing.assert_allclose(after.user_factors, expected, rtol=1e-3, atol=1e-3)
        expected = oracles.als_step(table.T, after.user_factors, lam, penalty)
        np.testing.assert_allclose(after.item_factors, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("a0", [1.0, 0.1])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("alpha", [0.0, 1.0, 40.0])
@pytest.mark.parametrize("n_factors", [1, 3, 20])
def test_each_implicit_als_step_solves_the_systems_over_all_cells(n_factors, alpha, penalty, a0):
    data, lam = drawn_ratings(), 2.0
    table = table_of(data)
    asked = lam, alpha / oracles.mean_strength(table), a0, penalty
    recipe = ImplicitALS(
        n_factors=n_factors, regularization=lam, alpha=alpha, unobserved=a0, penalty=penalty, n_epochs=3
    )
    models = [epoch.model for epoch in run(recipe, data)]
    for before, after in pairwise(models):
        expected = oracles.implicit_als_step(table, before.item_factors, *asked)
        np.testing.assert_allclose(after.user_factors, expected, rtol=1e-3, atol=1e-4)
        expected = oracles.implicit_als_step(table.T, after.user_factors, *asked)
        np.testing.assert_allclose(after.item_factors, expected, rtol=1e-3, atol=1e-4)


def test_to_implicit_als_a_value_below_zero_is_no_choice():
    """As in implicit and Spark: p = 0 there."""
    data = odd_data()["values around zero"]
    without = data.select(data.values >= 0)
    assert 0 < without.n_interactions < data.n_interactions
    ours, theirs = (run(ImplicitALS(n_epochs=3, regularization=10), each)[-1] for each in (data, without))
    np.testing.assert_array_equal(scores(ours.model), scores(theirs.model))
    table = table_of(data)
    alpha = 1 / oracles.mean_strength(table)
    expected = oracles.implicit_als_step(table.T, ours.model.user_factors, 10, alpha, 1, "plain")
    np.testing.assert_allclose(ours.model.item_factors, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("lam", [0.0, 0.1, 5.0])
@pytest.mark.parametrize("centering", CENTERINGS)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_objective_that_als_reports_is_the_one_of_its_model(penalty, centering, lam):
    data = drawn_ratings()
    table = residual_table(data, centering)
    recipe = ALS(n_factors=2, regularization=lam, n_epochs=4, penalty=penalty, centering=centering)
    lam *= oracles.rating_scale(table_of(data))
    for epoch in run(recipe, data):
        p, q = epoch.model.user_factors, epoch.model.item_factors
        assert epoch.objective == pytest.approx(oracles.als_objective(table, p, q, lam, penalty), rel=1e-4)


@pytest.mark.parametrize("a0", [1.0, 0.1])
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("alpha", [0.0, 1.0, 40.0])
@pytest.mark.parametrize("lam", [0.1, 10.0])
def test_the_objective_that_implicit_als_reports_is_the_one_of_its_model(lam, alpha, penalty, a0):
    data = drawn_ratings()
    recipe = ImplicitALS(n_factors=3, regularization=lam, alpha=alpha, unobserved=a0, penalty=penalty, n_epochs=4)
    for epoch in run(recipe, data):
        x, y = epoch.model.user_factors, epoch.model.item_factors
        relative = alpha / oracles.mean_strength(table_of(data))
        expected = oracles.implicit_als_objective(table_of(data), x, y, lam, relative, a0, penalty)
        assert epoch.objective == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("a0", [0.1, 1.0])
def test_implicit_als_is_the_model_of_rendle_et_al_but_for_the_scale_of_scores(a0):
    """They minimise Σ_S (1 − x·y)² + a₀ Σ_all (x·y)² + their λ: one exact step of it, from factors scaled alike."""
    data, theirs = drawn_ratings(), 0.05
    binary = Interactions(data.indptr, data.items, np.ones_like(data.values), data.n_items)
    ours = theirs * (1 + a0)
    recipe = ImplicitALS(n_factors=3, regularization=ours, unobserved=a0, penalty="weighted", n_epochs=5)
    model = run(recipe, binary)[-1].model
    scale = np.sqrt(1 / (1 + a0))
    x = (scale * model.user_factors).astype(float)
    for item, column in enumerate((table_of(binary) == 1).T):
        ridge = theirs * (column.sum() + a0 * len(x))
        system = a0 * x.T @ x + x[column].T @ x[column] + ridge * np.eye(3)
        expected = np.linalg.solve(system, x[column].sum(axis=0))
        np.testing.assert_allclose(scale * model.item_factors[item], expected, rtol=1e-3, atol=1e-4)


ALTERNATING = {
    "ALS, weighted": (ALS, {"penalty": "weighted"}),
    "ALS, plain": (ALS, {"penalty": "plain"}),
    "ALS, weighted, biases": (ALS, {"penalty": "weighted", "centering": "biases"}),
    "implicit ALS": (ImplicitALS, {}),
    "implicit ALS, sure": (ImplicitALS, {"alpha": 10.0}),
    "implicit ALS, weighted": (ImplicitALS, {"penalty": "weighted", "unobserved": 0.1}),
    "implicit ALS, conjugate gradient": (ImplicitALS, {"solver": "conjugate gradient"}),
}


@pytest.mark.parametrize("n_factors", [1, 3, 8, 100])
@pytest.mark.parametrize("lam", [0.0, 1e-2, 1.0, 100.0])
@pytest.mark.parametrize("name", ALTERNATING)
def test_the_objective_never_rises_even_without_penalty_and_with_more_factors_than_ratings(name, lam, n_factors):
    cls, settings = ALTERNATING[name]
    data = small_ratings()
    epochs = run(cls(n_factors=n_factors, regularization=lam, n_epochs=12, **settings), data)
    objective = np.array([epoch.objective for epoch in epochs])
    confidence = settings.get("unobserved", 1.0) + settings.get("alpha", 1.0) * data.values
    without_factors = np.sum(data.values**2 if cls is ALS else confidence)
    assert np.isfinite(scores(epochs[-1].model)).all()
    assert np.diff(objective).max() <= 1e-5 * without_factors  # float32 rounds
    assert -1e-5 * without_factors <= objective[-1] < 1.01 * without_factors


@pytest.mark.parametrize(("lam", "n_factors"), [(1e-7, 8), (1e-6, 8)])
def test_the_objective_never_rises_with_hardly_any_penalty(lam, n_factors):
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((60, 40)) < 0.1)
    data = Interactions.from_triples(users, items, rng.integers(1, 6, len(users)), 60, 40)
    epochs = run(ALS(n_factors=n_factors, regularization=lam, penalty="plain", n_epochs=15), data, seed=1)
    objective = np.array([epoch.objective for epoch in epochs])
    assert np.diff(objective).max() <= 1e-5 * np.sum(data.values**2)


def test_on_the_matrix_of_the_note_the_loss_falls_at_every_iteration_and_most_starts_reproduce_it():
    """Published check P19: k = 2, λ = 0.01 weighted by the counts, 20 iterations, from 0.1 · N(0, 1).

    Some starts end in a worse stationary point, as the exact loops do from there.
    """
    data = load_example_5x5().interactions
    errors = []
    for seed in range(10):
        lam = 0.01 / oracles.rating_scale(table_of(data))
        epochs = run(ALS(n_factors=2, regularization=lam, n_epochs=20, penalty="weighted"), data, seed=seed)
        assert np.all(np.diff([epoch.objective for epoch in epochs]) < 0)
        predicted = scores(epochs[-1].model)[data.users, data.items]
        errors.append(np.sqrt(np.mean((predicted - data.values) ** 2)))
    assert np.median(errors) < 0.2


def test_who_has_no_ratings_gets_the_averages_alone():
    data = drawn_ratings()
    for cls in (ALS, ImplicitALS):
        model = run(cls(n_epochs=2), data)[-1].model
        assert not model.user_factors[-1].any() and not model.item_factors[-1].any()
    model = run(ALS(n_epochs=2, centering="biases"), data)[-1].model
    assert scores(model)[-1, -1] == pytest.approx(data.values.mean())


@pytest.mark.parametrize("name", ALTERNATING)
def test_how_rows_are_grouped_and_how_many_threads_solve_them_changes_nothing(name, monkeypatch):
    cls, settings = ALTERNATING[name]
    recipe = cls(n_factors=6, n_epochs=3, **settings)
    alone = run(recipe, small_ratings())
    for solver in (least_squares, conjugate_gradient):
        monkeypatch.setattr(solver, "_PARALLEL_FROM", 0)
    together = run(recipe, small_ratings())
    np.testing.assert_array_equal(scores(together[-1].model), scores(alone[-1].model))
    monkeypatch.setattr(row_groups, "_STACK_BYTES", 1)
    one_by_one = run(recipe, small_ratings())
    np.testing.assert_allclose(scores(one_by_one[-1].model), scores(alone[-1].model), atol=5e-3)


@pytest.mark.parametrize("weighted", [False, True])
def test_as_many_conjugate_gradient_steps_as_factors_reach_the_exact_solution(weighted):
    data, k, rng = drawn_ratings(), 5, np.random.default_rng(3)
    y = rng.normal(size=(data.n_items, k)).astype(np.float32)
    weights = data.values if weighted else np.ones_like(data.values)
    system = dict(targets=1 + data.values, weights=weights, everywhere=1.0, ridge=np.full(data.n_users, 20.0))
    rows = RowGroups.of(data, k)
    fits, exact_fits = np.empty((2, data.n_interactions), np.float32)
    exact = least_squares.solve_rows(rows, y, fitted=exact_fits, **system)
    start = np.where(exact.any(axis=1, keepdims=True), rng.normal(size=exact.shape), 0).astype(np.float32)
    distances = []
    for steps in range(1, k + 1):
        x = improve_rows(rows, y, start, steps=steps, fitted=fits, **system)
        distances.append(np.abs(x - exact).max())
        np.testing.assert_allclose(fits, np.einsum("ek,ek->e", x[data.users], y[data.items]), atol=1e-4)
    assert distances[0] > 0.02
    assert distances[-1] < 1e-4
    np.testing.assert_allclose(fits, exact_fits, atol=1e-3)
    np.testing.assert_allclose(improve_rows(rows, y, exact, steps=3, **system), exact, atol=1e-5)


def test_with_both_solvers_implicit_als_comes_to_the_same_objective():
    data = small_ratings()
    exact, inexact = (run(ImplicitALS(n_factors=4, regularization=1, n_epochs=60, solver=s), data)[-1] for s in SOLVERS)
    assert inexact.objective == pytest.approx(exact.objective, rel=1e-3)


def counts_around(size: float) -> Interactions:
    """60 people, 40 items, long-tailed counts."""
    rng = np.random.default_rng(1)
    users, items = np.nonzero(rng.random((60, 40)) < 0.3)
    return Interactions.from_triples(users, items, size * (1 + rng.pareto(1.5, len(users))), 60, 40)


@pytest.mark.parametrize("size", [1.0, 1e9])
@pytest.mark.parametrize(("lam", "alpha"), [(0.0, 1.0), (1e-5, 1.0), (1e-5, 1e5), (15.0, 1.0)])
@pytest.mark.parametrize("penalty", PENALTIES)
def test_implicit_als_agrees_with_float64_however_weak_the_penalty_and_large_the_counts(penalty, lam, alpha, size):
    data, k = counts_around(size), 8
    recipe = ImplicitALS(n_factors=k, regularization=lam, alpha=alpha, penalty=penalty, n_epochs=4)
    epochs = run(recipe, data)
    table = table_of(data)
    y = epochs[0].model.item_factors.astype(float)
    for _ in epochs[1:]:
        asked = lam, alpha / oracles.mean_strength(table), 1.0, penalty
        x = oracles.implicit_als_step(table, y, *asked)
        y = oracles.implicit_als_step(table.T, x, *asked)
    ours = scores(epochs[-1].model)
    np.testing.assert_allclose(ours, x @ y.T, atol=0.02 if alpha > 1 else 1e-5)
    top, expected = (np.argsort(-s, axis=1)[:, :10] for s in (ours, x @ y.T))
    shared = [len(set(a) & set(b)) / 10 for a, b in zip(top.tolist(), expected.tolist(), strict=True)]
    assert np.mean(shared) >= (0.99 if alpha > 1 else 0.999)


@pytest.mark.parametrize("lam", [0.0, 1e-7, 1e-3])
@pytest.mark.parametrize("n_factors", [8, 64])
def test_implicit_als_needs_no_float64_where_the_penalty_is_weak(n_factors, lam, monkeypatch):
    """There it would take ten times as long. 64 factors of 40 items are a singular YᵀY."""
    monkeypatch.setattr(least_squares, "_solved_in_double", None)
    data = small_ratings()
    epochs = run(ImplicitALS(n_factors=n_factors, regularization=lam, alpha=40, n_epochs=5), data)
    assert np.isfinite(scores(epochs[-1].model)).all()


@pytest.mark.parametrize("share", [0.02, 0.1, 0.6], ids=["short rows", "mixed rows", "long rows"])
def test_without_ridge_the_least_squares_solutions_are_the_shortest_ones(share):
    rng, k = np.random.default_rng(0), 12
    users, items = np.nonzero(rng.random((50, 80)) < share)
    data = Interactions.from_triples(users, items, rng.normal(size=len(users)), 50, 80)
    y = rng.normal(size=(80, k)).astype(np.float32)
    y[1] = y[0]  # twins, who may be asked for different ratings
    weights = rng.uniform(0.5, 2, len(users)).astype(np.float32)
    targets = weights * data.values
    x = least_squares.solve_rows(RowGroups.of(data, k), y, targets=targets, weights=weights, ridge=np.zeros(50))
    for u in range(50):
        own, root = data.of(u), np.sqrt(weights[data.of(u)])
        a = root[:, None] * y[data.items[own]].astype(float)
        expected = np.linalg.lstsq(a, root * data.values[own], rcond=1e-6)[0]
        np.testing.assert_allclose(x[u], expected, atol=1e-3 * max(1, np.abs(expected).max()))


def test_where_nothing_decides_the_shortest_solution_is_taken():
    """λ = 0 and one rating for five factors: the solution is the rating along the item's own factors."""
    data = Interactions.from_triples([0], [0], [3.0], 1, 1)
    rows = RowGroups.of(data, 5)
    y = np.array([[1, 2, 0, -1, 0.5]], np.float32)
    fitted = np.empty(1, np.float32)
    x = least_squares.solve_rows(rows, y, targets=data.values, ridge=np.zeros(1), fitted=fitted)
    np.testing.assert_allclose(x, 3 * y / np.sum(y**2), rtol=1e-5)
    np.testing.assert_allclose(fitted, [3], rtol=1e-5)


@pytest.mark.parametrize(("kind", "rounding"), [(np.float32, 1e-4), (np.float64, 1e-12)])
def test_cholesky_solves_the_definite_systems_and_names_the_others(kind, rounding):
    rng = np.random.default_rng(0)
    roots = rng.normal(size=(4, 5, 5))
    systems = (roots @ roots.transpose(0, 2, 1) + np.eye(5)).astype(kind)
    systems[2] = -np.eye(5)
    right_sides = rng.normal(size=(4, 5)).astype(kind)
    solved = right_sides.copy()
    failed = solve_positive_definite(systems.copy(), solved)
    assert failed.tolist() == [2]
    for row in (0, 1, 3):
        np.testing.assert_allclose(systems[row] @ solved[row], right_sides[row], atol=rounding)


# --- Singular values -------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_factors", [1, 4, 16])
def test_without_centring_svd_is_the_truncated_svd_of_who_chose_what(n_factors):
    data = small_ratings()
    u, sigma, vt = np.linalg.svd((data.matrix.toarray() > 0).astype(float), full_matrices=False)
    expected = (u[:, :n_factors] * sigma[:n_factors]) @ vt[:n_factors]
    np.testing.assert_allclose(
        scores(run(SVD(n_factors=n_factors, regularization=0), data)[-1].model), expected, atol=1e-5
    )


@pytest.mark.parametrize("lam", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("centering", CENTERINGS)
def test_the_objective_that_svd_reports_is_the_one_of_its_model_and_falls_with_every_rank(centering, lam):
    data = drawn_ratings()
    filled = np.ones(data.n_interactions) if centering == "none" else Averages.of(data, centering).residuals(data)
    matrix = np.nan_to_num(table_of(data, filled))
    epochs = run(SVD(n_factors=5, regularization=lam, centering=centering), data)
    lam *= 1 if centering == "none" else oracles.rating_scale(table_of(data))
    assert [epoch.model.n_factors for epoch in epochs] == [1, 2, 3, 4, 5]
    for epoch in epochs:
        expected = oracles.all_cells_objective(matrix, epoch.model.user_factors, epoch.model.item_factors, lam)
        assert epoch.objective == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert np.all(np.diff([epoch.objective for epoch in epochs]) <= 1e-9)


@pytest.mark.parametrize("lam", [0.5, 2.0])
def test_no_small_step_away_from_the_shrunken_svd_lowers_its_objective(lam):
    data = full_ratings()
    model = run(SVD(n_factors=3, regularization=lam, centering="item mean"), data)[-1].model
    matrix = residual_table(data, "item mean")
    p, q = model.user_factors.astype(float), model.item_factors.astype(float)
    lam *= oracles.rating_scale(table_of(data))
    at_rest = oracles.all_cells_objective(matrix, p, q, lam)
    rng = np.random.default_rng(0)
    for _ in range(20):
        dp, dq = 1e-2 * rng.normal(size=p.shape), 1e-2 * rng.normal(size=q.shape)
        for sign in (1, -1):
            assert oracles.all_cells_objective(matrix, p + sign * dp, q + sign * dq, lam) > at_rest


@pytest.mark.parametrize("n_factors", [1, 2, 3])
def test_with_all_cells_known_and_no_penalty_als_arrives_at_the_truncated_svd(n_factors):
    """Eckart and Young 1936. Both take the items' means away: without, SVD looks only at who rated what."""
    common = dict(n_factors=n_factors, regularization=0.0, centering="item mean")
    closed = run(SVD(**common), full_ratings())[-1]
    iterated = run(ALS(penalty="plain", n_epochs=150, **common), full_ratings())[-1]
    assert iterated.objective == pytest.approx(closed.objective, rel=1e-4)
    np.testing.assert_allclose(scores(iterated.model), scores(closed.model), atol=2e-3)


@pytest.mark.parametrize("lam", [0.1, 1.0, 3.0])
def test_with_all_cells_known_plain_als_arrives_at_the_shrunken_svd(lam):
    common = dict(n_factors=3, regularization=lam, centering="item mean")
    closed = run(SVD(**common), full_ratings())[-1]
    iterated = run(ALS(penalty="plain", n_epochs=150, **common), full_ratings())[-1]
    assert iterated.objective == pytest.approx(closed.objective, rel=1e-4)
    np.testing.assert_allclose(scores(iterated.model), scores(closed.model), atol=1e-2)


def test_the_last_rank_is_the_last_epoch_on_small_data_too():
    recipe = SVD(n_factors=16)
    assert run(recipe, load_example_5x5().interactions)[-1].number == recipe.last_epoch(load_example_5x5().interactions)


# --- Pairs -----------------------------------------------------------------------------------------------


def drawn_pairs(seed=0, *, graded=False) -> Pairs:
    """Three users, eight items, six samples each: some invalid, some drawn twice."""
    rng = np.random.default_rng(seed)
    rows, items = np.array([0, 0, 0, 1, 2, 2]), np.array([1, 4, 6, 2, 0, 7])
    gains = np.zeros((3, 8), np.float32)
    gains[rows, items] = [1, 3, 7, 3, 1, 7] if graded else 1
    samples = rng.integers(0, 8, (3, 6))
    samples[:, 1] = samples[:, 0]
    valid = gains[rows, items][:, None] > np.take_along_axis(gains, samples, axis=1)[rows]
    s = rng.normal(size=(3, 8)).astype(np.float32)
    return Pairs(s, gains, rows, items, np.array([0, 3, 4]), samples, valid)


@pytest.mark.parametrize("seed", range(5))
def test_the_score_gradient_is_the_slope_of_the_pair_loss_and_its_rows_sum_to_zero(seed):
    pairs = drawn_pairs(seed, graded=True)
    weights = pairs.valid * np.random.default_rng(seed).random(pairs.valid.shape).astype(np.float32)
    ours = score_gradient(pairs, weights)

    def loss(s):
        return oracles.pair_loss(s, pairs.rows, pairs.items, pairs.samples, weights)

    np.testing.assert_allclose(ours, oracles.slope_of(loss, pairs.scores.astype(float)), atol=1e-5)
    np.testing.assert_allclose(ours.sum(axis=1), 0, atol=1e-5)
    assert ours.any()


def test_the_score_gradient_is_finite_and_right_however_far_apart_the_scores_are():
    scores_ = np.array([[-1e30, 1e30], [1e30, -1e30]], np.float32)
    entries = np.array([0, 1])
    pairs = Pairs(
        scores_, np.eye(2, 1, dtype=np.float32), entries, np.zeros(2, int), entries, np.ones((2, 1), int), None
    )
    np.testing.assert_array_equal(score_gradient(pairs, np.ones((2, 1), np.float32)), [[-1, 1], [0, 0]])


def sampled_pairs(negatives, *, graded=True, n_items=2000) -> Pairs:
    """Of four people with 1, 2, 3 and 4 choices among many items; a higher id has a higher score."""
    users = np.repeat(np.arange(4), [1, 2, 3, 4])
    stars = np.array([5, 1, 5, 1, 3, 5, 1, 2, 4, 5])
    items = np.random.default_rng(0).choice(n_items, len(users), replace=False)
    data = Interactions.from_triples(users, items, stars, 4, n_items)
    gains = data.values if graded else np.ones(len(users), np.float32)
    s = np.tile(np.arange(n_items, dtype=np.float32), (3, 1))
    n_pool, n_rivals = pool_size(n_items, negatives), 16 * graded
    asked, items = np.array([3, 0, 2]), np.arange(n_items)
    draw = _draw(data, gains, asked, items, n_pool, n_rivals, np.random.default_rng(1))
    return _compare(draw, s, None, n_pool)


@pytest.mark.parametrize("negatives", NEGATIVES)
def test_pairs_are_made_of_all_choices_and_valid_where_the_choice_is_the_better_one(negatives):
    pairs = sampled_pairs(negatives)
    assert np.bincount(pairs.rows).tolist() == [4, 1, 3]
    assert pairs.first.tolist() == [0, 4, 5]
    assert sorted(pairs.of_entries(pairs.gains)[:4]) == [1, 2, 4, 5]
    assert np.count_nonzero(pairs.gains) == 8
    for entry, (row, item) in enumerate(zip(pairs.rows, pairs.items, strict=True)):
        better = pairs.gains[row, item] > pairs.gains[row, pairs.samples[row]]
        np.testing.assert_array_equal(pairs.valid[entry], better)


@pytest.mark.parametrize("negatives", NEGATIVES)
def test_where_ratings_differ_a_persons_own_items_are_compared_with_one_another(negatives):
    own_among_samples = [
        np.sum(p.of_samples(p.gains) > 0) for p in (sampled_pairs(negatives, graded=g) for g in (1, 0))
    ]
    assert own_among_samples[0] > 10 * max(own_among_samples[1], 1)


def test_mildly_hard_samples_score_higher_than_uniform_ones():
    hard, uniform = (sampled_pairs(negatives, graded=False) for negatives in NEGATIVES)
    assert NEGATIVES == ("mildly hard", "uniform")
    assert hard.samples.shape == uniform.samples.shape
    assert hard.of_samples(hard.scores).mean() > 1.15 * uniform.of_samples(uniform.scores).mean()


def test_every_choice_with_something_to_compare_counts_once():
    pairs = drawn_pairs()
    weights = mean_over_samples(pairs)
    np.testing.assert_allclose(weights.sum(axis=1), pairs.valid.any(axis=1))
    assert not weights[~pairs.valid].any()


@pytest.mark.parametrize("truncation", [1, 3, 8, 100])
@pytest.mark.parametrize("graded", [False, True])
def test_the_effect_of_a_swap_is_the_difference_between_the_two_lists(graded, truncation):
    pairs = drawn_pairs(1, graded=graded)
    ours = swap_effects(pairs, truncation)
    for entry, (row, item) in enumerate(zip(pairs.rows, pairs.items, strict=True)):
        for place, sample in enumerate(pairs.samples[row]):
            expected = oracles.effect_of_a_swap(pairs.scores[row], pairs.gains[row], item, sample, truncation)
            assert ours[entry, place] == pytest.approx(expected, abs=1e-5)
    assert ours.any()


@pytest.mark.parametrize("floor", [0.0, 0.3, 1.0])
def test_lambdarank_weighs_a_persons_pairs_by_their_swaps_to_a_mean_of_1(floor):
    pairs = drawn_pairs(2, graded=True)
    equal = mean_over_samples(pairs)
    ours = LambdaRank(floor=floor, truncation=3, gains="graded").pair_weights(pairs)
    for user in range(3):
        mine = pairs.rows == user
        effects = equal[mine] * [
            [oracles.effect_of_a_swap(pairs.scores[user], pairs.gains[user], i, j, 3) for j in pairs.samples[user]]
            for i in pairs.items[mine]
        ]
        by_place = effects * equal[mine].sum() / effects.sum() if effects.any() else effects
        np.testing.assert_allclose(ours[mine], floor * equal[mine] + (1 - floor) * by_place, rtol=1e-4, atol=1e-6)


def test_discounts_are_those_of_the_ranks():
    s = np.array([[0.1, 0.9, 0.5, 0.3]], np.float32)
    expected = 1 / np.log2(1 + np.array([[4, 1, 2, 3]]))
    np.testing.assert_allclose(discounts(s, 10), expected, rtol=1e-6)
    np.testing.assert_allclose(discounts(s, 2), np.where(expected > 0.6, expected, 0), rtol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(1, 5), (0, 1), (-10, 10), (1, 100), (0.5, 5)])
def test_graded_gains_are_2_to_the_stars_less_1_on_every_scale(low, high):
    stars = np.array([1, 2, 3, 4, 5], np.float32)
    ratings = low + (stars - 1) / 4 * (high - low)
    np.testing.assert_allclose(graded_gains(ratings.astype(np.float32)), [1, 3, 7, 15, 31], rtol=1e-6)


def test_lambdarank_with_graded_gains_learns_from_constant_ratings_off_the_star_scale():
    epochs = run(
        LambdaRank(gains="graded", n_epochs=10, start="noise"), odd_data()["constant values off the star scale"]
    )
    assert epochs[-1].objective > epochs[0].objective


def test_fixed_triples_hold_a_choice_against_what_was_not_chosen():
    data = small_ratings()
    triples = FixedTriples(data, np.random.default_rng(0))
    table = table_of(data)
    assert len(triples.users) > 0.5 * data.n_interactions
    assert not np.isnan(table[triples.users, triples.chosen]).any()
    assert np.isnan(table[triples.users, triples.others]).all()


def test_what_bpr_reports_is_the_loss_on_its_fixed_triples_and_the_penalty_per_choice():
    data, lam = small_ratings(), 0.7
    triples = FixedTriples(data, np.random.default_rng(4))
    for epoch in run(BPR(n_factors=3, regularization=lam, n_epochs=3), data, seed=4):
        s = scores(epoch.model).astype(float)
        losses = [
            np.log1p(np.exp(s[u, j] - s[u, i]))
            for u, i, j in zip(triples.users, triples.chosen, triples.others, strict=True)
        ]
        parameters = (epoch.model.user_factors, epoch.model.item_factors, epoch.model.item_bias)
        norm = sum(float(np.sum(each.astype(float) ** 2)) for each in parameters)
        assert epoch.objective == pytest.approx(np.mean(losses) + lam * norm / data.n_interactions, rel=1e-4)


@pytest.mark.parametrize("gains", ["binary", "graded"])
@pytest.mark.parametrize("truncation", [3, 500])
def test_what_lambdarank_reports_is_the_mean_ndcg_of_the_training_lists(truncation, gains):
    data = small_ratings()
    for epoch in run(LambdaRank(n_factors=3, n_epochs=2, truncation=truncation, gains=gains), data):
        per_user = []
        for user, row in enumerate(scores(epoch.model)):
            stars = dict(zip(data.items[data.of(user)].tolist(), data.values[data.of(user)].tolist(), strict=True))
            ndcg = oracles.ndcg if gains == "binary" else oracles.ndcg_graded
            per_user.append(ndcg(oracles.unseen_items_best_first(row, []), stars, truncation))
        assert epoch.objective == pytest.approx(np.mean(per_user), abs=1e-5)


def test_the_item_bias_of_bpr_follows_popularity():
    data = small_ratings()
    model = run(BPR(n_factors=1, n_epochs=40, negatives="uniform"), data)[-1].model
    assert np.corrcoef(model.item_bias, data.users_per_item)[0, 1] > 0.8
