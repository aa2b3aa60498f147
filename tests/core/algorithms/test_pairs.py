"""BPR and LambdaRank: pairs, their gradients and weights, against loops and finite differences."""

import numpy as np
import pytest

from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.lambdarank import LambdaRank, discounts, graded_gains, swap_effects
from recsys_core.algorithms.pairwise import (
    NEGATIVES,
    FixedTriples,
    Pairs,
    _compare,
    _draw,
    mean_over_samples,
    pool_size,
    score_gradient,
)
from recsys_core.data.interactions import Interactions
from recsys_core.metrics.ranking import exponential_gain
from tests import oracles
from tests.core.algorithms.random_ratings import table_of
from tests.small_trainings import odd_data, run, scores, small_ratings


def drawn_pairs(seed=0, *, graded=False) -> Pairs:
    """Three users, eight items, six samples each: some invalid, some drawn twice."""
    rng = np.random.default_rng(seed)
    rows, items = np.array([0, 0, 0, 1, 2, 2]), np.array([1, 4, 6, 2, 0, 7])
    gains = np.zeros((3, 8), np.float32)
    gains[rows, items] = [1, 3, 7, 3, 1, 7] if graded else 1
    samples = rng.integers(0, 8, (3, 6))
    samples[:, 1] = samples[:, 0]
    valid = gains[rows, items][:, None] > np.take_along_axis(gains, samples, axis=1)[rows]
    s = rng.normal(size=(3, 8)).astype(np.float32)
    return Pairs(s, gains, rows, items, np.array([0, 3, 4]), samples, valid)


@pytest.mark.parametrize("seed", range(5))
def test_the_score_gradient_is_the_slope_of_the_pair_loss_and_its_rows_sum_to_zero(seed):
    pairs = drawn_pairs(seed, graded=True)
    weights = pairs.valid * np.random.default_rng(seed).random(pairs.valid.shape).astype(np.float32)
    ours = score_gradient(pairs, weights)

    def loss(s):
        return oracles.pair_loss(s, pairs.rows, pairs.items, pairs.samples, weights)

    np.testing.assert_allclose(ours, oracles.slope_of(loss, pairs.scores.astype(float)), atol=1e-5)
    np.testing.assert_allclose(ours.sum(axis=1), 0, atol=1e-5)
    assert ours.any()


def test_the_score_gradient_is_finite_and_right_however_far_apart_the_scores_are():
    scores_ = np.array([[-1e30, 1e30], [1e30, -1e30]], np.float32)
    entries = np.array([0, 1])
    pairs = Pairs(
        scores_, np.eye(2, 1, dtype=np.float32), entries, np.zeros(2, int), entries, np.ones((2, 1), int), None
    )
    np.testing.assert_array_equal(score_gradient(pairs, np.ones((2, 1), np.float32)), [[-1, 1], [0, 0]])


def sampled_pairs(negatives, *, graded=True, n_items=2000) -> Pairs:
    """Of four people with 1, 2, 3 and 4 choices among many items; a higher id has a higher score."""
    users = np.repeat(np.arange(4), [1, 2, 3, 4])
    stars = np.array([5, 1, 5, 1, 3, 5, 1, 2, 4, 5])
    items = np.random.default_rng(0).choice(n_items, len(users), replace=False)
    data = Interactions.from_triples(users, items, stars, 4, n_items)
    gains = data.values if graded else np.ones(len(users), np.float32)
    s = np.tile(np.arange(n_items, dtype=np.float32), (3, 1))
    n_pool, n_rivals = pool_size(n_items, negatives), 16 * graded
    asked, items = np.array([3, 0, 2]), np.arange(n_items)
    draw = _draw(data, gains, asked, items, n_pool, n_rivals, np.random.default_rng(1))
    return _compare(draw, s, None, n_pool)


