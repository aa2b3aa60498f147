"""Degrees of freedom, blending and the truncated SVD against plain loops, known answers and the laws of the field."""

import json
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.blend import Blend, standardised, weighted_sum
from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.blending import Components, EnsembleFit, EnsembleFitter, worked_score
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.optimize.blend_objectives import BELOW, ApproximateNDCG, SoftPopularity, SquaredError
from recsys_core.optimize.degrees_of_freedom import degrees_of_freedom, ridge_for, singular_values, slope, worked_ridge
from recsys_core.optimize.gradient_check import gradient_error
from recsys_core.optimize.pca import principal_components, worked_coordinate
from recsys_core.optimize.truncation import als_sweeps, curves, n_equal_digits, worked_truncation
from recsys_core.store.run import restore_recipe

RNG = np.random.default_rng(0)


# Newton chooses λ


def test_degrees_of_freedom_are_the_trace_of_the_hat_matrix():
    q = RNG.normal(size=(9, 5))
    hat = q @ np.linalg.inv(q.T @ q + 0.7 * np.eye(5)) @ q.T
    assert degrees_of_freedom(singular_values(q), 0.7) == pytest.approx(np.trace(hat))


def test_directions_that_the_ratings_do_not_tell_are_not_counted():
    q = np.outer(RNG.normal(size=6), RNG.normal(size=4)) + np.outer(RNG.normal(size=6), RNG.normal(size=4))
    assert len(singular_values(q)) == 2 and len(singular_values(np.zeros((3, 2)))) == 0


def test_one_singular_value_has_a_ridge_that_can_be_written_down():
    *_, last = ridge_for(np.array([3.0]), 0.25)  # 9 / (9 + λ) = 1/4
    assert last == pytest.approx(27)


@pytest.mark.parametrize("spread", [0, 1, 3])
@pytest.mark.parametrize("wanted", [0.1, 3, 7.9])
def test_newton_climbs_without_overshooting_and_squares_its_error(spread, wanted):
    d = 10 ** (spread * RNG.uniform(-1, 1, 8))
    ridges = np.array(list(ridge_for(d, wanted)))
    excess = degrees_of_freedom(d, ridges) - wanted
    assert ridges[0] == 0 and (np.diff(ridges) > 0).all() and (excess > -1e-9).all() and excess[-1] < 1e-9
    bend = 2 * np.sum(d**2 / (d**2 + ridges[-1]) ** 3)
    near = [place for place in range(len(excess) - 1) if 1e-6 < excess[place] < 1e-2 * wanted]
    assert near
    for place in near:
        expected = bend / (2 * slope(d, ridges[-1]) ** 2) * excess[place] ** 2
        assert excess[place + 1] == pytest.approx(expected, rel=0.1, abs=1e-12)


def test_the_slope_is_the_slope_and_a_wish_that_cannot_be_is_refused():
    d = np.array([2.0, 1.0, 0.5])
    measured = (degrees_of_freedom(d, 0.6 + 1e-6) - degrees_of_freedom(d, 0.6 - 1e-6)) / 2e-6
    assert slope(d, 0.6) == pytest.approx(measured, rel=1e-6)
    with pytest.raises(InputError, match=r"at most 3, the directions that the ratings tell\. Got 4"):
        next(ridge_for(d, 4))
    step = worked_ridge(d, 1.5, 0.1)
    assert step.after == pytest.approx(step.before - (step.df - 1.5) / step.slope, rel=1e-5)


# Blending


@pytest.fixture(scope="module")
def split():
    return make_split(generate(SyntheticRecipe(n_users=120, n_items=80, n_tastes=4)))


@pytest.fixture(scope="module")
def models(split):
    recipes = (ALGORITHMS["implicit_als"](n_factors=4), ALGORITHMS["svd"](n_factors=6))
    return [last_model(recipe.epochs(split.train)) for recipe in recipes]


@pytest.fixture(scope="module")
def lists(split, models):
    return EnsembleFitter(models, split, for_lists=True)


def any_model(m=7, n=9, k=3) -> FactorModel:
    parts = [RNG.normal(size=shape) for shape in ((m, k), (n, k), m, n)]
    return FactorModel.of(*parts[:2], user_bias=parts[2], item_bias=parts[3], offset=2.0, predicts_ratings=True)


def test_a_blend_of_factor_models_is_the_sum_of_their_scores():
    one, other, unused = any_model(), any_model(k=5), any_model()
    blend = weighted_sum([one, other, unused], [0.7, 0.3, 0.0])
    everybody = np.arange(7)
    assert blend.scores(everybody) == pytest.approx(
        0.7 * one.scores(everybody) + 0.3 * other.scores(everybody), abs=1e-5
    )
    assert blend.n_factors == 8 and blend.predicts_ratings


