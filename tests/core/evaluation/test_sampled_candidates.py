"""Ranking among given candidates: against a loop, and what becomes of equal scores and of the item itself."""

import numpy as np
import pytest

from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.reference_models import Random
from recsys_core.errors import InputError
from recsys_core.evaluation import rank_items as ranking_module
from recsys_core.evaluation.sampled_candidates import TIES, rank_candidates
from recsys_core.metrics import ranking
from tests.small_trainings import run, small_ratings


def model_of(table) -> FactorModel:
    """A recommender with these (m, n) scores."""
    table = np.asarray(table, float)
    return FactorModel.of(table, np.eye(table.shape[1]))


def rank_by_loop(row, positive, candidates, ties):
    rivals = set(candidates.tolist()) - {positive}
    above = sum(row[item] > row[positive] for item in rivals)
    equal = sum(row[item] == row[positive] for item in rivals)
    return 1 + above + {"pessimistic": equal, "optimistic": 0, "realistic": equal / 2}[ties]


@pytest.mark.parametrize("cells", [1, 2**19], ids=["one by one", "together"])
@pytest.mark.parametrize("ties", TIES)
def test_every_rank_equals_that_of_a_loop(ties, cells, monkeypatch):
    monkeypatch.setattr(ranking_module, "BLOCK_CELLS", cells)
    rng = np.random.default_rng(0)
    table = rng.integers(0, 6, (20, 30))  # many scores are equal
    users, positives = rng.integers(0, 20, 50), rng.integers(0, 30, 50)
    candidates = rng.integers(0, 30, (50, 9))  # repeated ones, and the held-out item, among them
    assert any(len(set(row)) < 9 for row in candidates.tolist()) and np.any(candidates == positives[:, None])
    ranked = rank_candidates(model_of(table), users, positives, candidates, ties)
    expected = [rank_by_loop(table[u], i, row, ties) for u, i, row in zip(users, positives, candidates, strict=True)]
    np.testing.assert_array_equal(ranked.ranks, expected)
    np.testing.assert_array_equal(ranked.n_relevant, 1)
    sizes = [len({i, *row}) for i, row in zip(positives.tolist(), candidates.tolist(), strict=True)]
    np.testing.assert_array_equal(ranked.n_candidates, sizes)


def test_who_scores_everything_alike_finds_nothing_everything_or_stands_in_the_middle():
    everyone, nothing = np.arange(60), run(Random(), small_ratings())[-1].model
    candidates = np.tile(np.arange(1, 40), (60, 1))
    first = {ties: rank_candidates(nothing, everyone, np.zeros(60, int), candidates, ties).ranks[0] for ties in TIES}
    assert first == {"pessimistic": 40, "optimistic": 1, "realistic": 20.5}


def test_mean_ranks_serve_every_metric_and_their_auc_is_that_of_a_coin_where_all_is_equal():
    model = model_of(np.zeros((1, 4)))
    ranked = rank_candidates(model, [0], [0], [[1, 2, 3]], "realistic")
    assert ranked.ranks.tolist() == [2.5]
    assert ranking.auc(ranked)[0] == 0.5
    assert ranking.reciprocal_rank(ranked, 3)[0] == pytest.approx(1 / 2.5)
    assert ranking.average_precision(ranked, 3)[0] == pytest.approx(1 / 2.5)
    assert ranking.ndcg(ranked, 3)[0] == pytest.approx(1 / np.log2(3.5))
    assert (ranking.hit_rate(ranked, 2)[0], ranking.hit_rate(ranked, 3)[0]) == (0, 1)


@pytest.mark.parametrize("ties", TIES)
def test_the_held_out_item_is_no_rival_of_itself(ties):
    """As in 156 lines of the published candidates for MovieLens 1M."""
    ranked = rank_candidates(model_of([[5, 1, 9]]), [0], [0], [[0, 1]], ties)
    assert ranked.ranks.tolist() == [1]
    assert ranked.n_candidates.tolist() == [2]


def test_a_repeated_candidate_is_one_rival():
    ranked = rank_candidates(model_of([[0.1, 0.9, 0.5, 0.2]]), [0], [2], [[1, 3, 1]])
    assert (ranked.ranks.tolist(), ranked.n_candidates.tolist()) == ([2], [3])
    assert ranking.ndcg(ranked, 10)[0] == pytest.approx(1 / np.log2(3))
    assert (ranking.reciprocal_rank(ranked, 10)[0], ranking.auc(ranked)[0]) == (0.5, 0.5)


def test_candidates_drawn_with_replacement_score_as_the_set_of_them():
    rng = np.random.default_rng(0)
    table, users = rng.normal(size=(200, 60)), np.arange(200)
    positives, drawn = rng.integers(0, 60, 200), rng.integers(0, 60, (200, 40))
    together = rank_candidates(model_of(table), users, positives, drawn)
    for user, item, row in zip(users, positives, drawn, strict=True):
        alone = rank_candidates(model_of(table), [user], [item], [np.unique(row)])
        assert alone.ranks[0] == together.ranks[user] and alone.n_candidates[0] == together.n_candidates[user]


def test_what_cannot_be_ranked_is_refused():
    model = model_of(np.zeros((2, 3)))
    with pytest.raises(
        InputError, match=r"'ties' must be one of 'pessimistic', 'optimistic', 'realistic'\. Got 'best'\."
    ):
        rank_candidates(model, [0], [0], [[1]], ties="best")
    with pytest.raises(InputError, match=r"one row of candidates\. Got 2 users, 1 items"):
        rank_candidates(model, [0, 1], [0], [[1]])
    with pytest.raises(InputError, match="one row of candidates"):
        rank_candidates(model, [], [], np.zeros((0, 3), int))
    with pytest.raises(InputError, match=r"Every item index must lie in 0 to 2\. Got 0 to 3\."):
        rank_candidates(model, [0], [0], [[3]])
    with pytest.raises(InputError, match=r"Every user index must lie in 0 to 1\. Got 2 to 2\."):
        rank_candidates(model, [2], [0], [[1]])
    with pytest.raises(InputError, match="finite number"):
        rank_candidates(model_of([[np.nan, 1]]), [0], [0], [[1]])
