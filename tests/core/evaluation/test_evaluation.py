"""Ranking and evaluation: against a loop, and the laws that make the numbers honest."""

import io
from dataclasses import dataclass, replace

import numpy as np
import pytest

import recsys_core.evaluation.rank_items as ranking_module
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.errors import InputError
from recsys_core.evaluation.bootstrap import difference_interval, mean_interval
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.evaluation.rank_items import rank, top_items
from recsys_core.metrics import METRICS
from tests import oracles


@dataclass
class Table:
    """A recommender that is a table of scores."""

    table: np.ndarray
    predicts_ratings: bool = False

    @property
    def n_users(self):
        return self.table.shape[0]

    @property
    def n_items(self):
        return self.table.shape[1]

    def scores(self, users):
        return self.table[users].astype(np.float32)


def seen_and_held_out(rng, n_users=40, n_items=30, share_seen=0.3, share_held_out=0.15):
    """Two disjoint sets; the last users have nothing held out."""
    draw = rng.random((n_users, n_items))
    draw[-3:] += share_held_out
    ratings = rng.integers(1, 6, (n_users, n_items))

    def where(mask):
        users, items = np.nonzero(mask)
        return Interactions.from_triples(users, items, ratings[mask], n_users, n_items)

    held_out = where(draw < share_held_out)
    return where((draw >= share_held_out) & (draw < share_held_out + share_seen)), held_out


def split_of(rng, **shape) -> Split:
    seen, test = seen_and_held_out(rng, **shape)
    nothing = seen.select(np.zeros(seen.n_interactions, bool))
    return Split(seen, nothing, test, nothing, SplitRecipe(), n_kept_whole=0, data_fingerprint="data")


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def test_ranks_and_lists_equal_those_of_a_loop(rng):
    seen, held_out = seen_and_held_out(rng)
    table = rng.normal(size=(40, 30))
    ranking = rank(Table(table), seen, held_out, depth=8)
    assert ranking.users.tolist() == [u for u in range(40) if held_out.items_per_user[u] > 0]
    assert len(ranking.users) <= 37
    ranks = np.split(ranking.relevant.ranks, ranking.relevant.indptr[1:-1])
    for row, user in enumerate(ranking.users):
        best_first = oracles.unseen_items_best_first(table[user], seen.items[seen.of(user)])
        held = held_out.items[held_out.of(user)]
        assert ranks[row].tolist() == [best_first.index(item) + 1 for item in held]
        assert ranking.top_items[row].tolist() == best_first[:8]
        assert ranking.relevant.n_candidates[row] == len(best_first)
    np.testing.assert_array_equal(ranking.relevant.relevance, held_out.values)
    expected_scores = table[held_out.users, held_out.items].astype(np.float32)
    np.testing.assert_array_equal(ranking.held_out_scores, expected_scores)


@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_seen_items_are_never_recommended_and_a_list_ends_with_minus_one(rng, levels):
    seen, _ = seen_and_held_out(rng, share_seen=0.7)
    table = rng.integers(0, levels, (40, 30)).astype(float)
    lists = top_items(Table(table), seen, np.arange(40), 50)
    assert lists.shape == (40, 50)
    for user, items in enumerate(lists):
        unseen = set(range(30)) - set(seen.items[seen.of(user)].tolist())
        ended = items == -1
        assert np.all(np.diff(ended.astype(int)) >= 0)
        assert len(items[~ended]) == len(unseen)
        assert set(items[~ended].tolist()) == unseen
        assert np.all(np.diff(table[user, items[~ended]]) <= 0)