def test_standardised_scores_are_that_and_keep_every_list():
    model = any_model()
    before, after = (each.scores(np.arange(7)).astype(float) for each in (model, standardised(model)))
    expected = (before - before.mean(axis=1, keepdims=True)) / before.std(axis=1, keepdims=True)
    assert after == pytest.approx(expected, abs=1e-4)
    flat = FactorModel.of(np.zeros((3, 2)), RNG.normal(size=(4, 2)), user_bias=np.ones(3))
    assert not standardised(flat).scores(np.arange(3)).any()


def test_approximate_ndcg_is_ndcg_where_scores_lie_apart():
    """One person: held out are the second and the fourth of a list of five."""
    z = np.array([[50.0, 40.0, 30.0, 20.0, 10.0]])
    differences = np.stack([z[0] - z[0, place] for place in (1, 3)])[None]
    differences[0, [0, 1], [1, 3]] = BELOW
    ideal = 1 + 1 / math.log2(3)
    error = ApproximateNDCG(differences, np.full(2, 1 / ideal))
    assert -error.value(np.ones(1)) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_what_is_minimised_has_the_gradients_that_finite_differences_find(lists):
    w = np.array([0.5, 0.2, 0.3])
    squared = SquaredError(RNG.normal(size=(3, 20)), RNG.normal(size=20))
    for each in (lists.error, lists.soft_popularity, squared):
        assert gradient_error(each.value, each.gradient, w, np.random.default_rng(1)) < 1e-4


def test_drawing_by_score_shows_the_first_where_scores_lie_apart():
    soft = SoftPopularity(np.array([[[9.0, 1.0, 0.0], [0.0, 9.0, BELOW]]]), np.array([[4.0, 1, 1], [1, 6, 99]]))
    assert soft.value(np.ones(1)) == pytest.approx(5)


def test_ratings_are_blended_as_least_squares_would():
    split = make_split(generate(SyntheticRecipe(n_users=60, n_items=40, feedback="explicit")))
    recipes = (ALGORITHMS["als"](n_factors=4), ALGORITHMS["biases"]())
    models = [last_model(recipe.epochs(split.train)) for recipe in recipes]
    best = EnsembleFitter(models, split, for_lists=False).best()
    shares = np.linspace(0, 1, 1001)
    errors = [evaluate(weighted_sum(models, [w, 1 - w]), split, "validation").rmse for w in shares[::50]]
    assert best.evaluation.rmse <= min(errors) + 1e-6
    assert best.evaluation.rmse == pytest.approx(math.sqrt(best.losses[-1]), abs=1e-5)


def test_weights_are_a_share_of_three_decimals_and_serve_lists_at_least_as_well_as_equal_ones(lists):
    best = lists.best()
    assert round(float(best.weights.sum()), 9) == 1 and (best.weights >= 0).all()
    assert np.array_equal(best.weights.round(3), best.weights)
    assert best.losses[-1] < best.losses[0] and best.n_factors == best.model.n_factors
    assert best.path.sum(axis=1) == pytest.approx(np.ones(len(best.path)))
    np.testing.assert_array_equal(best.slopes, lists.error.gradient(best.path[-1]))
    worked = worked_score(lists.models, best.weights, 3, 5)
    assert worked.total == pytest.approx(float(best.model.scores_of([3], [5])[0]), abs=1e-3)


def test_a_lower_cap_makes_lists_less_popular_and_costs_quality(lists):
    blends = lists.tradeoff(lists.best())
    popularity, ndcg = ([getattr(blend, name) for blend in blends] for name in ("popularity", "ndcg"))
    assert popularity == sorted(popularity, reverse=True) and popularity[-1] < 0.8 * popularity[0]
    assert ndcg[-1] < ndcg[0]
    fit = EnsembleFit(lists.components, blends, [], math.nan, True, 1, 1)
    assert fit.under_cap(popularity[2]).popularity == popularity[2] and fit.under_cap(0) is None


def test_no_blend_is_chosen_for_its_score_on_what_it_was_fitted_on():
    blends = [SimpleNamespace(popularity=30 - 5 * place, ndcg=0.3 + 0.01 * place) for place in range(3)]
    fit = EnsembleFit(Components((), True), blends, [], math.nan, True, 1, 1)
    assert fit.uncapped is fit.under_cap(30) is blends[0] and fit.under_cap(26) is blends[1]


