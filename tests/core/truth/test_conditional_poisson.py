"""Conditional Poisson samples have the chances that counting all samples gives."""

from itertools import combinations

import numpy as np
import pytest

from recsys_core.truth.conditional_poisson import ConditionalPoisson

LOG_ODDS = np.log(np.array([[0.2, 5.0, 1.0, 0.01, 80.0, 3.0], [1e-9, 1e-12, 1e9, 1e15, 2.0, 1e-3]]))


def chances_by_counting(odds: np.ndarray, size: int) -> np.ndarray:
    samples = list(combinations(range(len(odds)), size))
    weights = np.array([odds[list(sample)].prod() for sample in samples])
    chances = np.zeros(len(odds))
    for sample, weight in zip(samples, weights / weights.sum(), strict=True):
        chances[list(sample)] += weight
    return chances


@pytest.mark.parametrize("sizes", [(1, 2), (3, 4), (5, 1), (6, 3)])
def test_chances_are_those_of_counting_all_samples(sizes):
    chances = ConditionalPoisson(LOG_ODDS, np.array(sizes)).chances
    for row, size in enumerate(sizes):
        np.testing.assert_allclose(chances[row], chances_by_counting(np.exp(LOG_ODDS[row]), size), rtol=1e-5)


def test_draws_come_as_often_as_the_chances_say():
    n = 4000
    law = ConditionalPoisson(np.tile(LOG_ODDS[0], (n, 1)), np.full(n, 3))
    drawn = law.draw(np.random.default_rng(1))
    assert np.all(drawn.sum(axis=1) == 3)
    expected = law.chances[0]
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - expected), 4 * np.sqrt(expected * (1 - expected) / n))


def test_what_cannot_be_drawn_never_is():
    log_odds = np.where(np.arange(6) == 4, -np.inf, LOG_ODDS)
    law = ConditionalPoisson(log_odds, np.array([5, 2]))
    assert np.all(law.chances[:, 4] == 0) and not law.draw(np.random.default_rng(0))[:, 4].any()
    np.testing.assert_allclose(law.chances[0, [0, 1, 2, 3, 5]], 1, rtol=1e-5)
