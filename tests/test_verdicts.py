"""Verdicts: intervals that cover, alarms that are seldom false, and words that follow from both."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recsys_core.evaluation import intervals
from recsys_core.evaluation.intervals import N_RESAMPLES, mean_interval, mean_intervals, p_values
from recsys_core.evaluation.verdicts import BETTER, CANNOT_TELL, WORSE, holm, judge_all, seed_spread, users_needed

SIMULATIONS = 1500


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def like_ndcg(rng, n_users, columns) -> np.ndarray:
    """Values as NDCG has them: many zeros, a long tail, the same users easy for all."""
    ease = rng.beta(1, 4, (n_users, 1))
    return np.where(
        rng.random((n_users, columns)) < 0.4, 0.0, np.clip(ease + rng.normal(0, 0.1, (n_users, columns)), 0, 1)
    )


def test_the_interval_of_a_difference_covers_in_95_of_100_samples():
    """Between 93 and 97 %, over many samples of 150 users from one population."""
    rng = np.random.default_rng(0)
    population = like_ndcg(rng, 200_000, 2)
    differences = population[:, 0] - 0.9 * population[:, 1]
    samples = differences[rng.integers(len(differences), size=(150, SIMULATIONS))]
    intervals = mean_intervals(samples)
    covered = np.mean([interval.low <= differences.mean() <= interval.high for interval in intervals])
    assert 0.93 <= covered <= 0.97


def test_false_alarms_are_near_5_in_100():
    rng = np.random.default_rng(1)
    first, second = (like_ndcg(rng, 150, SIMULATIONS) for _ in range(2))
    differences = (first - second) * rng.choice([-1, 1], size=first.shape)
    alarms = np.mean(p_values(differences) < 0.05)
    assert 0.035 <= alarms <= 0.065


def test_among_many_equal_recommenders_a_false_alarm_is_not_likelier_than_with_two():
    rng = np.random.default_rng(2)
    alarmed = 0
    for _ in range(200):
        values = list((rng.beta(1, 3, (100, 1)) + rng.normal(0, 0.1, (100, 6))).T)
        alarmed += any(verdict.word != CANNOT_TELL for verdict in judge_all(values).values())
    assert alarmed / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


def test_the_randomisation_test_agrees_with_scipy(rng):
    differences = rng.normal(0.02, 0.1, (60, 3))
    ours = p_values(differences)
    for place in range(3):
        column = differences[:, place]
        theirs = stats.permutation_test(
            (column,), np.mean, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(0)
        ).pvalue
        assert ours[place] == pytest.approx(theirs, abs=4 * np.sqrt(theirs * (1 - theirs) / N_RESAMPLES) + 1e-3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_step_down_procedure_by_its_definition(p):
    """Oracle: with the level α the hypotheses rejected are those before the first p_(j) > α / (c − j)."""
    corrected = holm(np.array(p))
    for level in (0.01, 0.05, 0.2):
        rejected = set()
        for step, place in enumerate(sorted(range(len(p)), key=lambda i: p[i])):
            if p[place] * (len(p) - step) > level:
                break
            rejected.add(place)
        assert {i for i in range(len(p)) if corrected[i] <= level} == rejected


def test_a_clear_difference_is_told_both_ways_round_and_a_slight_one_is_not(rng):
    users = rng.beta(1, 3, 300)
    good, alike, poor = users + 0.1, users + 0.1 + rng.normal(0, 0.05, 300), users
    verdicts = judge_all([good, alike, poor])
    assert verdicts[0, 2].word == BETTER and verdicts[2, 0].word == WORSE
    assert verdicts[0, 2].difference.mean == pytest.approx(0.1)
    assert verdicts[2, 0].difference.low == -verdicts[0, 2].difference.high
    assert verdicts[0, 1].word == CANNOT_TELL
    assert len(verdicts) == 6


def test_a_recipe_is_never_better_than_itself_whatever_its_seeds_did(rng):
    users = rng.beta(1, 3, 300)
    lucky, unlucky = users + 0.05, users
    assert judge_all([lucky, unlucky], recipes=["BPR", "BPR"])[0, 1].word == CANNOT_TELL
    assert judge_all([lucky, unlucky], recipes=["BPR", "ALS"])[0, 1].word == BETTER
    assert judge_all([lucky, unlucky], recipes=["BPR", "ALS"], seed_spreads=[0.04, 0])[0, 1].word == CANNOT_TELL


def test_nothing_is_told_of_equals_or_of_one_user():
    same = judge_all([np.full(5, 0.3), np.full(5, 0.3)])[0, 1]
    assert (same.word, same.p_value, same.users_needed) == (CANNOT_TELL, 1.0, None)
    one = judge_all([np.array([0.1]), np.array([0.9])])[0, 1]
    assert one.word == CANNOT_TELL and one.users_needed is None


def test_with_the_users_needed_a_difference_shows_in_four_of_five_tests():
    rng = np.random.default_rng(5)
    needed = users_needed(rng.normal(0.02, 0.2, 100_000))
    samples = rng.normal(0.02, 0.2, (needed, 600))
    assert np.mean(p_values(samples) < 0.05) == pytest.approx(0.8, abs=0.05)


def test_large_and_small_numbers_of_users_are_treated_alike(monkeypatch):
    values = np.random.default_rng(0).beta(1, 3, 400)
    kept = mean_interval(values)
    monkeypatch.setattr(intervals, "_KEPT_USERS", 0)
    assert mean_interval(values).low == pytest.approx(kept.low, rel=1e-12)


def test_the_spread_over_seeds_is_unknown_from_one():
    assert seed_spread([0.3]) == 0
    assert seed_spread([0.3, 0.5]) == pytest.approx(np.sqrt(0.02))