@pytest.mark.parametrize("negatives", NEGATIVES)
def test_pairs_are_made_of_all_choices_and_valid_where_the_choice_is_the_better_one(negatives):
    pairs = sampled_pairs(negatives)
    assert np.bincount(pairs.rows).tolist() == [4, 1, 3]
    assert pairs.first.tolist() == [0, 4, 5]
    assert sorted(pairs.of_entries(pairs.gains)[:4]) == [1, 2, 4, 5]
    assert np.count_nonzero(pairs.gains) == 8
    for entry, (row, item) in enumerate(zip(pairs.rows, pairs.items, strict=True)):
        better = pairs.gains[row, item] > pairs.gains[row, pairs.samples[row]]
        np.testing.assert_array_equal(pairs.valid[entry], better)


@pytest.mark.parametrize("negatives", NEGATIVES)
def test_where_ratings_differ_a_persons_own_items_are_compared_with_one_another(negatives):
    own_among_samples = [
        np.sum(p.of_samples(p.gains) > 0) for p in (sampled_pairs(negatives, graded=g) for g in (1, 0))
    ]
    assert own_among_samples[0] > 10 * max(own_among_samples[1], 1)


def test_mildly_hard_samples_score_higher_than_uniform_ones():
    hard, uniform = (sampled_pairs(negatives, graded=False) for negatives in NEGATIVES)
    assert NEGATIVES == ("mildly hard", "uniform")
    assert hard.samples.shape == uniform.samples.shape
    assert hard.of_samples(hard.scores).mean() > 1.15 * uniform.of_samples(uniform.scores).mean()


def test_every_choice_with_something_to_compare_counts_once():
    pairs = drawn_pairs()
    weights = mean_over_samples(pairs)
    np.testing.assert_allclose(weights.sum(axis=1), pairs.valid.any(axis=1))
    assert not weights[~pairs.valid].any()


@pytest.mark.parametrize("truncation", [1, 3, 8, 100])
@pytest.mark.parametrize("graded", [False, True])
def test_the_effect_of_a_swap_is_the_difference_between_the_two_lists(graded, truncation):
    pairs = drawn_pairs(1, graded=graded)
    ours = swap_effects(pairs, truncation)
    for entry, (row, item) in enumerate(zip(pairs.rows, pairs.items, strict=True)):
        for place, sample in enumerate(pairs.samples[row]):
            expected = oracles.effect_of_a_swap(pairs.scores[row], pairs.gains[row], item, sample, truncation)
            assert ours[entry, place] == pytest.approx(expected, abs=1e-5)
    assert ours.any()


@pytest.mark.parametrize("floor", [0.0, 0.3, 1.0])
def test_lambdarank_weighs_a_persons_pairs_by_their_swaps_to_a_mean_of_1(floor):
    pairs = drawn_pairs(2, graded=True)
    equal = mean_over_samples(pairs)
    ours = LambdaRank(floor=floor, truncation=3, gains="graded").pair_weights(pairs)
    for user in range(3):
        mine = pairs.rows == user
        effects = equal[mine] * [
            [oracles.effect_of_a_swap(pairs.scores[user], pairs.gains[user], i, j, 3) for j in pairs.samples[user]]
            for i in pairs.items[mine]
        ]
        by_place = effects * equal[mine].sum() / effects.sum() if effects.any() else effects
        np.testing.assert_allclose(ours[mine], floor * equal[mine] + (1 - floor) * by_place, rtol=1e-4, atol=1e-6)


def test_discounts_are_those_of_the_ranks():
    s = np.array([[0.1, 0.9, 0.5, 0.3]], np.float32)
    expected = 1 / np.log2(1 + np.array([[4, 1, 2, 3]]))
    np.testing.assert_allclose(discounts(s, 10), expected, rtol=1e-6)
    np.testing.assert_allclose(discounts(s, 2), np.where(expected > 0.6, expected, 0), rtol=1e-6)


