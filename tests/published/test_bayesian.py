"""Bayesian factorisation on an official fold of MovieLens 100K, against what myFM publishes."""

import numpy as np
import pytest

from recsys_core.algorithms.bayesian import Bayesian
from recsys_core.algorithms.posterior import BayesianModel
from recsys_core.per_user.certainty import predict_intervals
from tests.published.data import Absent, official_cut

pytestmark = pytest.mark.published
_MYFM = 0.90321
"""RMSE on fold u3 at rank 8, from the documentation of myFM."""


def test_fold_u3_is_predicted_at_least_as_well_as_published_and_intervals_hold():
    try:
        cut = official_cut(3)
    except Absent as absent:
        pytest.skip(str(absent))
    *_, last = Bayesian(n_factors=8).epochs(cut.train)
    model, test = last.model, cut.test
    assert isinstance(model, BayesianModel)
    predicted = model.scores_of(test.users, test.items)
    assert np.sqrt(np.mean((predicted - test.values) ** 2)) <= _MYFM
    covered = []
    for user in np.unique(test.users):
        own = test.of(user)
        low, high = predict_intervals(model.posterior, int(user), test.items[own])
        covered.append((low <= test.values[own]) & (test.values[own] <= high))
    assert 0.88 <= np.mean(np.concatenate(covered)) <= 0.92
