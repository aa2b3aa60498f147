"""Maps from several seeds, aligned: what was only rotated has not moved."""

import numpy as np
import pytest

from recsys_core.factors.seed_stability import (
    chance_variability,
    extreme_deciles,
    is_stable,
    procrustes_align,
    seed_variability,
)


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
        moved = sum(float(np.sum((place - middle) ** 2)) for place in own) / 4
        distance = sum(float(np.sum(place**2)) for place in own) / 5
        assert value == pytest.approx(np.sqrt(moved / distance))


def test_a_point_that_moves_more_varies_more_up_to_a_limit():
    spread = np.linspace(0, 3, 40)[:, None]
    models = [points() + spread * np.random.default_rng(seed).normal(size=(40, 4)) for seed in range(5)]
    measured = seed_variability(models)
    assert 0 <= measured.min() and measured.max() <= np.sqrt(5 / 4)
    assert measured[:10].mean() < measured[10:20].mean() < measured[-10:].mean()


def test_chance_is_what_maps_with_nothing_in_common_vary_by():
    unrelated = [points(1000, 2, seed) for seed in range(5)]
    alike = [points(1000, 2) @ some_turn(2, seed) for seed in range(5)]
    for maps in (unrelated, alike):
        assert np.median(chance_variability(maps, 400)) == pytest.approx(
            np.median(seed_variability(unrelated)), abs=0.03
        )
    assert np.mean(seed_variability(unrelated) ** 2) == pytest.approx(1, abs=0.05), "as the seeds are independent"
    few = [points(60, 64, seed) for seed in range(5)]
    brought_near = np.median(seed_variability(few))
    assert np.median(chance_variability(few, 20)) == pytest.approx(brought_near, abs=0.02) and brought_near < 0.6
    apart = [np.concatenate([points(50, 2, seed) + 9, points(50, 2, seed + 9) - 9]) for seed in range(5)]
    assert chance_variability(apart, 50).max() < 0.5, "people stay where people are"


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


def test_a_map_is_stable_only_where_nearly_all_that_has_ratings_keeps_its_place():
    counts = np.arange(101)
    only_rare_still, still = np.where(counts <= 10, 0, 0.4), np.where((counts == 0) | (counts > 95), 0.4, 0.002)
    assert not is_stable(only_rare_still, counts) and is_stable(still, counts)
