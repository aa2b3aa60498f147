"""Metrics against loops, hand-worked vectors, trec_eval, scikit-learn and the laws they must obey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.errors import InputError
from recsys_core.metrics import RANKING_METRICS, catalogue, ranking, rating
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance
from tests import oracles
from tests.worked_examples import TREC, graded_by_hand, ranked_relevance, trec_measures


def random_lists(rng, n_users=30, n_items=25):
    """Per user a list of all items and ratings of some; now and then of all of them."""
    lists = [rng.permutation(n_items).tolist() for _ in range(n_users)]
    relevant = []
    for _ in lists:
        chosen = rng.choice(n_items, rng.integers(1, n_items + 1), replace=False)
        relevant.append({int(item): int(rng.integers(0, 6)) for item in chosen})
    return lists, relevant


def ranked_relevance_of(lists, relevant) -> RankedRelevance:
    return ranked_relevance(
        [[each.index(item) + 1 for item in items] for each, items in zip(lists, relevant, strict=True)],
        [list(items.values()) for items in relevant],
        [len(each) for each in lists],
    )


@pytest.mark.parametrize("k", [1, 3, 10, 25, 1000])
@pytest.mark.parametrize("name", RANKING_METRICS)
def test_every_metric_equals_its_textbook_loop(name, k):
    lists, relevant = random_lists(np.random.default_rng(k))
    function = RANKING_METRICS[name].function
    slow = getattr(oracles, function.__name__)
    expected = [slow(each, items, k) for each, items in zip(lists, relevant, strict=True)]
    np.testing.assert_allclose(function(ranked_relevance_of(lists, relevant), k), expected, atol=1e-12)


def test_the_graded_example_worked_by_hand():
    expected = {"DCG": 12.7796, "IDCG": 13.3472, "NDCG": 0.9575}
    assert graded_by_hand() == pytest.approx(expected, abs=5e-5)


def test_binary_examples_worked_by_hand():
    # Three relevant items at ranks 1, 3 and 6 of ten candidates, looked at down to k = 2 and k = 5.
    ranked = ranked_relevance([[6, 1, 3]], n_candidates=10)
    value = lambda function, k: function(ranked, k)[0]  # noqa: E731
    assert value(ranking.precision, 5) == 2 / 5
    assert value(ranking.recall, 5) == 2 / 3
    assert value(ranking.average_precision, 5) == pytest.approx((1 + 2 / 3) / 3)
    assert value(ranking.average_precision, 2) == pytest.approx(1 / 2)
    assert value(ranking.average_precision_over_relevant, 2) == pytest.approx(1 / 3)
    assert value(ranking.reciprocal_rank, 5) == 1
    assert value(ranking.ndcg, 2) == pytest.approx(1 / (1 + 1 / np.log2(3)))
    assert value(ranking.ndcg_uncut_ideal, 2) == pytest.approx(1 / (1 + 1 / np.log2(3) + 1 / 2))
    assert value(ranking.auc, 5) == pytest.approx((7 + 6 + 4) / 21)


def test_a_user_without_a_hit_gets_zero_and_one_without_other_candidates_an_auc_of_one_half():
    ranked = ranked_relevance([[7], [1, 2]], n_candidates=[20, 2])
    assert [RANKING_METRICS[name].function(ranked, 5)[0] for name in RANKING_METRICS if name != "auc"] == [0.0] * 10
    assert ranking.auc(ranked)[1] == 0.5


@pytest.mark.skipif(not TREC.exists(), reason=f"needs the trec_eval example in {TREC}; set RECSYS_DATA")
def test_the_official_trec_eval_output_is_reproduced():
    ours = trec_measures()
    lines = [line.split() for line in (TREC / "out.test.a").read_text().splitlines()]
    official = {name: float(value) for name, _, value in lines if name in ours}
    assert ours == pytest.approx(official, abs=5e-5)


def test_graded_lists_agree_with_pytrec_eval():
    pytrec_eval = pytest.importorskip("pytrec_eval")
    lists, relevant = random_lists(np.random.default_rng(7))
    relevant = [{item: value + 1 for item, value in items.items()} for items in relevant]
    qrels = {str(u): {str(item): value for item, value in items.items()} for u, items in enumerate(relevant)}
    run = {str(u): {str(item): -float(r) for r, item in enumerate(each)} for u, each in enumerate(lists)}
    measures = {"ndcg_cut.5", "map_cut.5", "P.5", "recall.5", "recip_rank", "ndcg"}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, measures).evaluate(run)
    ranked = ranked_relevance_of(lists, relevant)
    ours = {
        "ndcg_cut_5": ranking.ndcg_linear(ranked, 5),
        "map_cut_5": ranking.average_precision_over_relevant(ranked, 5),
        "P_5": ranking.precision(ranked, 5),
        "recall_5": ranking.recall(ranked, 5),
        "recip_rank": ranking.reciprocal_rank(ranked, 25),
        "ndcg": ranking.ndcg_linear(ranked, 25),
    }
    for name, values in ours.items():
        np.testing.assert_allclose(values, [theirs[str(u)][name] for u in range(len(lists))], atol=1e-9)


def test_graded_lists_agree_with_scikit_learn():
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    lists, relevant = random_lists(np.random.default_rng(8))
    ranked = ranked_relevance_of(lists, relevant)
    for u, (each, items) in enumerate(zip(lists, relevant, strict=True)):
        rating_in_list = np.array([[items.get(item, 0) for item in each]])
        scores = -np.arange(len(each), dtype=float)[None]
        expected = sklearn_metrics.ndcg_score(rating_in_list, scores, k=5)
        assert ranking.ndcg_linear(ranked, 5)[u] == pytest.approx(expected)
        expected = sklearn_metrics.ndcg_score(2**rating_in_list - 1, scores, k=5)
        assert ranking.ndcg_graded(ranked, 5)[u] == pytest.approx(expected)
        if len(items) < len(each):
            is_relevant = [item in items for item in each]
            assert ranking.auc(ranked)[u] == pytest.approx(sklearn_metrics.roc_auc_score(is_relevant, scores[0]))


N_CANDIDATES = 12
one_user = st.dictionaries(st.integers(1, N_CANDIDATES), st.integers(0, 5), min_size=1)
some_users = st.lists(one_user, min_size=1, max_size=5)
cutoffs = st.integers(1, N_CANDIDATES + 3)


def ranked_relevance_of_drawn(users) -> RankedRelevance:
    return ranked_relevance([list(user) for user in users], [list(user.values()) for user in users], N_CANDIDATES)


@pytest.mark.parametrize("name", RANKING_METRICS)
@settings(max_examples=40, deadline=None)
@given(users=some_users, k=cutoffs)
def test_every_value_lies_in_0_to_1_and_users_do_not_touch_one_another(name, users, k):
    function = RANKING_METRICS[name].function
    together = function(ranked_relevance_of_drawn(users), k)
    assert together.shape == (len(users),)
    assert np.all((together >= 0) & (together <= 1 + 1e-12))
    alone = [function(ranked_relevance_of_drawn([user]), k)[0] for user in users]
    np.testing.assert_allclose(together, alone, atol=1e-12)


@pytest.mark.parametrize("name", RANKING_METRICS)
@settings(max_examples=40, deadline=None)
@given(user=one_user, k=cutoffs, data=st.data())
def test_the_order_in_which_relevant_items_are_listed_does_not_count(name, user, k, data):
    shuffled = dict(data.draw(st.permutations(list(user.items()))))
    function = RANKING_METRICS[name].function
    here, there = (function(ranked_relevance_of_drawn([each]), k)[0] for each in (user, shuffled))
    assert here == pytest.approx(there, abs=1e-12)


@pytest.mark.parametrize("name", RANKING_METRICS)
@settings(max_examples=40, deadline=None)
@given(user=one_user, k=cutoffs, data=st.data())
def test_moving_a_relevant_item_up_past_another_candidate_never_lowers_a_metric(name, user, k, data):
    can_move = [rank for rank in user if rank > 1 and rank - 1 not in user]
    if not can_move:
        return
    moved = data.draw(st.sampled_from(can_move))
    better = {rank - (rank == moved): value for rank, value in user.items()}
    function = RANKING_METRICS[name].function
    before, after = (function(ranked_relevance_of_drawn([each]), k)[0] for each in (user, better))
    assert after >= before - 1e-12


@pytest.mark.parametrize("name", ["ndcg", "ndcg_graded", "ndcg_linear", "map", "mrr", "auc"])
@settings(max_examples=40, deadline=None)
@given(n_relevant=st.integers(1, N_CANDIDATES - 1), k=cutoffs, rating=st.integers(1, 5))
def test_a_perfect_list_gets_1(name, n_relevant, k, rating):
    ranked = ranked_relevance_of_drawn([{place + 1: rating for place in range(n_relevant)}])
    assert RANKING_METRICS[name].function(ranked, k)[0] == pytest.approx(1)


def test_what_cannot_be_measured_is_refused():
    ranked = ranked_relevance([[1]])
    with pytest.raises(InputError, match="k must be at least 1"):
        ranking.ndcg(ranked, 0)
    with pytest.raises(InputError, match="between 0 and 50"):
        ranking.ndcg_graded(ranked_relevance([[1]], [[300]]), 10)
    with pytest.raises(InputError, match="at least 0"):
        ranking.ndcg_linear(ranked_relevance([[1]], [[-1]]), 10)
    with pytest.raises(InputError, match="every relevant item"):
        ranking.auc(ranked_relevance([[UNRANKED]]))
    with pytest.raises(InputError, match="at least one relevant item"):
        ranked_relevance([[1], []])
    with pytest.raises(InputError, match="must lie in 1 to 2"):
        catalogue.coverage(np.zeros((3, 2), np.int32), 3, n_items=5)


def test_pooled_errors_weigh_ratings_and_errors_per_user_weigh_users():
    predicted, actual = np.array([3, 4, 1.0]), np.array([5, 4, 2.0])
    indptr = np.array([0, 2, 3])
    assert rating.rmse(predicted, actual) == pytest.approx(np.sqrt(5 / 3))
    assert rating.mae(predicted, actual) == pytest.approx(1)
    np.testing.assert_allclose(rating.rmse_per_user(predicted, actual, indptr), [np.sqrt(2), 1])
    np.testing.assert_allclose(rating.mae_per_user(predicted, actual, indptr), [1, 1])


def test_coverage_and_popularity_look_at_the_top_k_and_pass_over_the_end_of_a_list():
    lists = np.array([[0, 1, 2], [1, -1, -1], [-1, -1, -1]])
    assert catalogue.coverage(lists, 1, n_items=4) == 0.5
    assert catalogue.coverage(lists, 3, n_items=4) == 0.75
    popularity = np.array([10, 4, 1, 99])
    np.testing.assert_allclose(catalogue.mean_popularity(lists, 2, popularity), [7, 4, np.nan])
