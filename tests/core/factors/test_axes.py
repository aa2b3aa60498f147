"""Reading a factor model: rotating its axes changes no score, and near means near in all factors."""

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.factors.axes import (
    axis_strengths,
    extremes,
    largest_score_change,
    map_points,
    nearest_by_cosine,
    sort_by_strength,
    varimax,
)
from recsys_core.optimize.pca import principal_components
from tests.small_trainings import recipe


def drawn(m, n, k, scale=1.0, seed=0) -> FactorModel:
    rng = np.random.default_rng(seed)
    bias = rng.normal(size=n)
    return FactorModel.of(rng.normal(size=(m, k)) * scale, rng.normal(size=(n, k)), item_bias=bias, offset=3.5)


SHAPES = {
    "many of both": (40, 30, 5),
    "more factors than people": (4, 30, 9),
    "more factors than items": (30, 3, 8),
    "more factors than either": (3, 4, 20),
    "one factor": (6, 5, 1),
    "one person": (1, 7, 3),
    "one of each": (1, 1, 2),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_turned_axes_give_the_same_scores_and_fall_in_strength(shape):
    model = drawn(*shape)
    turned, strengths = sort_by_strength(model)
    people = np.arange(shape[0])
    np.testing.assert_allclose(turned.scores(people), model.scores(people), atol=1e-4)
    product = model.user_factors.astype(float) @ model.item_factors.T.astype(float)
    expected = np.linalg.svd(product, compute_uv=False)[: len(strengths)]
    np.testing.assert_allclose(strengths, expected, atol=1e-6 * expected[0])
    assert turned.n_factors == len(strengths) == min(shape)
    assert np.all(np.diff(strengths) <= 0) and turned.user_factors.dtype == turned.item_factors.dtype == np.float32


def test_each_axis_has_the_strength_it_says_on_both_sides_and_is_square_to_the_others():
    turned, strengths = sort_by_strength(drawn(50, 40, 6))
    for side in (turned.user_factors, turned.item_factors):
        np.testing.assert_allclose(side.T @ side, np.diag(strengths), atol=1e-4 * strengths[0])
    extremes = np.abs(turned.item_factors).argmax(axis=0)
    assert np.all(turned.item_factors[extremes, np.arange(6)] > 0)


def test_two_models_of_the_same_scores_are_turned_into_the_same_model():
    model, mix = drawn(30, 20, 4), np.random.default_rng(3).normal(size=(4, 4))
    other = FactorModel.of(model.user_factors @ mix, model.item_factors @ np.linalg.inv(mix).T)
    (ours, strengths), (theirs, same) = sort_by_strength(model), sort_by_strength(other)
    np.testing.assert_allclose(strengths, same, rtol=1e-4)
    np.testing.assert_allclose(ours.item_factors, theirs.item_factors, atol=1e-3)


def test_what_is_not_a_factor_stays_as_it_was():
    model = FactorModel.of(np.eye(3), np.eye(3), user_bias=[1, 2, 3], offset=2.0, predicts_ratings=True)
    turned, _ = sort_by_strength(model)
    np.testing.assert_array_equal(turned.user_bias, model.user_bias)
    assert (turned.offset, turned.predicts_ratings) == (2.0, True)


def test_models_without_factors_or_of_zeros_can_be_turned():
    for k in (0, 3):
        model = FactorModel.of(np.zeros((4, k)), np.zeros((5, k)), item_bias=np.arange(5))
        turned, strengths = sort_by_strength(model)
        np.testing.assert_array_equal(strengths, np.zeros(k))
        np.testing.assert_array_equal(turned.scores(np.arange(4)), model.scores(np.arange(4)))


def test_a_factor_that_says_nothing_has_no_strength():
    model = drawn(20, 15, 3)
    doubled = FactorModel.of(np.repeat(model.user_factors, 2, axis=1), np.repeat(model.item_factors, 2, axis=1))
    turned, strengths = sort_by_strength(doubled)
    assert strengths[:3].min() > 1 and strengths[3:].max() < 1e-4
    np.testing.assert_allclose(turned.scores(np.arange(20)), doubled.scores(np.arange(20)), atol=1e-4)


@pytest.mark.parametrize("key", ALGORITHMS)
def test_trained_models_keep_their_scores(key):
    data = generate(SyntheticRecipe(n_users=50, n_items=30, n_tastes=3, feedback="explicit")).interactions
    model = list(recipe(ALGORITHMS[key], n_factors=6).epochs(data))[-1].model
    if not isinstance(model, FactorModel):
        pytest.skip("has no factors to turn")
    turned, _ = sort_by_strength(model)
    ours, theirs = turned.scores(np.arange(50)), model.scores(np.arange(50))
    np.testing.assert_allclose(ours, theirs, atol=1e-4 * max(1.0, np.abs(theirs).max()))


# Varimax


def varimax_criterion(loadings) -> float:
    """Σ over factors of the variance of the squared loadings, by loops."""
    total = 0.0
    for factor in range(loadings.shape[1]):
        squares = [float(row[factor]) ** 2 for row in loadings]
        middle = sum(squares) / len(squares)
        total += sum((square - middle) ** 2 for square in squares) / len(squares)
    return total


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_varimax_turns_both_sides_and_no_score_changes(shape):
    model, _ = sort_by_strength(drawn(*shape))
    turned = varimax(model)
    people = np.arange(shape[0])
    np.testing.assert_allclose(turned.scores(people), model.scores(people), atol=1e-4)
    for before, after in ((model.user_factors, turned.user_factors), (model.item_factors, turned.item_factors)):
        np.testing.assert_allclose(after @ after.T, before @ before.T, atol=1e-4)  # a turn: no length, no angle changes
    assert np.all(np.diff(axis_strengths(turned)) <= 1e-6) and np.all(np.sum(turned.item_factors**3, axis=0) >= -1e-6)


def test_varimax_raises_its_criterion_as_far_as_any_turn_of_two_axes_can():
    model, _ = sort_by_strength(drawn(30, 50, 4))
    turned = varimax(model)
    reached = varimax_criterion(turned.item_factors)
    assert reached > varimax_criterion(model.item_factors)
    for one in range(4):
        for other in range(one):
            for angle in (-0.3, -0.02, 0.02, 0.3, 0.8):
                rotation = np.eye(4)
                rotation[[one, other], [one, other]] = np.cos(angle)
                rotation[one, other], rotation[other, one] = np.sin(angle), -np.sin(angle)
                assert varimax_criterion(turned.item_factors @ rotation) < reached * (1 + 1e-5)


def test_varimax_finds_axes_on_which_every_item_has_one_factor():
    rng = np.random.default_rng(4)
    simple = np.eye(3)[rng.integers(0, 3, 60)] * rng.uniform(1, 2, (60, 1))
    mix = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turned = varimax(FactorModel.of(rng.normal(size=(9, 3)), simple @ mix))
    np.testing.assert_allclose(np.sort(turned.item_factors, axis=1), np.sort(simple, axis=1), atol=1e-2)


def test_nothing_can_be_turned_too():
    for k in (0, 3):
        model = FactorModel.of(np.zeros((4, k)), np.zeros((5, k)))
        assert largest_score_change(model, varimax(model)) == (0.0, 20)


def test_the_largest_change_is_that_of_a_loop():
    one, other = drawn(7, 5, 3), drawn(7, 5, 3, seed=1)
    differences = [
        abs(
            sum(float(a) * float(b) for a, b in zip(one.user_factors[u], one.item_factors[i], strict=True))
            - sum(float(a) * float(b) for a, b in zip(other.user_factors[u], other.item_factors[i], strict=True))
        )
        for u in range(7)
        for i in range(5)
    ]
    change, count = largest_score_change(one, other)
    assert change == pytest.approx(max(differences)) and count == 35


def test_strengths_of_axes_by_strength_are_their_singular_values():
    turned, strengths = sort_by_strength(drawn(20, 12, 4))
    np.testing.assert_allclose(axis_strengths(turned), strengths, rtol=1e-5)


def test_items_are_as_far_apart_on_the_map_as_their_scores_differ():
    """Up to the one scale of each side."""
    model = FactorModel.of(*(drawn(40, 12, 5).__dict__[side] for side in ("user_factors", "item_factors")))
    _, items = map_points(*sort_by_strength(model))
    by_scores = _distances(model.scores(np.arange(40)).T)
    off_diagonal = ~np.eye(12, dtype=bool)
    ratios = _distances(items)[off_diagonal] / by_scores[off_diagonal]
    np.testing.assert_allclose(ratios, ratios.mean(), rtol=1e-3)
    assert np.sqrt(np.mean(np.sum(items**2, axis=1))) == pytest.approx(1, rel=1e-4)


# Who is near whom


def by_loop(vectors, index, count):
    lengths = [float(np.sqrt(sum(float(x) ** 2 for x in row))) for row in vectors]
    pairs = []
    for other, row in enumerate(vectors):
        if other != index:
            dot = sum(float(a) * float(b) for a, b in zip(row, vectors[index], strict=True))
            product = lengths[other] * lengths[index]
            pairs.append((-(dot / product if product else 0.0), other))
    return [(other, -minus) for minus, other in sorted(pairs)[:count]]


@pytest.mark.parametrize("count", [1, 5, 24, 25, 100])
def test_the_nearest_are_those_that_a_loop_finds(count):
    vectors = np.random.default_rng(1).normal(size=(25, 4)).astype(np.float32)
    vectors[[3, 9]] = 0
    for index in (0, 3, 24):
        places, cosines = nearest_by_cosine(vectors, index, count)
        expected = by_loop(vectors, index, count)
        assert index not in places and len(places) == len(set(places)) == min(count, 24)
        np.testing.assert_allclose(cosines, [cosine for _, cosine in expected], atol=1e-6)
        if index != 3:  # everything is equally far from a row of zeros
            assert [int(place) for place in places] == [other for other, _ in expected]


def test_direction_counts_and_length_does_not():
    vectors = np.array([[1, 0], [100, 1], [0.001, 0.001], [-5, 0], [0, 0]])
    places, cosines = nearest_by_cosine(vectors, 0, 4)
    assert places.tolist() == [1, 2, 4, 3]
    np.testing.assert_allclose(cosines, [1, np.sqrt(0.5), 0, -1], atol=1e-4)


def test_one_alone_is_near_nobody():
    places, cosines = nearest_by_cosine(np.ones((1, 3)), 0, 10)
    assert len(places) == len(cosines) == 0


def test_small_vectors_have_the_cosines_of_large_ones():
    vectors = np.random.default_rng(0).normal(size=(6, 3))
    for scale in (1e-3, 1e-7):
        np.testing.assert_allclose(
            nearest_by_cosine(vectors * scale, 0, 5)[1], nearest_by_cosine(vectors, 0, 5)[1], atol=1e-5
        )


def test_the_vectors_are_left_alone():
    vectors = np.random.default_rng(0).normal(size=(6, 3))
    before = vectors.copy()
    nearest_by_cosine(vectors, 2, 3)
    np.testing.assert_array_equal(vectors, before)


@pytest.mark.parametrize(
    ("axis", "count", "high", "low"),
    [
        ([0.1, 5, -2, 3, 0], 2, [1, 3], [2, 4]),
        ([0.1, 5, -2, 3, 0], 9, [1, 3], [2, 4]),
        ([4, 1], 3, [0], [1]),
        ([4], 3, [0], [0]),
        ([], 3, [], []),
        ([1, 1, 1, 1], 2, [0, 1], [3, 2]),
    ],
)
def test_the_ends_of_a_factor_never_share_an_item(axis, count, high, low):
    top, bottom = extremes(np.array(axis, float), count)
    assert (top.tolist(), bottom.tolist()) == (high, low)


# Principal components


@pytest.mark.parametrize(("count", "k", "d"), [(50, 6, 2), (50, 6, 6), (3, 8, 2), (40, 2, 2), (9, 3, 1)])
def test_principal_components_are_those_of_the_svd(count, k, d):
    points = np.random.default_rng(2).normal(size=(count, k)) * np.arange(1, k + 1) + 100
    projection = principal_components(points, d)
    u, sigma, _ = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(projection.coordinates), np.abs(u * sigma)[:, :d], atol=1e-4)
    np.testing.assert_allclose(projection.shares, (sigma**2 / np.sum(sigma**2))[:d], atol=1e-9)
    np.testing.assert_allclose(projection.hidden, max(0, 1 - projection.shares.sum()), atol=1e-12)
    extremes = np.abs(projection.coordinates).argmax(axis=0)
    assert np.all(projection.coordinates[extremes, np.arange(d)] >= 0)


