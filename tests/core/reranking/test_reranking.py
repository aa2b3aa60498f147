"""Re-ranked lists: against plain loops of the papers' greedy rules, and their laws."""

import math

import numpy as np
import pytest

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.evaluation.rank_items import top_items
from recsys_core.metrics.beyond_accuracy import attribute_shares, intra_list_diversity, miscalibration
from recsys_core.reranking import greedy
from recsys_core.reranking.candidates import Candidates
from recsys_core.reranking.greedy import rerank_for_calibration, rerank_for_diversity

M, N, DEPTH, K = 30, 60, 20, 6


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(5)
    users, items = np.nonzero(rng.random((M, N)) < 0.15)
    seen = Interactions.from_triples(users, items, np.ones(len(users)), M, N)
    model = FactorModel(
        rng.normal(size=(M, 4)).astype(np.float32), rng.normal(size=(N, 4)).astype(np.float32),
        np.zeros(M, np.float32), np.zeros(N, np.float32),
    )  # fmt: skip
    attributes = (rng.random((N, 5)) < 0.3).astype(float)
    return model, seen, attributes, Candidates.of(model, seen, np.arange(M), DEPTH)


def unit(vector):
    length = math.sqrt(float(vector @ vector))
    return vector / length if length else vector


def by_loop(candidates, user, gain):
    """Greedily the item with the largest `gain(item, score, chosen)`; of equals the first."""
    pool = [(int(i), s) for i, s in zip(candidates.items[user], candidates.scores[user], strict=True) if i >= 0]
    chosen = []
    while pool and len(chosen) < K:
        best = max(range(len(pool)), key=lambda at: gain(*pool[at], chosen))
        chosen.append(pool.pop(best)[0])
    return chosen


@pytest.mark.parametrize("trade", [0.0, 0.3, 0.8, 1.0])
def test_diversity_follows_carbonell_and_goldstein(drawn, trade, monkeypatch):
    _, _, attributes, candidates = drawn
    monkeypatch.setattr(greedy, "_BLOCK_CELLS", 700)  # several blocks
    ours = rerank_for_diversity(candidates, attributes, trade, K)

    def gain(item, score, chosen):
        likeness = max((float(unit(attributes[item]) @ unit(attributes[other])) for other in chosen), default=0.0)
        return round((1 - trade) * score - trade * likeness, 12)

    if trade < 1:  # at 1 many are exactly equal but for rounding
        for user in range(M):
            assert ours[user].tolist() == by_loop(candidates, user, gain)


@pytest.mark.parametrize("trade", [0.0, 0.3, 0.9])
def test_calibration_follows_steck(drawn, trade):
    _, seen, attributes, candidates = drawn
    ours = rerank_for_calibration(candidates, seen, attributes, trade, K)
    shares = attribute_shares(attributes)
    for user in range(M):
        profile = shares[seen.items[seen.of(user)]].mean(axis=0)

        def gain(item, score, chosen, profile=profile):
            given = shares[[*chosen, item]].mean(axis=0)
            smooth = 0.99 * given + 0.01 * profile
            divergence = sum(p * math.log(p / q) for p, q in zip(profile, smooth, strict=True) if p > 0)
            return (1 - trade) * score - trade * divergence

        assert ours[user].tolist() == by_loop(candidates, user, gain)


def test_at_0_both_are_the_models_own_lists(drawn):
    model, seen, attributes, candidates = drawn
    expected = top_items(model, seen, np.arange(M), K)
    np.testing.assert_array_equal(rerank_for_diversity(candidates, attributes, 0, K), expected)
    np.testing.assert_array_equal(rerank_for_calibration(candidates, seen, attributes, 0, K), expected)


def test_the_dial_moves_what_it_says(drawn):
    _, seen, attributes, candidates = drawn
    diverse = [intra_list_diversity(rerank_for_diversity(candidates, attributes, t, K), K, attributes).mean()
               for t in (0, 0.5, 1)]  # fmt: skip
    far = [miscalibration(rerank_for_calibration(candidates, seen, attributes, t, K), K, seen.binary, attributes).mean()
           for t in (0, 0.5, 1)]  # fmt: skip
    assert diverse[0] < diverse[1] <= diverse[2] + 0.02
    assert far[0] > far[1] and far[0] > far[2]


def test_filters_leave_out_and_close_up(drawn):
    _, _, attributes, candidates = drawn
    allowed = attributes[:, 0] > 0
    kept = candidates.keep(allowed)
    for user in range(M):
        expected = [i for i in candidates.items[user] if i >= 0 and allowed[i]]
        assert [i for i in kept.items[user] if i >= 0] == expected


def test_at_most_so_many_of_an_attribute(drawn):
    _, _, attributes, candidates = drawn
    capped = candidates.cap_groups(attributes, 2, K)
    for user in range(M):
        chosen, counts = [], np.zeros(5)
        for item in candidates.items[user]:
            if item >= 0 and len(chosen) < K and not np.any((attributes[item] > 0) & (counts >= 2)):
                chosen.append(item)
                counts += attributes[item] > 0
        assert [i for i in capped.items[user] if i >= 0] == chosen


def test_a_user_with_fewer_candidates_than_k_gets_a_shorter_list(drawn):
    _, seen, attributes, candidates = drawn
    few = candidates.keep(np.arange(N) < 8)
    for ours in (
        rerank_for_diversity(few, attributes, 0.5, K),
        rerank_for_calibration(few, seen, attributes, 0.5, K),
    ):
        for user in range(M):
            assert sorted(i for i in ours[user] if i >= 0) == sorted(
                set(ours[user].tolist()) & set(few.items[user].tolist()) - {-1}
            )
            assert np.sum(ours[user] >= 0) == min(K, np.sum(few.items[user] >= 0))


def test_a_dial_beyond_its_ends_is_refused(drawn):
    _, _, attributes, candidates = drawn
    with pytest.raises(InputError, match="0 to 1"):
        rerank_for_diversity(candidates, attributes, 1.2, K)
