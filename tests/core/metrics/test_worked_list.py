"""What is taken apart adds up to what the metric says."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.list_context import list_context, with_context
from recsys_core.factors.item_attributes import item_attributes
from recsys_core.metrics import METRICS
from recsys_core.metrics.worked_list import worked_list

OF_LISTS = [name for name, metric in METRICS.items() if metric.kind == "list"]


@pytest.fixture(scope="module")
def scored():
    dataset = generate()
    split = make_split(dataset)
    *_, popular = Popularity().epochs(split.train)
    context = list_context(dataset, split, evaluate(popular.model, split, "validation"))
    *_, last = ImplicitALS(n_epochs=3).epochs(split.train)
    names, _ = item_attributes(dataset)
    return with_context(evaluate(last.model, split, "validation"), context), context, names


@pytest.mark.parametrize("metric", OF_LISTS)
@pytest.mark.parametrize("k", [1, 5, 10])
def test_a_worked_value_is_that_of_the_metric(scored, metric, k):
    evaluation, context, names = scored
    values = evaluation.per_user(metric, k)
    for position in (0, 7, 50):
        if not np.isnan(values[position]):
            worked = worked_list(metric, evaluation, context, position, k, names)
            assert worked.value == pytest.approx(values[position], abs=1e-9)
            assert worked.rows and len({tuple(row) for row in worked.rows}) == 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("metric", OF_LISTS)
def test_where_a_metric_is_undefined_it_is_said_why(scored, metric):
    evaluation, context, names = scored
    nobody_chose = replace(context, profiles=context.profiles * 0)
    nobody_chose.profiles.eliminate_zeros()
    lists = evaluation.top_items.copy()
    lists[0] = lists[1, 1:] = -1
    cut = replace(evaluation, top_items=lists)
    cases = ((0, context, "is empty"), (1, context, "single item"), (2, nobody_chose, "chose nothing"))
    for position, of, why in cases:
        worked = worked_list(metric, replace(cut, context=of), of, position, 10, names)
        value = replace(cut, context=of).per_user(metric, 10)[position]
        assert worked.value == pytest.approx(value, nan_ok=True)
        if np.isnan(value):
            assert why in worked.sentence and not worked.rows


def test_an_item_that_everybody_has_adds_0_and_not_minus_0(scored):
    evaluation, context, names = scored
    known_to_all = replace(evaluation, popularity=np.full_like(evaluation.popularity, context.n_train_users))
    worked = worked_list("novelty", known_to_all, context, 0, 3, names)
    assert worked.sentence.startswith("(0.000 + 0.000 + 0.000) / 3 = 0.000 bits")
