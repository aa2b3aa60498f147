"""The NDCG calculator: the exercise, hand-worked lists, the metrics it must agree with, and what it refuses."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core.errors import InputError
from recsys_core.figures.calculator import stacked_terms
from recsys_core.figures.palette import GREY, RUNS
from recsys_core.metrics import ranking
from recsys_core.metrics.calculator import GAINS, LONGEST, calculate, parse_relevances
from recsys_core.metrics.ranked_relevance import UNRANKED
from tests.worked_examples import ranked_relevance


def test_the_exercise_has_a_dcg_of_12_78_and_an_ideal_of_13_35():
    done = calculate(parse_relevances("3, 2, 3, 0, 1"))
    assert done.reached.dcg == pytest.approx(12.7796, abs=5e-5)
    assert done.ideal.dcg == pytest.approx(13.3472, abs=5e-5)
    assert done.ndcg == pytest.approx(0.9575, abs=5e-5)
    assert done.average_precision == pytest.approx((1 + 1 + 1 + 4 / 5) / 4)


def test_the_exercise_term_by_term():
    table = calculate([3, 2, 3, 0, 1]).table()
    log2 = np.log2([2, 3, 4, 5, 6])
    assert table["rank"].tolist() == [1, 2, 3, 4, 5]
    assert table["relevance"].tolist() == [3, 2, 3, 0, 1]
    assert table["gain"].tolist() == [7, 3, 7, 0, 1]
    np.testing.assert_allclose(table["discount"], 1 / log2)
    np.testing.assert_allclose(table["term"], [7, 3, 7, 0, 1] / log2)
    np.testing.assert_allclose(table["DCG so far"], np.cumsum([7, 3, 7, 0, 1] / log2))
    assert table["ideal relevance"].tolist() == [3, 3, 2, 1, 0]
    np.testing.assert_allclose(table["ideal term"], [7, 7, 3, 1, 0] / log2)
    assert table["ideal DCG so far"].iloc[-1] == pytest.approx(13.3472, abs=5e-5)
    np.testing.assert_allclose(table["precision"], [1, 1, 1, 3 / 4, 4 / 5])


def test_wikipedias_example_in_which_the_list_lacks_two_relevant_items():
    # Discounted cumulative gain: DCG 6.861, ideal DCG 8.740, NDCG 0.785, with the relevance itself as gain.
    done = calculate([3, 2, 3, 0, 1, 2], missed=[3, 2], gain="linear")
    assert (done.reached.dcg, done.ideal.dcg, done.ndcg) == pytest.approx((6.861, 8.740, 0.785), abs=5e-4)
    assert done.ideal.relevance.tolist() == [3, 3, 3, 2, 2, 2]


relevances = st.lists(st.integers(0, 5), min_size=1, max_size=12)
missed_ones = st.lists(st.integers(1, 5), max_size=5)


@settings(max_examples=80, deadline=None)
@given(given=relevances, missed=missed_ones)
def test_it_agrees_with_the_metrics_of_the_same_list(given, missed):
    relevant = [(place, value) for place, value in enumerate(given, start=1) if value] + [(UNRANKED, v) for v in missed]
    if not relevant:
        return
    ranked = ranked_relevance([[place for place, _ in relevant]], [[value for _, value in relevant]])
    k = len(given)
    exponential, linear = (calculate(given, missed, gain=gain) for gain in ("exponential", "linear"))
    assert exponential.ndcg == pytest.approx(ranking.ndcg_graded(ranked, k)[0])
    assert linear.ndcg == pytest.approx(ranking.ndcg_linear(ranked, k)[0])
    assert linear.average_precision == pytest.approx(ranking.average_precision(ranked, k)[0], abs=1e-9)


@pytest.mark.parametrize("gain", GAINS)
@settings(max_examples=60, deadline=None)
@given(given=relevances, missed=missed_ones)
def test_no_list_beats_its_ideal_and_only_the_best_order_reaches_it(gain, given, missed):
    done = calculate(given, missed, gain=gain)
    assert 0 <= done.ndcg <= 1 + 1e-12 and 0 <= done.average_precision <= 1 + 1e-12
    best = sorted(given + missed, reverse=True)[: len(given)]
    if any(best):
        assert (done.ndcg == pytest.approx(1)) == (given == best)


def test_scikit_learn_agrees():
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    given = [3, 2, 3, 0, 1]
    scores = [[5, 4, 3, 2, 1]]
    assert calculate(given, gain="linear").ndcg == pytest.approx(sklearn_metrics.ndcg_score([given], scores))
    gains = [[2**value - 1 for value in given]]
    assert calculate(given).reached.dcg == pytest.approx(sklearn_metrics.dcg_score(gains, scores))
    relevant = [value > 0 for value in given]
    expected = sklearn_metrics.average_precision_score(relevant, scores[0])
    assert calculate(given).average_precision == pytest.approx(expected)


def test_a_list_in_which_nothing_is_relevant_gets_0():
    done = calculate([0, 0])
    assert (done.ndcg, done.average_precision) == (0, 0)


@pytest.mark.parametrize(
    "text",
    ["3, 2, 3, 0, 1", "[3, 2, 3, 0, 1]", "3 2 3 0 1", "3;2;3;0;1", " (3,2,3,0,1,) ", "3\n2\n3\n0\n1", "3,,2,3,0,1"],
)
def test_a_list_may_be_typed_in_any_usual_way(text):
    assert parse_relevances(text) == [3, 2, 3, 0, 1]


def test_halves_are_numbers_too_and_nothing_typed_is_no_number():
    assert parse_relevances("4.5, .5") == [4.5, 0.5]
    assert parse_relevances("  ") == []


@pytest.mark.parametrize("text", ["3, two", "1, -1", "51", "nan", "inf", "3, [2", "<b>3</b>", "=1+1"])
def test_what_is_no_relevance_is_refused_with_an_example(text):
    with pytest.raises(InputError, match=r"must be a number between 0 and 50\. Got .*such as 3, 2, 3, 0, 1\."):
        parse_relevances(text)


def test_what_cannot_be_calculated_is_refused():
    with pytest.raises(InputError, match="at most 100 items"):
        parse_relevances("1 " * (LONGEST + 1))
    with pytest.raises(InputError, match="at least one item"):
        calculate([])
    with pytest.raises(InputError, match="one of exponential, linear"):
        calculate([1], gain="square")
    with pytest.raises(InputError, match="at least 0"):
        calculate([1, -1], gain="linear")


def test_the_bars_are_stacked_from_the_terms():
    done = calculate([3, 2, 3, 0, 1])
    figure = stacked_terms(done.reached, done.ideal)
    for bar, terms, colour in zip(figure.data, (done.reached, done.ideal), (RUNS[0], GREY), strict=True):
        assert bar.marker.color == colour
        assert list(bar.text) == [f"{value:g}" for value in terms.relevance]
        base, length = np.array(bar.base, float), np.array(bar.x, float)
        ends = base + length
        np.testing.assert_allclose(base, [0, *ends[:-1]], atol=1e-12)
        assert ends[-1] == pytest.approx(terms.dcg)
    assert "12.78" in figure.data[0].y[0] and "13.35" in figure.data[1].y[0]
    json.loads(figure.to_json())


def test_a_list_without_anything_relevant_and_of_one_place_can_be_drawn():
    done = calculate([0])
    assert [list(bar.x) for bar in stacked_terms(done.reached, done.ideal).data] == [[0], [0]]
