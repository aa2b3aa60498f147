"""The sentence on the price of re-ranked lists: directions, digits, and what may be chance."""

import re

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.reranked import Reranked
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.price import change, price_sentence, price_table
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.list_context import list_context, with_context
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.reranking.rerank import find_candidates, rerank


@pytest.fixture(scope="module")
def compared():
    """compared(recipe, metric) compares EASE with its re-ranked lists."""
    dataset = generate(SyntheticRecipe(n_users=300, n_items=200, seed=1))
    split = make_split(dataset)
    context = list_context(dataset, split, evaluate_reference_models(dataset, split, "validation")["Popularity"])
    *_, last = ALGORITHMS["ease"]().epochs(split.train)
    before = with_context(evaluate(last.model, split, "validation"), context)

    def compare(recipe, metric):
        candidates = find_candidates(last.model, dataset, split, "validation", recipe)
        after = evaluate(rerank(candidates, dataset, split, recipe, context), split, "validation")
        return Comparison(["EASE", "re-ranked"], [before, with_context(after, context)], metric, 10)

    return compare


@pytest.mark.parametrize(("aim", "metric", "direction"), [("diversity", "diversity", "rises"),
                                                          ("calibration", "miscalibration", "falls")])  # fmt: skip
def test_the_aim_is_reached_at_a_price(compared, aim, metric, direction):
    accuracy, reached = (compared(Reranked(aim=aim, dial=0.7), name) for name in ("ndcg", metric))
    sentence = price_sentence(accuracy, reached)
    low, high = (float(text) for text in re.search(r"from ([\d.]+) to ([\d.]+);", sentence).groups())
    before, after = (each.mean for each in reached.intervals(metric))
    assert (low, high) == pytest.approx((before, after), abs=0.006) and f" {direction} from" in sentence
    difference = np.subtract(*(each.per_user("ndcg", 10) for each in reversed(accuracy.evaluations)))
    assert change(accuracy).mean == pytest.approx(difference.mean())
    assert change(accuracy).high < 0 and re.search(r"NDCG@10 falls by 0\.\d+ \(0\.\d+ to 0\.\d+\)\.$", sentence)


def test_what_changes_nothing_is_said_so_and_what_may_be_chance_too(compared):
    assert price_sentence(compared(Reranked(), "ndcg"), None) == "NDCG@10 stays the same for everybody."
    hardly = compared(Reranked(aim="diversity", dial=0.02), "ndcg")
    assert change(hardly).low <= 0 <= change(hardly).high
    assert price_sentence(hardly, None).endswith("which may be chance.")


def test_the_table_says_which_way_is_better(compared):
    recipe = Reranked(aim="calibration", dial=0.5)
    table = price_table([compared(recipe, "ndcg"), compared(recipe, "miscalibration")])
    assert table["measure"] == ["NDCG@10", "Miscalibration@10 (lower is better)"]
    assert table["verdict"][1] == "▲ better" and table["difference"][1].startswith("−")
