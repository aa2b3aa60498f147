"""Intervals over users and seeds: that they cover, are never of no width, and stay narrow where there are many."""

import numpy as np
import pytest
from scipy import stats

from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import (
    DIFFERENCES,
    SHARES,
    Interval,
    SeedVariance,
    exceeded_by_t,
    mean_interval,
    mean_intervals,
    seed_spread,
    seed_variances,
    share_interval,
    widened,
)
from recsys_core.metrics import METRICS
from tests.simulations import VALUES, coverage, seed_coverage


@pytest.mark.parametrize("world", VALUES)
@pytest.mark.parametrize("n_users", [10, 15, 30, 100])
def test_the_interval_covers_in_93_of_100_samples_from_ten_users_on(world, n_users):
    covered, _ = coverage(world, n_users, samples=4000)
    assert covered >= 0.93 - 2 * np.sqrt(0.93 * 0.07 / 4000)


def test_with_many_users_it_is_hardly_wider_than_students_and_no_narrower():
    for world in ("NDCG, half zero", "AUC", "hit rate 10%", "hit rate 50%", "difference of NDCG", "RMSE"):
        assert 0.995 <= coverage(world, 200, samples=500)[1] <= 1.08, world
        assert 0.999 <= coverage(world, 2000, samples=100)[1] <= 1.02, world


@pytest.mark.parametrize("n_users", [10, 15, 100])
def test_of_users_who_are_all_alike_the_bound_is_that_of_clopper_and_pearson(n_users):
    exact = stats.binomtest(0, n_users).proportion_ci(method="exact")
    none, all_ = (mean_interval(np.full(n_users, value)) for value in (0.0, 1.0))
    assert (none.mean, none.low, none.high) == pytest.approx((0, 0, exact.high))
    assert (all_.mean, all_.low, all_.high) == pytest.approx((1, 1 - exact.high, 1))
    same = mean_interval(np.zeros(n_users), bounds=DIFFERENCES)
    assert (same.low, same.high) == pytest.approx((-exact.high, exact.high))


def test_fifteen_people_without_a_hit_may_have_a_hit_rate_of_a_fifth():
    assert mean_interval(np.zeros(15)).high == pytest.approx(0.218, abs=5e-4)


def test_values_without_bounds_that_are_all_alike_tell_nothing():
    assert not mean_interval(np.full(50, 0.7), bounds=METRICS["rmse"].bounds).is_known
    assert not mean_interval(np.zeros(50), bounds=(-np.inf, np.inf)).is_known
    assert METRICS["hit_rate"].bounds == SHARES


def test_the_interval_holds_the_mean_and_stays_within_the_bounds():
    rng = np.random.default_rng(0)
    for draw, bounds in VALUES.values():
        for interval in mean_intervals(draw(rng, (12, 300)), bounds=bounds):
            assert bounds[0] <= interval.low <= interval.mean <= interval.high <= bounds[1]
            assert interval.low < interval.high


def test_a_difference_and_its_opposite_have_opposite_intervals():
    values = np.random.default_rng(0).normal(0.02, 0.1, 40)
    there, back = (mean_interval(each, bounds=DIFFERENCES) for each in (values, -values))
    assert (-back).low == pytest.approx(there.low) and (-back).high == pytest.approx(there.high)


def test_many_columns_are_each_by_itself():
    values = np.random.default_rng(0).beta(1, 3, (50, 4))
    for column, interval in zip(values.T, mean_intervals(values), strict=True):
        alone = mean_interval(column)
        assert (alone.low, alone.high) == pytest.approx((interval.low, interval.high))


@pytest.mark.parametrize("n_seeds", [2, 3])
@pytest.mark.parametrize("ratio", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("both", [True, False])
def test_two_or_three_seeds_widen_the_interval_enough(n_seeds, ratio, both):
    assert seed_coverage(n_seeds, ratio, samples=800, both=both) >= 0.93 - 2 * np.sqrt(0.93 * 0.07 / 800)


def test_many_seeds_widen_as_a_known_variance_does_and_none_not_at_all():
    interval = Interval(0.1, 0.08, 0.12)
    wide = widened(interval, [SeedVariance(0.02**2, 10_000)], n_users=10_000)
    assert wide.high - wide.mean == pytest.approx(np.hypot(0.02, 1.96 * 0.02), rel=1e-3)
    assert widened(interval, [], n_users=100) == widened(interval, seed_variances([0.3]), n_users=100) == interval


def test_the_spread_over_seeds_is_unknown_from_one():
    assert seed_spread([0.3]) == 0 and seed_variances([0.3]) == []
    assert seed_spread([0.3, 0.5]) == pytest.approx(np.sqrt(0.02))
    assert seed_variances([0.3, 0.5], n_averaged=2) == [SeedVariance(pytest.approx(0.01), 1)]


@pytest.mark.parametrize("freedom", [0.7, 1, 9, 1.5e5])
def test_the_quantiles_of_students_t_have_the_digits_of_scipy_stats(freedom):
    for share in (1e-9, 0.001, 0.025, 0.5, 0.9):
        assert exceeded_by_t(share, freedom) == stats.t.isf(share, freedom)


@pytest.mark.parametrize(("count", "n"), [(0, 7), (3, 60), (10, 60), (7, 7)])
def test_the_interval_of_a_share_is_that_of_clopper_and_pearson(count, n):
    exact, ours = stats.binomtest(count, n).proportion_ci(method="exact"), share_interval(count, n)
    assert (ours.mean, ours.low, ours.high) == pytest.approx((count / n, exact.low, exact.high))
    with pytest.raises(InputError, match="Got none"):
        share_interval(0, 0)
