"""How near learned tastes are to planted ones."""

import numpy as np
import pytest

from recsys_core.data.synthetic import generate
from recsys_core.factors.planted_recovery import chance_recovery, measure_recovery
from recsys_core.figures.recovery import taste_match


@pytest.fixture(scope="module")
def ground_truth():
    return generate().ground_truth


def mixed(tastes: np.ndarray, seed: int = 0) -> np.ndarray:
    """The same tastes on other axes."""
    return tastes @ np.random.default_rng(seed).normal(size=(tastes.shape[1],) * 2)


def test_the_planted_tastes_on_any_axes_are_found_whole(ground_truth):
    found = measure_recovery(mixed(ground_truth.user_tastes), ground_truth)
    np.testing.assert_allclose(found.angles, 0, atol=1e-4)
    assert found.matched.min() > 0.95


def test_a_change_of_the_axes_changes_nothing(ground_truth):
    learned = np.random.default_rng(1).normal(size=ground_truth.user_tastes.shape) + 3 * ground_truth.user_tastes
    one, other = measure_recovery(learned, ground_truth), measure_recovery(mixed(learned), ground_truth)
    np.testing.assert_allclose(one.angles, other.angles, atol=1e-6)
    np.testing.assert_allclose(one.correlations, other.correlations, atol=1e-8)


def test_angles_are_those_of_the_definition(ground_truth):
    """The cosine of the first is the largest that a direction of one has with one of the other, and so on."""
    learned = np.random.default_rng(2).normal(size=ground_truth.user_tastes.shape) + 2 * ground_truth.user_tastes
    ours, theirs = (basis @ np.linalg.pinv(basis) for basis in (learned, ground_truth.user_tastes))  # projectors
    cosines = np.sqrt(np.linalg.eigvals(ours @ theirs).real.clip(0, 1))
    expected = np.degrees(np.arccos(np.sort(cosines)[::-1][: ground_truth.n_tastes]))
    np.testing.assert_allclose(measure_recovery(learned, ground_truth).angles, expected, atol=1e-4)


def test_likeness_is_a_correlation_over_people(ground_truth):
    found = measure_recovery(mixed(ground_truth.user_tastes), ground_truth)
    assert np.abs(found.correlations).max() <= 1 + 1e-12
    others = [abs(found.correlations[i, j]) for i in range(8) for j in range(8) if i != j]
    assert found.largest_other == pytest.approx(max(others))


def test_later_factors_do_not_count(ground_truth):
    more = np.hstack([mixed(ground_truth.user_tastes), np.random.default_rng(0).normal(size=(400, 5))])
    np.testing.assert_allclose(measure_recovery(more, ground_truth).angles, 0, atol=1e-4)


def test_chance_finds_next_to_nothing(ground_truth):
    chance = chance_recovery(ground_truth)
    assert chance.angles.min() > 60 and chance.matched.max() < 0.5


def test_the_picture_has_a_cell_for_every_pair(ground_truth):
    found = measure_recovery(mixed(ground_truth.user_tastes), ground_truth)
    cells = taste_match(found.correlations, ground_truth.taste_names)["data"]["values"]
    table = {(cell["planted"], cell["learned"]): cell["correlation"] for cell in cells}
    assert len(table) == len(cells) == ground_truth.n_tastes**2
    for place, name in enumerate(ground_truth.taste_names):
        assert table[name, place + 1] == pytest.approx(found.matched[place], abs=1e-3)
