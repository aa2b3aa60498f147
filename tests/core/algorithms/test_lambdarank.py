"""LambdaRank earns its name: against BPR as in the paper, uniform negatives and the same number of factors.

Over three seeds each; the real data's binary lists are row P15 of the published results.
"""

from collections.abc import Callable

import numpy as np
import pytest

from recsys_core.algorithms import BPR, LambdaRank
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.rank_items import rank
from recsys_core.metrics import ranking
from recsys_core.metrics.ranked_relevance import RankedRelevance
from tests.published.data import Absent, Cut, ms_split
from tests.small_trainings import run, small_ratings

Measure = Callable[[FactorModel, Cut], float]
AS_IN_THE_PAPER = BPR(negatives="uniform", start="noise")
CHANCE = 0.005  # what another three seeds may move a mean by


def planted(feedback: str) -> list[Cut]:
    cuts = [make_split(generate(SyntheticRecipe(feedback=feedback, seed=s)), SplitRecipe(seed=s)) for s in range(3)]
    return [Cut(*cut.seen_and_held_out("test")) for cut in cuts]


def mean_of(measure: Measure, recipe, cuts: list[Cut]) -> float:
    return float(np.mean([measure(run(recipe, cut.train, seed)[-1].model, cut) for seed, cut in enumerate(cuts)]))


def ndcg(model: FactorModel, cut: Cut) -> float:
    return float(ranking.ndcg(rank(model, cut.train, cut.test, depth=10).relevant, 10).mean())


def graded_ndcg_among_the_rated(model: FactorModel, cut: Cut) -> float:
    """Only each person's rated held-out items are put in order: did the better liked come first?"""
    test: Interactions = cut.test
    best_first = np.lexsort((-model.scores_of(test.users, test.items), test.users))
    ranks = np.empty(test.n_interactions, np.int32)
    ranks[best_first] = np.arange(test.n_interactions) - test.indptr[test.users] + 1
    counts = test.items_per_user[test.items_per_user > 0]
    ranked = RankedRelevance(np.concatenate([[0], np.cumsum(counts)]), ranks, test.values.copy(), counts)
    return float(ranking.ndcg_graded(ranked, 10).mean())


def test_its_curve_rises_and_is_said_to_be_that_of_a_few_people():
    ndcg_of_lists = [epoch.objective for epoch in run(LambdaRank(start="noise", n_epochs=10), small_ratings())]
    assert ndcg_of_lists[-1] > ndcg_of_lists[0]
    assert "up to 300 people" in LambdaRank.caution


def test_on_planted_data_its_lists_are_as_good_as_those_of_bpr():
    cuts = planted("implicit")
    assert mean_of(ndcg, LambdaRank(), cuts) > mean_of(ndcg, AS_IN_THE_PAPER, cuts)


def test_with_graded_gains_it_puts_the_better_liked_of_planted_items_first():
    cuts = planted("explicit")
    ours, bpr = (
        mean_of(graded_ndcg_among_the_rated, recipe, cuts) for recipe in (LambdaRank(gains="graded"), AS_IN_THE_PAPER)
    )
    assert ours > bpr + CHANCE


@pytest.mark.published
def test_with_graded_gains_it_puts_the_better_liked_of_real_films_first():
    try:
        cuts = [ms_split()] * 3
    except Absent as absent:
        pytest.skip(str(absent))
    common = dict(n_factors=8, n_epochs=15)
    ours, bpr = (
        mean_of(graded_ndcg_among_the_rated, recipe, cuts)
        for recipe in (LambdaRank(gains="graded", **common), BPR(negatives="uniform", start="noise", **common))
    )
    assert ours > bpr + CHANCE
