"""The worst-off tenth and the gaps between groups: known answers, and intervals that cover what they should."""

import numpy as np
import pytest

from recsys_core.comparison.left_behind import group_gaps, quantiles, worst_off
from recsys_core.errors import InputError
from recsys_core.evaluation.significant_digits import format_interval
from tests.simulations import GROUPS, alarms_of_gaps, worst_off_coverage


def test_the_worst_off_tenth_is_the_mean_of_the_lowest_values():
    values = np.random.default_rng(0).random(200)
    assert worst_off(values).mean == pytest.approx(np.sort(values)[:20].mean())
    assert worst_off(values, 1.0).mean == pytest.approx(values.mean())


def test_quantiles_are_values_that_somebody_has():
    values = np.array([0.0, 0.0, 0.5, 1.0])
    assert quantiles(values, np.array([0.25, 0.5, 0.75, 1.0])).tolist() == [0, 0, 0.5, 1]


@pytest.mark.parametrize("n_users", [10, 20, 60, 400])
@pytest.mark.parametrize("world", ["NDCG, 5% zero", "AUC", "hit rate 92%"])
def test_the_interval_of_the_worst_off_covers(world, n_users):
    """Also where the tenth is one person, and where a little more than nine tenths are all alike."""
    assert worst_off_coverage(world, n_users, samples=200) >= 0.92


def test_the_worst_off_of_a_few_people_who_are_all_alike_may_be_much_worse():
    interval = worst_off(np.ones(30), bounds=(0, 1))
    assert interval.mean == interval.high == 1 and interval.low == 0  # one in nine may find nothing: 1 − 0.975^(1/30)
    assert not worst_off(np.ones(30)).is_known


@pytest.mark.parametrize("n_users", list(GROUPS))
@pytest.mark.parametrize("world", ["NDCG, half zero", "NDCG, four fifths zero", "hit rate 10%", "RMSE"])
def test_groups_that_are_alike_are_seldom_told_apart(world, n_users):
    """Small groups of people who find nothing are no proof that they are left behind."""
    assert alarms_of_gaps(world, n_users, samples=200) <= 0.09


def test_a_true_gap_is_found():
    rng = np.random.default_rng(2)
    group_of, labels = np.repeat(np.arange(4), 60), ["a", "b", "c", "d"]
    values = (rng.random(240) + 0.4 * (group_of == 2)) / 1.4
    gaps = {each.label: each for each in group_gaps(values, group_of, labels, bounds=(0, 1))}
    assert gaps["c"].is_clear and gaps["c"].gap.low < 0.4 / 1.4 < gaps["c"].gap.high
    assert gaps["c"].gap.mean == pytest.approx(values[group_of == 2].mean() - values[group_of != 2].mean())


def test_small_groups_get_no_interval():
    group_of = np.array([0] * 5 + [1] * 50)
    values = np.random.default_rng(3).random(55)
    small, large = group_gaps(values, group_of, ["few", "many"])
    assert not small.gap.is_known and not large.gap.is_known and small.n_users == 5
    assert small.gap.mean == -large.gap.mean == small.mean - values[5:].mean() and small.mean == values[:5].mean()
    assert format_interval(small.gap, sign=True) == f"{small.gap.mean:+.3f} (too few people to say)".replace("-", "−")
    (everybody,) = group_gaps(values, np.zeros(55, int), ["all"])
    assert format_interval(everybody.gap, sign=True) == "too few people to say"


def test_a_share_that_is_none_is_refused():
    with pytest.raises(InputError, match="above 0"):
        worst_off(np.ones(20), 0)