@pytest.mark.parametrize("levels", [1, 2, 7, 10**6])
def test_ranks_agree_with_lists_whatever_is_tied(rng, levels):
    seen, held_out = seen_and_held_out(rng)
    recommender = Table(rng.integers(-levels // 2, levels, (40, 30)) / 7)
    whole = rank(recommender, seen, held_out, depth=30)
    relevant = whole.relevant
    at_rank = whole.top_items[relevant.users, relevant.ranks - 1]
    np.testing.assert_array_equal(at_rank, held_out.items)
    for depth in (1, 2, 10):
        split = rank(recommender, seen, held_out, depth=depth)
        np.testing.assert_array_equal(split.top_items, whole.top_items[:, :depth])
        np.testing.assert_array_equal(split.relevant.ranks, relevant.ranks)


@pytest.mark.parametrize("levels", [1, 4, 10**6])
def test_the_size_of_a_block_changes_nothing(rng, levels, monkeypatch):
    seen, held_out = seen_and_held_out(rng)
    recommender = Table(rng.integers(0, levels, (40, 30)).astype(float))
    whole = rank(recommender, seen, held_out, depth=10, seed=3)
    for cells in (1, 30 * 7, 30 * 39):
        monkeypatch.setattr(ranking_module, "BLOCK_CELLS", cells)
        blocks = rank(recommender, seen, held_out, depth=10, seed=3)
        np.testing.assert_array_equal(blocks.relevant.ranks, whole.relevant.ranks)
        np.testing.assert_array_equal(blocks.top_items, whole.top_items)
        single = top_items(recommender, seen, whole.users[[4]], 10, seed=3)
        np.testing.assert_array_equal(single[0], whole.top_items[4])


def test_zero_and_minus_zero_are_the_same_score():
    table = np.tile([0.0, -0.0], (400, 1))
    nothing = Interactions.from_triples([], [], [], 400, 2)
    first = top_items(Table(table), nothing, np.arange(400), 1)[:, 0]
    assert 140 < first.sum() < 260


def test_a_constant_scorer_scores_like_a_random_one(rng):
    n_users, n_items = 3000, 50
    seen, held_out = seen_and_held_out(rng, n_users, n_items)
    constant = FactorModel.of(np.zeros((n_users, 1)), np.zeros((n_items, 1)))
    by_lot = Table(rng.random((n_users, n_items)))
    ranked = rank(constant, seen, held_out, depth=5).relevant
    expected = rank(by_lot, seen, held_out, depth=5).relevant
    for name in ("ndcg", "map", "auc"):
        function = METRICS[name].function
        interval = difference_interval(function(ranked, 10), function(expected, 10))
        assert interval.low <= 0 <= interval.high, name
    auc = mean_interval(METRICS["auc"].function(ranked, 10))
    assert auc.low <= 0.5 <= auc.high


def test_ties_favour_no_item_and_each_user_has_an_order_of_their_own():
    n_users, n_items = 8000, 20
    nothing = Interactions.from_triples([], [], [], n_users, n_items)
    lists = top_items(Table(np.zeros((n_users, n_items))), nothing, np.arange(n_users), n_items)
    for place in (0, 1, 9, 19):
        counts = np.bincount(lists[:, place], minlength=n_items)
        assert abs(counts - n_users / n_items).max() < 5 * np.sqrt(n_users / n_items)
    pairs = np.bincount(lists[:, 0] * n_items + lists[:, 1], minlength=n_items**2)
    pairs = pairs[pairs > 0]
    assert len(pairs) == n_items * (n_items - 1)
    neighbours_agree = np.mean(lists[1:, 0] == lists[:-1, 0])
    assert abs(neighbours_agree - 1 / n_items) < 5 * np.sqrt(1 / n_items / n_users)
    other_seed = top_items(Table(np.zeros((n_users, n_items))), nothing, np.arange(n_users), 1, seed=1)
    assert abs(np.mean(other_seed[:, 0] == lists[:, 0]) - 1 / n_items) < 5 * np.sqrt(1 / n_items / n_users)


def test_a_planted_leak_is_refused(rng):
    seen, held_out = seen_and_held_out(rng)
    leaking = seen.joined(held_out.select(np.arange(held_out.n_interactions) == 17))
    with pytest.raises(InputError, match=f"User {held_out.users[17]} has an item in both"):
        rank(Table(rng.random((40, 30))), leaking, held_out, depth=5)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_refused(rng, bad):
    seen, held_out = seen_and_held_out(rng)
    table = rng.random((40, 30))
    user = np.flatnonzero(held_out.items_per_user)[-1]
    table[user, 3] = bad
    with pytest.raises(InputError, match=f"User {user} and item 3 got"):
        rank(Table(table), seen, held_out, depth=5)
    with pytest.raises(InputError, match="finite"):
        top_items(Table(table), seen, np.array([user]), 5)


def test_what_cannot_be_ranked_is_refused(rng):
    seen, held_out = seen_and_held_out(rng)
    nothing = seen.select(np.zeros(seen.n_interactions, bool))
    with pytest.raises(InputError, match="something that is held out"):
        rank(Table(rng.random((40, 30))), seen, nothing, depth=5)
    with pytest.raises(InputError, match="Got 40 × 31 and 40 × 30"):
        rank(Table(rng.random((40, 31))), seen, held_out, depth=5)
    with pytest.raises(InputError, match="at least 1 item"):
        top_items(Table(rng.random((40, 30))), seen, np.arange(3), 0)


def test_an_evaluation_means_over_users_and_pools_over_ratings(rng):
    split = split_of(rng)
    table = rng.normal(3, 1, (40, 30))
    evaluation = evaluate(Table(table, predicts_ratings=True), split)
    assert evaluation.n_left_out + len(evaluation.users) == 40
    values = evaluation.per_user("ndcg", 5)
    slow = []
    for user in evaluation.users:
        best_first = oracles.unseen_items_best_first(table[user], split.train.items[split.train.of(user)])
        slow.append(oracles.ndcg(best_first, split.test.items[split.test.of(user)], 5))
    np.testing.assert_allclose(values, slow)
    assert evaluation.mean("ndcg", 5) == pytest.approx(np.mean(slow))
    errors = table[split.test.users, split.test.items] - split.test.values
    assert evaluation.rmse == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-6)
    assert evaluation.mae == pytest.approx(np.mean(abs(errors)), rel=1e-6)
    of_first = errors[split.test.users == evaluation.users[0]]
    assert evaluation.per_user("rmse", 5)[0] == pytest.approx(np.sqrt(np.mean(of_first**2)), rel=1e-6)
    assert 0 < evaluation.overall("coverage", 1) < evaluation.overall("coverage", 20) <= 1


def test_popularity_counts_train_and_lists_without_ratings_have_no_rmse(rng):
    split = split_of(rng)
    popular = Table(np.tile(split.train.users_per_item, (40, 1)).astype(float))
    evaluation = evaluate(popular, split)
    first = split.train.users_per_item[evaluation.top_items[:, 0]]
    np.testing.assert_array_equal(evaluation.per_user("popularity", 1), first)
    assert evaluation.rmse is None and evaluation.mae is None
    assert evaluate(Table(popular.table, predicts_ratings=True), split).rmse is not None
    of_counts = evaluate(Table(popular.table, predicts_ratings=True), replace(split, is_graded=False))
    assert of_counts.rmse is None and of_counts.mae is None, "a count of plays is no rating that could be guessed"
    with pytest.raises(InputError, match="only ranks"):
        evaluation.per_user("rmse", 10)
    with pytest.raises(InputError, match="must be one of ndcg"):
        evaluation.per_user("accuracy", 10)


def known_metrics(evaluation):
    return [name for name, metric in METRICS.items() if not metric.why_not(evaluation)]


@pytest.mark.parametrize("predicts_ratings", [True, False])
def test_an_evaluation_comes_back_from_the_store_as_it_was(rng, predicts_ratings):
    evaluation = evaluate(Table(rng.random((40, 30)), predicts_ratings), split_of(rng))
    stored = io.BytesIO()
    np.savez(stored, allow_pickle=False, **evaluation.to_arrays())
    stored.seek(0)
    again = Evaluation.from_arrays(np.load(stored, allow_pickle=False))
    assert (again.subset, again.n_left_out) == (evaluation.subset, evaluation.n_left_out)
    assert (again.rmse, again.overall("coverage", 10)) == (evaluation.rmse, evaluation.overall("coverage", 10))
    for name in known_metrics(evaluation):
        np.testing.assert_array_equal(again.per_user(name, 10), evaluation.per_user(name, 10))
    assert again.difference(evaluation, "ndcg", 10).mean == 0
    assert again.to_arrays().keys() == evaluation.to_arrays().keys()


def test_the_seed_of_an_evaluation_orders_equal_scores(rng):
    split = split_of(rng)
    first, again, other = (evaluate(Table(np.zeros((40, 30))), split, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.top_items, again.top_items)
    assert np.any(first.top_items != other.top_items)


def test_a_better_recommender_is_told_and_another_split_is_refused(rng):
    split, other = split_of(rng), split_of(rng)
    by_lot = rng.random((40, 30))
    informed = by_lot.copy()
    informed[split.test.users, split.test.items] += 0.5
    better, worse = (evaluate(Table(each), split) for each in (informed, by_lot))
    assert better.difference(worse, "ndcg", 10).low > 0
    assert worse.difference(better, "ndcg", 10).high < 0
    same = worse.difference(worse, "ndcg", 10)
    assert same.low < 0 == same.mean < same.high
    assert better.interval("ndcg", 10).mean == pytest.approx(better.mean("ndcg", 10))
    elsewhere = replace(other, recipe=SplitRecipe(seed=1))
    with pytest.raises(InputError, match="same held-out data"):
        better.difference(evaluate(Table(by_lot), elsewhere), "ndcg", 10)


def test_pairing_sees_a_difference_that_is_small_beside_that_of_users(rng):
    users = rng.random(200)
    assert difference_interval(users + rng.normal(0.01, 0.02, 200), users).low > 0
    with pytest.raises(InputError, match="Got 3 and 4 users"):
        difference_interval(np.zeros(3), np.zeros(4))


def test_one_user_tells_nothing():
    interval = mean_interval([0.5])
    assert interval.mean == 0.5 and np.isnan(interval.low) and np.isnan(interval.high)
    with pytest.raises(InputError, match="at least one user"):
        mean_interval([])