@pytest.mark.parametrize(("low", "high"), [(1, 5), (0, 1), (-10, 10), (1, 100), (0.5, 5)])
def test_graded_gains_are_2_to_the_stars_less_1_on_every_scale(low, high):
    stars = np.array([1, 2, 3, 4, 5], np.float32)
    ratings = low + (stars - 1) / 4 * (high - low)
    np.testing.assert_allclose(graded_gains(ratings.astype(np.float32)), [1, 3, 7, 15, 31], rtol=1e-6)


@pytest.mark.parametrize("threshold", [None, 2, 4, 5])
def test_graded_gains_of_what_is_relevant_are_those_of_the_metric_whatever_the_threshold(threshold):
    stars = Interactions.from_triples([0] * 5, range(5), [1, 2, 3, 4, 5], 1, 5, relevance_threshold=threshold)
    expected = np.where(stars.is_relevant, exponential_gain(stars.values), 0)
    recipe = LambdaRank(gains="graded")
    np.testing.assert_allclose(recipe.gains_of(stars), expected, rtol=1e-6)
    one_person = stars.select(stars.values >= 4)
    np.testing.assert_allclose(recipe.gains_of(one_person, stars), expected[3:], rtol=1e-6)


def test_lambdarank_with_graded_gains_learns_from_constant_ratings_off_the_star_scale():
    epochs = run(
        LambdaRank(gains="graded", n_epochs=10, start="noise"), odd_data()["constant values off the star scale"]
    )
    assert epochs[-1].objective > epochs[0].objective


def test_fixed_triples_hold_a_choice_against_what_was_not_chosen():
    data = small_ratings()
    triples = FixedTriples(data, np.random.default_rng(0))
    table = table_of(data)
    assert len(triples.users) > 0.5 * data.n_interactions
    assert not np.isnan(table[triples.users, triples.chosen]).any()
    assert np.isnan(table[triples.users, triples.others]).all()


def test_what_bpr_reports_is_the_loss_on_its_fixed_triples_and_the_penalty_per_choice():
    data, lam = small_ratings(), 0.7
    triples = FixedTriples(data, np.random.default_rng(4))
    for epoch in run(BPR(n_factors=3, regularization=lam, n_epochs=3), data, seed=4):
        s = scores(epoch.model).astype(float)
        losses = [
            np.log1p(np.exp(s[u, j] - s[u, i]))
            for u, i, j in zip(triples.users, triples.chosen, triples.others, strict=True)
        ]
        parameters = (epoch.model.user_factors, epoch.model.item_factors, epoch.model.item_bias)
        norm = sum(float(np.sum(each.astype(float) ** 2)) for each in parameters)
        assert epoch.objective == pytest.approx(np.mean(losses) + lam * norm / data.n_interactions, rel=1e-4)


@pytest.mark.parametrize("gains", ["binary", "graded"])
@pytest.mark.parametrize("truncation", [3, 500])
def test_what_lambdarank_reports_is_the_mean_ndcg_of_the_training_lists(truncation, gains):
    data = small_ratings()
    for epoch in run(LambdaRank(n_factors=3, n_epochs=2, truncation=truncation, gains=gains), data):
        per_user = []
        for user, row in enumerate(scores(epoch.model)):
            stars = dict(zip(data.items[data.of(user)].tolist(), data.values[data.of(user)].tolist(), strict=True))
            ndcg = oracles.ndcg if gains == "binary" else oracles.ndcg_graded
            per_user.append(ndcg(oracles.unseen_items_best_first(row, []), stars, truncation))
        assert epoch.objective == pytest.approx(np.mean(per_user), abs=1e-5)


def test_the_item_bias_of_bpr_follows_popularity():
    data = small_ratings()
    model = run(BPR(n_factors=1, n_epochs=40, negatives="uniform"), data)[-1].model
    assert np.corrcoef(model.item_bias, data.users_per_item)[0, 1] > 0.8
