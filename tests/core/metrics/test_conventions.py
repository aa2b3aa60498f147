"""Each convention gives what its library gives, and keeps the laws that tell it from the others."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.errors import InputError
from recsys_core.metrics import METRICS, ranking
from recsys_core.metrics.conventions import CONVENTIONS, leader_changes
from recsys_core.metrics.ranked_relevance import UNRANKED
from recsys_core.metrics.worked_example import worked_user
from tests.worked_examples import ranked_relevance

each_convention = pytest.mark.parametrize("name", CONVENTIONS)


def ndcg(name, ranked, k):
    return CONVENTIONS[name].ndcg(ranked, k)


def mean_ap(name, ranked, k):
    return CONVENTIONS[name].map(ranked, k)


# --- The libraries themselves ----------------------------------------------------------------------------

# Three users with lists of ten: fewer held-out items than k = 5, more than k, and no hit.
THREE_RANKS = [[1, 3, 6], [2, 4, 5, 7, 8, 9, 10], [9]]
THREE_RATINGS = [[4, 5, 2], [1, 5, 3, 2, 4, 5, 3], [5]]
THREE = ranked_relevance(THREE_RANKS, THREE_RATINGS, n_candidates=10)

# What the installed packages of the versions in `Convention.source` returned for these users (NDCG@5, AP@5);
# for Ferrari Dacrema et al., what the functions `ndcg` and `average_precision` of that file returned.
GIVEN_BY_LIBRARY = {
    "scikit_learn": ([0.762578, 0.312905, 0], [0.722222, 0.594728, 0.111111]),
    "recommenders": ([0.703918, 0.491260, 0], [0.555556, 0.320000, 0]),
    "recbole": ([0.703918, 0.491260, 0], [0.555556, 0.320000, 0]),
    "lenskit": ([0.619906, 0.542080, 0], [0.555556, 0.320000, 0]),
    "rectools": ([0.508740, 0.491260, 0], [0.555556, 0.228571, 0]),
    "ferrari_dacrema": ([0.726814, 0.256045, 0], [0.555556, 0.320000, 0]),
}


@pytest.mark.parametrize("name", GIVEN_BY_LIBRARY)
def test_three_users_get_what_the_library_gave_them(name):
    expected_ndcg, expected_map = GIVEN_BY_LIBRARY[name]
    np.testing.assert_allclose(ndcg(name, THREE, 5), expected_ndcg, atol=1e-6)
    np.testing.assert_allclose(mean_ap(name, THREE, 5), expected_map, atol=1e-6)


def random_users(seed, n_users=30, n_items=20):
    """Ranks of held-out items, their ratings of 1 to 5 (to trec_eval a 0 is not relevant), and both together."""
    rng = np.random.default_rng(seed)
    ranks = [rng.choice(n_items, rng.integers(1, n_items), replace=False) + 1 for _ in range(n_users)]
    ratings = [rng.integers(1, 6, len(each)) for each in ranks]
    return ranks, ratings, ranked_relevance(ranks, ratings, n_items)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_trec_eval_itself_agrees(k):
    pytrec_eval = pytest.importorskip("pytrec_eval")
    ranks, ratings, ranked = random_users(k)
    run = {str(u): {f"d{rank}": -float(rank) for rank in range(1, 21)} for u in range(len(ranks))}
    qrels = {
        str(u): {f"d{rank}": int(rating) for rank, rating in zip(*each, strict=True)}
        for u, each in enumerate(zip(ranks, ratings, strict=True))
    }
    found = pytrec_eval.RelevanceEvaluator(qrels, {f"ndcg_cut.{k}", f"map_cut.{k}"}).evaluate(run)
    for function, measure in ((ndcg, f"ndcg_cut_{k}"), (mean_ap, f"map_cut_{k}")):
        theirs = [found[str(u)][measure] for u in range(len(ranks))]
        np.testing.assert_allclose(function("trec_eval", ranked, k), theirs, atol=1e-9)


@pytest.mark.parametrize("k", [1, 3, 10])
def test_scikit_learn_itself_agrees(k):
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    ranks, ratings, ranked = random_users(k + 100)
    relevance = np.zeros((len(ranks), 20))
    for u, (places, values) in enumerate(zip(ranks, ratings, strict=True)):
        relevance[u, places - 1] = values
    scores = -np.arange(20.0)
    by_user = [sklearn_metrics.ndcg_score(row[None], scores[None], k=k) for row in relevance]
    np.testing.assert_allclose(ndcg("scikit_learn", ranked, k), by_user, atol=1e-12)
    by_user = [sklearn_metrics.average_precision_score(row > 0, scores) for row in relevance]
    np.testing.assert_allclose(mean_ap("scikit_learn", ranked, k), by_user, atol=1e-12)


# --- What the libraries print in their own documentation and tests ----------------------------------------


def test_rectools_prints_these_in_the_docstrings_of_ndcg_and_map():
    ranked = ranked_relevance([[UNRANKED, UNRANKED], [1], [1, 3, 4], [1, 2, 3]])
    np.testing.assert_allclose(ndcg("rectools", ranked, 1), [0, 1, 1, 1])
    np.testing.assert_allclose(ndcg("rectools", ranked, 3), [0, 0.46927873, 0.70391809, 1], atol=1e-8)
    np.testing.assert_allclose(mean_ap("rectools", ranked, 1), [0, 1, 1 / 3, 1 / 3], atol=1e-8)
    np.testing.assert_allclose(mean_ap("rectools", ranked, 3), [0, 1, 0.55555556, 1], atol=1e-8)


def test_recbole_expects_these_in_test_topk_metrics():
    # pos_idx [0, 0, 0], [1, 1, 1], [1, 0, 1], [0, 0, 1] with pos_len 1, 3, 4, 2; columns are k = 1, 2, 3.
    ranked = ranked_relevance([[UNRANKED], [1, 2, 3], [1, 3, UNRANKED, UNRANKED], [3, UNRANKED]])
    second, third = 1 / math.log2(3), 1 / 2
    expected_ndcg = [[0, 0, 0], [1, 1, 1], [1, 1 / (1 + second), 1.5 / (1 + second + third)]]
    expected_ndcg.append([0, 0, third / (1 + second)])
    expected_map = [[0, 0, 0], [1, 1, 1], [1, 1 / 2, (1 + 2 / 3) / 3], [0, 0, (1 / 3) / 2]]
    for k in (1, 2, 3):
        np.testing.assert_allclose(ndcg("recbole", ranked, k), [row[k - 1] for row in expected_ndcg])
        np.testing.assert_allclose(mean_ap("recbole", ranked, k), [row[k - 1] for row in expected_map])


def test_lenskit_expects_these_in_test_rank_map_and_test_rank_ndcg():
    found = mean_ap("lenskit", ranked_relevance([[1, 3], [2, UNRANKED], [1, 3, 5], [4, 5, UNRANKED]]), 3)
    np.testing.assert_allclose(found, [(1 + 2 / 3) / 2, 1 / 4, (1 + 2 / 3) / 3, 0])
    found = ndcg("lenskit", ranked_relevance([[1, 2, UNRANKED]], [[3, 5, 4]]), 2)
    np.testing.assert_allclose(found, [1])


def test_ferrari_dacrema_and_others_expect_these_in_metrics_test():
    log2, gain = math.log2, lambda rating: 2**rating - 1
    ideal = gain(5) / log2(2) + gain(4) / log2(3) + gain(3) / log2(4) + gain(2) / log2(5)
    ratings = [[5, 4, 3, 2]] * 3
    ranked = ranked_relevance([[2, 4, 5, UNRANKED], [3, 4, 2, 1], [UNRANKED] * 4], ratings, 10)
    first = gain(5) / log2(3) + gain(4) / log2(5) + gain(3) / log2(6)
    second = gain(2) / log2(2) + gain(3) / log2(3) + gain(5) / log2(4) + gain(4) / log2(5)
    np.testing.assert_allclose(ndcg("ferrari_dacrema", ranked, 5), [first / ideal, second / ideal, 0])
    found = mean_ap("ferrari_dacrema", ranked, 5)
    np.testing.assert_allclose(found, [(1 / 2 + 2 / 4 + 3 / 5) / 4, 1, 0])
    ranked = ranked_relevance([[7, 8, 9, 10], [1, 7, 8, 9]])
    expected = [(1 / 7 + 2 / 8 + 3 / 9 + 4 / 10) / 4, (1 + 2 / 7 + 3 / 8 + 4 / 9) / 4]
    np.testing.assert_allclose(mean_ap("ferrari_dacrema", ranked, 10), expected)


def test_scikit_learn_prints_these_in_its_docstrings():
    assert ndcg("scikit_learn", ranked_relevance([[5, 2, 1]], [[10, 1, 5]], 5), 5)[0] == pytest.approx(0.6957, abs=1e-4)
    assert mean_ap("scikit_learn", ranked_relevance([[1, 3]], n_candidates=4), 1)[0] == pytest.approx(0.8333, abs=1e-4)


# --- Plain loops ------------------------------------------------------------------------------------------

GAINS = {"trec_eval": lambda rating: rating, "scikit_learn": lambda rating: rating}
GAINS["ferrari_dacrema"] = lambda rating: 2.0**rating - 1


def slow_ndcg(name, user, k):
    """`user` is {rank: rating}."""
    gain = GAINS.get(name, lambda rating: 1.0)

    def discount(rank):
        if name == "lenskit":
            return 1.0 if rank <= 2 else 1 / math.log2(rank)
        return 1 / math.log2(rank + 1)

    ideal_list = sorted((gain(rating) for rating in user.values()), reverse=True)
    if name == "rectools":
        ideal_list = [1.0] * k
    elif name != "ferrari_dacrema":
        ideal_list = ideal_list[:k]
    ideal = sum(value * discount(place) for place, value in enumerate(ideal_list, start=1))
    reached = sum(gain(rating) * discount(rank) for rank, rating in user.items() if rank <= k)
    return reached / ideal if ideal else 0.0


def slow_ap(name, user, k):
    depth = 10**9 if name == "scikit_learn" else k
    total = 0.0
    for rank in user:
        if rank <= depth:
            total += sum(other <= rank for other in user) / rank
    over_all = name in ("trec_eval", "scikit_learn", "rectools")
    return total / (len(user) if over_all else min(k, len(user)))


N_CANDIDATES = 12
one_user = st.dictionaries(st.integers(1, N_CANDIDATES), st.integers(0, 5), min_size=1)
some_users = st.lists(one_user, min_size=1, max_size=5)
cutoffs = st.integers(1, N_CANDIDATES + 3)


def drawn(users, ratings=None):
    """RankedRelevance of users who are {rank: rating}."""
    ratings = [list(user.values()) for user in users] if ratings is None else ratings
    return ranked_relevance([list(user) for user in users], ratings, N_CANDIDATES)


def yes_or_no(users):
    return drawn(users, [[1] * len(user) for user in users])


@each_convention
@settings(max_examples=60, deadline=None)
@given(users=some_users, k=cutoffs)
def test_every_convention_equals_its_plain_loop(name, users, k):
    ranked = drawn(users)
    np.testing.assert_allclose(ndcg(name, ranked, k), [slow_ndcg(name, user, k) for user in users], atol=1e-6)
    np.testing.assert_allclose(mean_ap(name, ranked, k), [slow_ap(name, user, k) for user in users], atol=1e-12)


# --- Laws -------------------------------------------------------------------------------------------------


@each_convention
@settings(max_examples=40, deadline=None)
@given(users=some_users, k=cutoffs)
def test_every_value_lies_in_0_to_1(name, users, k):
    ranked = drawn(users)
    for values in (ndcg(name, ranked, k), mean_ap(name, ranked, k)):
        assert values.shape == (len(users),)
        assert np.all((values >= 0) & (values <= 1 + 1e-12))


@settings(max_examples=60, deadline=None)
@given(users=some_users, k=cutoffs)
def test_what_can_be_reached_orders_the_conventions(users, k):
    ranked = yes_or_no(users)
    few = ranked.n_relevant <= k
    cut, of_k, not_cut = (ndcg(name, ranked, k) for name in ("recbole", "rectools", "ferrari_dacrema"))
    assert np.all(of_k <= cut + 1e-12) and np.all(not_cut <= cut + 1e-12)
    np.testing.assert_allclose(not_cut[few], cut[few], atol=1e-12)
    np.testing.assert_allclose(of_k[ranked.n_relevant >= k], cut[ranked.n_relevant >= k], atol=1e-12)
    over_cut, over_all, whole = (mean_ap(name, ranked, k) for name in ("recbole", "trec_eval", "scikit_learn"))
    assert np.all(over_all <= over_cut + 1e-12) and np.all(over_all <= whole + 1e-12)
    np.testing.assert_allclose(over_all[few], over_cut[few], atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(users=some_users, k=cutoffs)
def test_where_the_data_say_yes_or_no_and_nobody_has_more_than_k_four_kinds_of_ndcg_are_one(users, k):
    ranked = yes_or_no([user for user in users if len(user) <= k] or [{1: 1}])
    ours = ranking.ndcg(ranked, k)
    for name in ("trec_eval", "scikit_learn", "recommenders", "recbole", "ferrari_dacrema"):
        np.testing.assert_allclose(ndcg(name, ranked, k), ours, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(users=some_users, k=cutoffs)
def test_the_metrics_of_this_app_are_among_the_conventions(users, k):
    ranked = drawn(users)
    np.testing.assert_allclose(ndcg("recbole", ranked, k), ranking.ndcg(ranked, k), atol=1e-12)
    np.testing.assert_allclose(ndcg("trec_eval", ranked, k), ranking.ndcg_linear(ranked, k), atol=1e-12)
    np.testing.assert_allclose(mean_ap("recbole", ranked, k), ranking.average_precision(ranked, k), atol=1e-12)
    binary = yes_or_no(users)
    np.testing.assert_allclose(ndcg("ferrari_dacrema", binary, k), ranking.ndcg_uncut_ideal(binary, k), atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(user=one_user, k=cutoffs)
def test_a_longer_look_never_lowers_the_sums_that_are_divided_by_a_constant(user, k):
    ranked = drawn([user])
    for name, function in (("ferrari_dacrema", ndcg), ("trec_eval", mean_ap), ("rectools", mean_ap)):
        assert function(name, ranked, k + 1) >= function(name, ranked, k) - 1e-12
    assert mean_ap("scikit_learn", ranked, k + 1) == mean_ap("scikit_learn", ranked, k)


@settings(max_examples=40, deadline=None)
@given(user=one_user, k=st.integers(2, N_CANDIDATES))
def test_to_lenskit_the_first_two_places_are_alike(user, k):
    swapped = {{1: 2, 2: 1}.get(rank, rank): rating for rank, rating in user.items()}
    here, there = (ndcg("lenskit", drawn([each]), k) for each in (user, swapped))
    assert here == pytest.approx(there)


# --- One user taken apart ----------------------------------------------------------------------------------


@each_convention
@settings(max_examples=40, deadline=None)
@given(users=some_users, k=cutoffs, data=st.data())
def test_the_terms_of_one_user_add_up_to_the_value(name, users, k, data):
    ranked = drawn(users)
    user = data.draw(st.integers(0, len(users) - 1))
    worked = worked_user(CONVENTIONS[name], ranked, user, k)
    assert worked.ndcg == pytest.approx(ndcg(name, ranked, k)[user])
    assert worked.average_precision == pytest.approx(mean_ap(name, ranked, k)[user])
    hits = sorted(rank for rank in users[user] if rank <= k)
    assert worked.hits.ranks.tolist() == hits
    assert worked.hits.relevance.tolist() == [users[user][rank] for rank in hits]
    np.testing.assert_allclose(worked.hits.term, worked.hits.gain * worked.hits.discount)
    assert np.all(np.diff(worked.ideal.relevance) <= 0)


def test_a_worked_user_by_hand():
    worked = worked_user(CONVENTIONS["ferrari_dacrema"], THREE, 0, 5)
    assert worked.hits.ranks.tolist() == [1, 3] and worked.hits.relevance.tolist() == [4, 5]
    np.testing.assert_allclose(worked.hits.gain, [15, 31])
    np.testing.assert_allclose(worked.hits.term, [15, 15.5])
    np.testing.assert_allclose(worked.hits.cumulative, [15, 30.5])
    np.testing.assert_allclose(worked.ideal.gain, [31, 15, 3])
    np.testing.assert_allclose(worked.precisions, [1, 2 / 3])
    assert worked.ap_divisor == 3


@each_convention
def test_what_cannot_be_measured_is_refused(name):
    with pytest.raises(InputError, match="k must be at least 1"):
        ndcg(name, THREE, 0)
    with pytest.raises(InputError, match="k must be at least 1"):
        worked_user(CONVENTIONS[name], THREE, 0, 0)
    with pytest.raises(InputError, match="must lie in 0 to 2"):
        worked_user(CONVENTIONS[name], THREE, 3, 5)


# --- Which run wins ----------------------------------------------------------------------------------------


def test_a_change_of_the_winner_is_seen():
    # One run finds the item rated 1 at rank 1, the other the item rated 5 at rank 2.
    runs = [ranked_relevance([ranks], [[1, 5]]) for ranks in ([1, UNRANKED], [UNRANKED, 2])]
    values = {name: [ndcg(name, run, 3).mean() for run in runs] for name in CONVENTIONS}
    changed = {name for name, is_changed in leader_changes(values, "recbole").items() if is_changed}
    assert changed == {"trec_eval", "scikit_learn", "ferrari_dacrema"}


def test_no_change_is_reported_while_the_winner_shares_the_first_place():
    values = {"recbole": [0.3, 0.2], "lenskit": [0.25, 0.25 + 1e-15], "rectools": [0.1, 0.2]}
    assert leader_changes(values, "recbole") == {"recbole": False, "lenskit": False, "rectools": True}


def test_metrics_that_are_a_convention_have_its_formula():
    for name, (convention, metric) in {
        "ndcg": ("recbole", "ndcg"),
        "map": ("recbole", "map"),
        "ndcg_linear": ("trec_eval", "ndcg"),
        "map_over_relevant": ("trec_eval", "map"),
    }.items():
        formula = CONVENTIONS[convention].functions[metric].formula
        assert METRICS[name].formula == re.sub(r"\bk\b", "N", formula), name
    assert all(metric.formula and metric.meaning for metric in METRICS.values())
