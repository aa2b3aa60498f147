"""Ranking the top alone gives the ranks of the whole list, as far as the top goes."""

import numpy as np
import pytest

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.evaluation.list_context import list_context, with_context
from recsys_core.evaluation.rank_items import rank
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.metrics import METRICS
from recsys_core.metrics.ranked_relevance import UNRANKED
from recsys_core.metrics.ranking import ndcg


def scored_by(scores: np.ndarray) -> FactorModel:
    """A model with these scores (m, n)."""
    return FactorModel.of(np.eye(len(scores)), scores.T)


@pytest.mark.parametrize("n_values", [2, 5, 40, 4000, 10**6], ids=lambda count: f"{count} distinct scores")
@pytest.mark.parametrize(
    ("n_items", "depth"), [(40, 10), (40, 39), (40, 40), (7, 10), (300, 10), (1100, 1), (1500, 10), (1500, 63)]
)
def test_the_top_is_that_of_the_whole_list(n_values, n_items, depth):
    """Ties included, at the edge of the top and far below it."""
    rng = np.random.default_rng(n_values + n_items + depth)
    scores = rng.integers(n_values, size=(50, n_items)).astype(float)
    part = rng.choice(4, p=[0.5, 0.2, 0.2, 0.1], size=scores.shape)
    part[1, 5:] = 0  # somebody has nearly everything
    part[:, 0] = 1  # somebody's without anything held out would not be ranked
    sides = [np.nonzero(part == which) for which in (0, 1)]
    seen, held_out = (Interactions.from_triples(*side, np.ones(len(side[0])), *scores.shape) for side in sides)
    whole, top = (rank(scored_by(scores), seen, held_out, depth=depth, top_only=only) for only in (False, True))
    np.testing.assert_array_equal(top.top_items, whole.top_items)
    ranks = whole.relevant.ranks
    np.testing.assert_array_equal(top.relevant.ranks, np.where(ranks <= depth, ranks, UNRANKED))
    np.testing.assert_array_equal(ndcg(top.relevant, depth), ndcg(whole.relevant, depth))
    np.testing.assert_array_equal(top.held_out_scores, whole.held_out_scores)


def test_only_metrics_of_all_ranks_need_more_than_the_top():
    dataset = generate(SyntheticRecipe(n_users=60, n_items=3 * TOP_DEPTH))
    split = make_split(dataset)
    whole, top = (evaluate_reference_models(dataset, split, "test", top_only=only) for only in (False, True))
    context = list_context(dataset, split, top["Popularity"])
    for name, expected in whole.items():
        expected, ours = (with_context(each, context) for each in (expected, top[name]))
        assert np.any(ours.relevant.ranks == UNRANKED) and ours.n_left_out == expected.n_left_out
        known = [metric for metric, each in METRICS.items() if not each.why_not(expected)]
        assert {metric for metric in known if METRICS[metric].why_not(ours)} == {"auc"} and len(known) > 15
        for metric in set(known) - {"auc"}:
            for k in (1, 10, TOP_DEPTH):
                np.testing.assert_array_equal(
                    ours.per_user(metric, k), expected.per_user(metric, k), f"{name} {metric}"
                )
