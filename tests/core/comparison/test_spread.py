"""The components of a spread: recovered where they are known, unknown where they cannot be told."""

import math

import numpy as np
import pytest

from recsys_core.comparison.spread import spread_of
from recsys_core.errors import InputError


def drawn(rng, people=0.5, seed=0.03, split=0.05, n_users=400, n_splits=4, n_seeds=3):
    """Differences of users with an effect of the split, one of the seed within it, and of the person."""
    return [
        [s + rng.normal(0, seed) + rng.normal(0, people, n_users) for _ in range(n_seeds)]
        for s in rng.normal(0.1, split, n_splits)
    ]


def test_known_components_are_recovered_on_average():
    """Squares are averaged: variances are unbiased, but for the floor of the split's. Here people differ anew in every
    cell, so that their sampling variance, 0.5²/400, is part of what moves from seed to seed."""
    rng = np.random.default_rng(0)
    spreads = [spread_of(drawn(rng)) for _ in range(400)]
    mean = {name: np.mean([getattr(each, name) ** 2 for each in spreads]) for name in ("people", "seed", "split")}
    assert mean["people"] == pytest.approx(0.5**2 / 400, rel=0.05)
    assert mean["seed"] == pytest.approx(0.03**2 + 0.5**2 / 400, rel=0.1)
    assert mean["split"] == pytest.approx(0.05**2, rel=0.15)


def test_with_one_seed_or_one_split_theirs_is_unknown():
    rng = np.random.default_rng(1)
    one = spread_of(drawn(rng, n_splits=1, n_seeds=1))
    assert math.isnan(one.seed) and math.isnan(one.split) and one.people > 0
    splits = spread_of(drawn(rng, n_splits=3, n_seeds=1))
    assert math.isnan(splits.seed) and splits.split > 0 and splits.n_splits == 3


def test_without_any_luck_only_people_are_left():
    values = np.random.default_rng(2).normal(0.1, 0.3, 200)
    spread = spread_of([[values, values], [values, values]])
    assert spread.seed == 0 and spread.split == 0
    assert spread.people == pytest.approx(values.std(ddof=1) / math.sqrt(200))


def test_a_split_without_values_is_refused():
    with pytest.raises(InputError, match="every split"):
        spread_of([[np.ones(3)], []])