def test_all_components_together_hide_nothing_and_keep_all_distances():
    points = np.random.default_rng(0).normal(size=(12, 4))
    projection = principal_components(points, 4)
    assert projection.shares.sum() == pytest.approx(1) and projection.hidden == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(_distances(projection.coordinates), _distances(points), atol=1e-5)


def _distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


def test_where_there_are_fewer_dimensions_the_missing_coordinates_are_0():
    projection = principal_components(np.array([[1.0], [2.0], [4.0]]), 2)
    assert projection.coordinates.shape == (3, 2) and np.all(projection.coordinates[:, 1] == 0)
    np.testing.assert_allclose(projection.shares, [1, 0])
    nothing = principal_components(np.zeros((3, 0)), 2)
    np.testing.assert_array_equal(nothing.coordinates, np.zeros((3, 2)))
    np.testing.assert_array_equal(nothing.shares, [0, 0])


@pytest.mark.parametrize("points", [np.ones((5, 3)), np.array([[1.0, 2.0, 3.0]])], ids=["all alike", "one"])
def test_points_without_variance_stand_in_the_middle(points):
    projection = principal_components(points)
    np.testing.assert_array_equal(projection.coordinates, np.zeros((len(points), 2)))
    np.testing.assert_array_equal(projection.shares, [0, 0])
