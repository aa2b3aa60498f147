"""Properties of lists in a comparison: intervals, verdicts and directions like those of all other metrics."""

from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.verdicts import BETTER
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.list_context import list_context, with_context
from recsys_core.metrics import METRICS


@pytest.fixture(scope="module")
def split():
    return make_split(generate())


def scored(split, recipe):
    *_, last = recipe.epochs(split.train)
    return evaluate(last.model, split, "validation")


@pytest.fixture(scope="module")
def three(split):
    return [scored(split, recipe) for recipe in (ALGORITHMS["svd"](), ALGORITHMS["ease"](), Popularity())]


@pytest.fixture(scope="module")
def with_properties(split, three):
    """The three with the context of their lists, on data whose tastes are planted."""
    popularity = scored(split, Popularity())
    context = list_context(generate(), split, popularity)
    return [with_context(each, context) for each in three]


@pytest.mark.parametrize("metric", [name for name, each in METRICS.items() if each.kind in ("list", "catalogue")])
def test_a_property_of_lists_has_intervals_and_verdicts_like_all_metrics(with_properties, metric):
    comparison = Comparison("abc", with_properties, metric)
    sign = 1 if METRICS[metric].higher_is_better else -1
    for index, interval in enumerate(comparison.intervals(metric)):
        assert interval.mean == pytest.approx(comparison.overall(metric)[index])
        assert interval.low <= interval.mean <= interval.high
    for (first, second), verdict in comparison.verdicts.items():
        assert verdict.difference.mean == pytest.approx(comparison.means[first] - comparison.means[second])
        if verdict.word == BETTER:
            assert sign * verdict.difference.mean > 0
    assert comparison.means[comparison.best] == sign * max(sign * mean for mean in comparison.means)
    assert comparison.headline.startswith("abc"[comparison.best])


def test_popularity_is_least_novel_and_never_serendipitous(split, with_properties):
    popularity = with_context(scored(split, Popularity()), with_properties[0].context)
    assert popularity.mean("serendipity", 10) == 0
    assert all(popularity.mean("novelty", 10) <= each.mean("novelty", 10) + 1e-12 for each in with_properties)


def test_people_for_whom_a_property_is_not_defined_are_left_out_of_all(with_properties):
    """Without a profile nothing is calibrated; everybody else is judged, person by person."""
    context = with_properties[0].context
    emptied = context.profiles.tolil()
    emptied[:5] = 0
    without = [with_context(each, replace(context, profiles=emptied.tocsr())) for each in with_properties]
    comparison = Comparison("abc", without, "miscalibration")
    assert np.isnan(comparison.values("miscalibration")).any(axis=1).sum() == 5
    expected = comparison.values("miscalibration")[5:].mean(axis=0)
    assert [each.mean for each in comparison.intervals("miscalibration")] == pytest.approx(expected)
    of_whom = f"{comparison.n_users - 5} of {comparison.n_users} people"
    assert of_whom in comparison.intervals_title("miscalibration") and comparison.people("ndcg") != of_whom
    assert f"The {comparison.n_users - 5} people of {comparison.n_users} for whom" in comparison.verdict_rule
    assert without[0].interval("miscalibration", 10).mean == pytest.approx(expected[0])
    assert without[1].difference(without[0], "miscalibration", 10).mean == pytest.approx(expected[1] - expected[0])
    groups = comparison.groups(generate(), make_split(generate()), 1)
    assert all(sum(group.n_users for group in each) == comparison.n_users - 5 for each in groups.values())


@pytest.mark.parametrize("metric", ["popularity", "overlap"])
def test_lists_that_are_empty_for_half_of_the_people_are_no_better(three, metric):
    halved = three[1].top_items.copy()
    halved[::2] = -1
    verdict = Comparison("ab", [three[1], replace(three[1], top_items=halved)], metric).verdicts[1, 0]
    assert verdict.word != BETTER


def test_a_property_that_nobody_has_is_no_metric(with_properties):
    """A list of one item has no pair of items that could be diverse."""
    comparison = Comparison("abc", with_properties, "ndcg", k=1)
    assert "Diversity@1 is defined for nobody here" in comparison.why_not("diversity")
    assert "diversity" not in comparison.known_metrics and "novelty" in comparison.known_metrics
    assert not Comparison("abc", with_properties, "ndcg").why_not("diversity")


def test_attributes_of_people_that_are_loaded_later_are_groups_at_once(split, with_properties):
    dataset, comparison = generate(), Comparison("abc", with_properties, "ndcg")
    before = comparison.groups(dataset, split, 1)
    sexes = tuple("FM"[user % 2] for user in range(split.train.n_users))
    after = comparison.groups(replace(dataset, user_attributes={"sex": sexes}), split, 1)
    assert after.keys() - before.keys() == {"By sex"}
    assert sum(group.n_users for group in after["By sex"]) == comparison.n_users
