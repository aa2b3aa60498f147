"""How sure a Bayesian model is of one person, against loops and against what linear algebra says."""

from functools import cache
from itertools import pairwise

import numpy as np

from recsys_core.algorithms.bayesian import Bayesian
from recsys_core.algorithms.posterior import BayesianModel
from recsys_core.data.interactions import Interactions
from recsys_core.per_user.certainty import (
    expected_learning,
    factor_cloud,
    predict_intervals,
    rank_certainty,
)
from recsys_core.per_user.ranked_list import rank_unseen_items, select_user
from tests.small_trainings import run, small_ratings

RECIPE = Bayesian(n_factors=3, n_epochs=45, burn_in=10)


@cache
def model() -> BayesianModel:
    return run(RECIPE, small_ratings())[-1].model


def test_an_interval_is_made_of_the_spread_of_draws_and_of_single_ratings():
    posterior, items = model().posterior, np.array([0, 5, 39])
    low, high = predict_intervals(posterior, 4, items)
    drawn = posterior.scores_of_user(4)[:, items].astype(np.float64)
    spread = np.sqrt(drawn.var(axis=0, ddof=1) + posterior.noise**2)
    np.testing.assert_allclose((low + high) / 2, drawn.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(high - low, 2 * 1.6448536 * spread, rtol=1e-5)


def test_how_often_draws_agree_with_a_list_is_what_a_loop_counts():
    posterior, user = model().posterior, 7
    unseen = rank_unseen_items(model(), small_ratings(), user)
    certainty = rank_certainty(posterior, user, unseen, 5)
    best, in_top, beats = np.zeros(5, int), np.zeros(5, int), np.zeros(4, int)
    for scores in posterior.scores_of_user(user):
        order = sorted(unseen, key=lambda item: -scores[item])
        for place, item in enumerate(unseen[:5]):
            best[place] += item == max(unseen[:5], key=lambda each: scores[each])
            in_top[place] += item in order[:5]
        beats += [scores[a] > scores[b] for a, b in pairwise(unseen[:5])]
    assert certainty.n_samples == 35
    np.testing.assert_array_equal(certainty.best, best)
    np.testing.assert_array_equal(certainty.in_top, in_top)
    np.testing.assert_array_equal(certainty.beats_next, beats)
    assert in_top.sum() > 0


def test_a_cloud_lies_around_the_person_and_shrinks_with_ratings():
    trained = model()
    clouds = [factor_cloud(trained, trained.posterior, user) for user in range(60)]
    middles = np.array([cloud.mean(axis=0) for cloud in clouds])
    assert np.corrcoef(middles.ravel(), trained.user_factors.ravel())[0, 1] > 0.98
    few, many = [], []
    for user in range(60):
        own = select_user(small_ratings(), user)
        for count, sizes in ((2, few), (own.n_interactions, many)):
            known = Interactions.from_triples([0] * count, own.items[:count], own.values[:count], 1, own.n_items)
            folded = RECIPE.fold_in(trained, small_ratings(), known)
            sizes.append(factor_cloud(folded, folded.posterior, 0).var(axis=0).sum())
    assert np.mean(many) < 0.7 * np.mean(few)


def test_what_a_rating_would_teach_is_what_is_left_after_it():
    """With one more row in the normal equations of every draw, whatever the rating."""
    trained, user = model(), 11
    own = select_user(small_ratings(), user)
    unseen = rank_unseen_items(trained, small_ratings(), user)
    targets, asked = unseen[:5], unseen[:8]
    share = expected_learning(trained.posterior, own, targets, asked)
    before, after = 0.0, np.zeros(8)
    for sample in trained.posterior.samples:
        y = np.column_stack([np.ones(40), sample.items[:, 1:]]).astype(np.float64)

        def variance(items, y=y, sample=sample):
            system = sample.precision * y[items].T @ y[items] + sample.user_prior.precision
            return float(np.trace(y[targets] @ np.linalg.inv(system) @ y[targets].T))

        before += variance(own.items)
        after += [variance(np.append(own.items, item)) for item in asked]
    np.testing.assert_allclose(share, 1 - after / before, rtol=1e-6)
    assert np.all(share > 0) and np.all(share < 1)
