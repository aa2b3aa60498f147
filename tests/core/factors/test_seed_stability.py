"""Maps from several seeds, aligned: what was only rotated has not moved."""

import numpy as np
import pytest

from recsys_core.factors.seed_stability import extreme_deciles, procrustes_align, seed_variability


def points(count=40, k=4, seed=0):
    return np.random.default_rng(seed).normal(size=(count, k))


def some_turn(k=4, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(k, k)))[0]


def test_alignment_undoes_any_rotation_and_reflection():
    mirror = np.diag([-1.0, 1, 1, 1])
    for turn in (some_turn(), some_turn() @ mirror, np.eye(4)[[2, 0, 3, 1]]):
        np.testing.assert_allclose(procrustes_align(points() @ turn, points()), points(), atol=1e-12)


def test_no_other_rotation_comes_nearer():
    moved = points() @ some_turn() + np.random.default_rng(5).normal(0, 0.3, (40, 4))
    best = np.sum((procrustes_align(moved, points()) - points()) ** 2)
    for seed in range(30):
        assert np.sum((moved @ some_turn(seed=seed) - points()) ** 2) > best
    np.testing.assert_allclose(np.linalg.norm(procrustes_align(moved, points()), axis=1), np.linalg.norm(moved, axis=1))


def test_maps_that_are_only_rotated_do_not_vary():
    still = [points() @ some_turn(seed=seed) for seed in range(5)]
    np.testing.assert_allclose(seed_variability(still), 0, atol=1e-12)


def test_variability_is_that_of_a_loop():
    rng = np.random.default_rng(2)
    models = [points() + rng.normal(0, 0.2, (40, 4)) for _ in range(5)]
    places = [models[0], *(procrustes_align(model, models[0]) for model in models[1:])]
    for index, value in enumerate(seed_variability(models)):
        own = [place[index] for place in places]
        middle = sum(own) / 5
        moved = sum(float(np.sum((place - middle) ** 2)) for place in own) / 5
        distance = sum(float(np.sum(place**2)) for place in own) / 5
        assert value == pytest.approx(np.sqrt(moved / distance))


def test_a_point_that_moves_more_varies_more_and_none_more_than_1():
    spread = np.linspace(0, 3, 40)[:, None]
    models = [points() + spread * np.random.default_rng(seed).normal(size=(40, 4)) for seed in range(5)]
    measured = seed_variability(models)
    assert 0 <= measured.min() and measured.max() <= 1
    assert measured[:10].mean() < measured[10:20].mean() < measured[-10:].mean()


def test_a_point_that_is_always_in_the_origin_does_not_vary():
    models = [points(seed=seed) for seed in range(5)]
    for model in models:
        model[7] = 0
    assert seed_variability(models)[7] == 0
    assert np.all(seed_variability([np.zeros((3, 2))] * 5) == 0)


def test_the_extreme_deciles_are_those_with_the_fewest_and_the_most_ratings():
    counts = np.array([0, 0, *range(1, 41)])
    few, many = extreme_deciles(1 / np.maximum(counts, 0.01), counts)
    assert (few.low, few.high, many.low, many.high) == (1, 4, 37, 40)
    assert few.median == pytest.approx(np.median([1, 1 / 2, 1 / 3, 1 / 4])) and many.median < few.median
    one, same = extreme_deciles(np.array([0.5]), np.array([3]))
    assert one == same and one.median == 0.5
