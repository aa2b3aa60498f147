"""The worst-off tenth and the gaps between groups: known answers, and intervals that cover what they should."""

import math

import numpy as np
import pytest

from recsys_core.comparison.left_behind import group_gaps, quantiles, worst_off
from recsys_core.errors import InputError


def test_the_worst_off_tenth_is_the_mean_of_the_lowest_values():
    values = np.random.default_rng(0).random(200)
    assert worst_off(values).mean == pytest.approx(np.sort(values)[:20].mean())
    assert worst_off(values, 1.0).mean == pytest.approx(values.mean())


def test_quantiles_are_values_that_somebody_has():
    values = np.array([0.0, 0.0, 0.5, 1.0])
    assert quantiles(values, np.array([0.25, 0.5, 0.75, 1.0])).tolist() == [0, 0, 0.5, 1]


def test_the_interval_of_the_worst_off_covers():
    rng, true = np.random.default_rng(1), None
    draw = lambda n: rng.beta(0.8, 2, n)  # noqa: E731
    many = np.sort(draw(400_000))
    true = many[:40_000].mean()
    covered = [each.low <= true <= each.high for each in (worst_off(draw(400)) for _ in range(400))]
    assert np.mean(covered) >= 0.9  # of 2,000: 0.937


def test_gaps_hold_together_and_null_gaps_are_seldom_called_clear():
    """Four groups that are alike: a clear gap in at most one of twenty samples; a true gap is found."""
    rng = np.random.default_rng(2)
    group_of = np.repeat(np.arange(4), 60)
    labels = ["a", "b", "c", "d"]
    wrong = [any(each.is_clear for each in group_gaps(rng.random(240), group_of, labels)) for _ in range(400)]
    assert np.mean(wrong) <= 0.08
    values = rng.random(240) + 0.4 * (group_of == 2)
    gaps = {each.label: each for each in group_gaps(values, group_of, labels)}
    assert gaps["c"].is_clear and gaps["c"].gap.low < 0.4 < gaps["c"].gap.high + 0.05
    assert gaps["c"].gap.mean == pytest.approx(values[group_of == 2].mean() - values[group_of != 2].mean())


def test_small_groups_get_no_interval():
    group_of = np.array([0] * 5 + [1] * 50)
    small, large = group_gaps(np.random.default_rng(3).random(55), group_of, ["few", "many"])
    assert not small.gap.is_known and not large.gap.is_known and small.n_users == 5
    assert not math.isnan(small.mean)


def test_a_share_that_is_none_is_refused():
    with pytest.raises(InputError, match="above 0"):
        worst_off(np.ones(20), 0)