def test_judging_on_others_fits_on_one_half_and_scores_the_other(lists, split, models):
    halves = [np.sort(half) for half in np.array_split(np.random.default_rng(1).permutation(lists.users), 2)]
    values = []
    for fitted, others in (halves, halves[::-1]):
        evaluation = EnsembleFitter(models, split, for_lists=True, users=fitted).best().evaluation
        values += [value for user, value in zip(evaluation.users, evaluation.per_user("ndcg", CUTOFF), strict=True)
                   if user in others]  # fmt: skip
    assert lists.judged_on_others() == pytest.approx(np.mean(values))


def test_the_recipe_of_a_blend_comes_back_from_the_store_and_does_not_train(split):
    recipe = Blend(n_factors=7, parts=(("ab", "SVD", 0.4), ("cd", "BPR", 0.6)), standardised=True)
    again = restore_recipe("blend", {**recipe.settings(), "parts": [list(part) for part in recipe.parts]})
    assert (
        again == recipe and recipe.label == "Blend of SVD + BPR" and recipe.possibly_leaked_subsets == ("validation",)
    )
    with pytest.raises(InputError, match="A blend is made of models"):
        next(recipe.epochs(split.train))


def test_a_blend_says_that_a_part_came_in_a_file_and_without_one_has_the_settings_that_it_always_had():
    ours = Blend(n_factors=7, parts=(("ab", "SVD", 0.4), ("cd", "Imported model", 0.6)))
    assert not ours.was_imported and "imported" not in ours.settings()
    other = replace(ours, imported=("cd",))
    assert restore_recipe("blend", json.loads(json.dumps(other.settings()))) == other
    assert other.was_imported and "cannot be checked here" in other.caution and "cannot" not in ours.caution


# Eckart–Young


def test_als_reaches_the_truncated_svd_where_all_is_seen():
    matrix = RNG.normal(size=(12, 4)) @ RNG.normal(size=(4, 9)) + 0.1 * RNG.normal(size=(12, 9))
    found = curves(matrix, 4, 0.0, sweeps=300)
    assert n_equal_digits(found.on_all[-1], found.truncated) >= 12
    u, sigma, vt = np.linalg.svd(matrix)
    nearest = u[:, :4] * sigma[:4] @ vt[:4]
    assert found.truncated == pytest.approx(np.sqrt(np.mean((matrix - nearest) ** 2)))
    assert (found.on_all >= found.truncated - 1e-15).all() and np.isnan(found.on_hidden).all()
    worked = worked_truncation(found.singular_values, 4, matrix.size)
    left = worked.squared_norm - sum(value**2 for value in worked.strongest)
    assert worked.error == pytest.approx(math.sqrt(left / matrix.size), abs=1e-6)


def test_what_is_wrong_shrinks_by_the_ratio_of_singular_values():
    sigma = np.array([5.0, 3.0, 2.0, 1.0])
    u, v = (np.linalg.qr(RNG.normal(size=(count, 4)))[0] for count in (10, 8))
    found = curves(u * sigma @ v.T, 2, 0.0, sweeps=25)
    for apart in (found.on_all**2 - found.truncated**2, found.on_all - found.truncated):
        assert apart[11] / apart[10] == pytest.approx((2 / 3) ** 4, rel=1e-2)


def test_with_hidden_cells_als_fits_what_it_sees_better_than_the_svd_can_fit_all():
    matrix = RNG.normal(size=(20, 15))
    found = curves(matrix, 3, 0.3, sweeps=100)
    assert found.on_seen[-1] < found.truncated < found.on_all[-1] < found.on_hidden[-1]


def test_a_half_step_is_least_squares_on_the_seen_cells():
    matrix, seen = RNG.normal(size=(6, 5)), RNG.random((6, 5)) < 0.7
    p, q = next(als_sweeps(matrix, seen, 2, np.random.default_rng(3)))
    for item in range(5):
        own = seen[:, item]
        best = np.linalg.lstsq(p[own], matrix[own, item], rcond=None)[0]
        assert p[own] @ q[item] == pytest.approx(p[own] @ best, abs=1e-6)


# PCA


def test_the_axes_are_eigenvectors_and_the_worked_coordinate_is_the_coordinate():
    points = RNG.normal(size=(50, 4)) * [3, 2, 1, 0.5] + 7
    found = principal_components(points)
    assert found.covariance == pytest.approx(np.cov(points.T, bias=True))
    spread = found.axes.T @ found.covariance @ found.axes
    assert spread == pytest.approx(np.diag(found.coordinates.astype(float).var(axis=0)), abs=1e-5)
    worked = worked_coordinate(found, points[3])
    assert worked.total == pytest.approx(found.coordinates[3, 0], abs=5e-3)
    assert ((worked.values - worked.means) * worked.axis).sum() == pytest.approx(worked.total, abs=1e-8)
