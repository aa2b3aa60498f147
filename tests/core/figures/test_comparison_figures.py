"""The pictures of a comparison show the numbers given, and no markup from outside."""

import html
import json

import numpy as np
import pytest

from recsys_core.comparison.user_groups import GroupDifference
from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, WORSE, Verdict
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.figures.comparison import run_style
from recsys_core.figures.conventions import under_conventions
from recsys_core.figures.other_splits import metric_over_splits
from recsys_core.figures.palette import GREY, RUNS
from recsys_core.figures.popularity import popularity_shares
from recsys_core.figures.slope import slope_chart
from recsys_core.figures.tradeoff import quality_against_cost, rating_against_ranking
from recsys_core.figures.verdicts import differences, group_differences
from tests.core.figures.as_browser import EVIL, as_json

UNKNOWN = Interval(0.1, np.nan, np.nan)


def words(figure) -> list[str]:
    return [annotation.text for annotation in figure.layout.annotations]


def test_a_verdict_has_a_sign_and_a_word_and_only_what_can_be_told_is_filled():
    given = [
        Verdict(Interval(0.03, 0.01, 0.05), 0.01, BETTER, None, 0.002),
        Verdict(Interval(-0.03, -0.05, -0.01), 0.01, WORSE, None, 0.002),
        Verdict(Interval(0.001, -0.01, 0.02), 0.8, UNCLEAR, 9000, 0.002),
        Verdict(Interval(0.001, 0.0005, 0.0015), 0.01, SAME, None, 0.002),
    ]
    figure = differences("#1 ALS", ["#2", "#3", "#4", "#5"], given, title="t")
    as_json(figure)
    assert [trace.x[0] for trace in figure.data] == [0.03, -0.03, 0.001, 0.001]
    assert [trace.marker.color for trace in figure.data] == list(RUNS[1:5])  # the baseline has the first
    assert [trace.marker.symbol.endswith("-open") for trace in figure.data] == [False, False, True, False]
    said = ["▲ better", "▼ worse", "? no clear difference", "= practically the same", "#1 ALS"]
    assert [word.strip() for word in words(figure)] == said
    band = figure.layout.shapes[0]
    assert (band.x0, band.x1) == (-0.002, 0.002), "what is too small to matter is shaded"


def test_a_group_says_how_many_it_has_and_one_person_has_no_interval():
    groups = [
        GroupDifference("1 to 3 items", 40, Verdict(Interval(-0.03, -0.05, -0.01), 0.001, WORSE, None, 0.002)),
        GroupDifference(EVIL, 1, Verdict(UNKNOWN, 1.0, UNCLEAR, None, 0.002)),
    ]
    loser, alone = group_differences(groups, title="t").data
    assert (
        loser.y[0] == "1 to 3 items (40)" and loser.marker.symbol == "triangle-down" and loser.marker.color == RUNS[1]
    )
    assert alone.marker.color == GREY and "<img" not in alone.y[0] and "nan" not in alone.hovertemplate
    as_json(group_differences(groups, title="t"))


def test_what_people_call_a_run_is_shown_as_it_is_and_leaves_room_for_the_picture():
    name, long = "#1 <b>a</b> & </script>", "#2 " + "W" * 500
    verdict = Verdict(Interval(0.03, 0.01, 0.05), 0.01, BETTER, None, 0.002)
    shown = html.escape(name, quote=False)
    figure = differences("#3", [name, long], [verdict, verdict], title="t")
    rows = [trace.y[0] for trace in figure.data]
    assert rows[0] == shown and [annotation.y for annotation in figure.layout.annotations[:2]] == rows
    assert max(map(len, rows[1].split("<br>"))) < 35 and rows[1].count("<br>") == 1
    _, *runs = popularity_shares([1.0], {name: [1.0], long: [1.0]}, title="t").data
    assert runs[0].name == shown and len(runs[1].name) < 35


def test_the_slope_chart_joins_what_is_in_both_lists_and_marks_what_was_held_out():
    titles = ["a", "b", "c", "d", EVIL]
    figure = slope_chart(([0, 1, 4], [1, 2, 0]), ("one", "other"), titles, {1, 2})
    joined = {tuple(trace.y) for trace in figure.data if trace.mode == "lines"}
    assert joined == {(1, 3), (2, 1)}
    left, right = (trace for trace in figure.data if trace.mode == "markers+text")
    assert [text.startswith("<b>✓") for text in left.text] == [False, True, False]
    assert list(right.marker.symbol) == ["square", "square", "square-open"]
    assert "<img" not in json.dumps(as_json(figure))


def test_shares_are_drawn_and_those_of_0_left_out():
    figure = popularity_shares([0.7, 0.3], {"#1": [1.0, 0.0]}, title="t")
    data, run = as_json(figure)["data"]
    assert data["y"] == [0.7, 0.3] and run["y"] == [1.0, None]


def test_a_run_on_the_front_is_filled_in_the_panel_of_that_cost():
    figure = quality_against_cost(
        ["#1", "#2"], [0.3, 0.2], {"seconds": [2.0, 1.0], "MB": [1.0, 2.0]}, quality_title="NDCG@10"
    )
    as_json(figure)
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert [dot.marker.symbol.endswith("-open") for dot in dots] == [False, False, False, True]
    (of_seconds, of_megabytes) = (trace for trace in figure.data if trace.mode == "lines")
    assert list(of_seconds.x) == [1.0, 2.0] and list(of_megabytes.x) == [1.0]


@pytest.mark.parametrize("best", [None, ("#9", 0.4)])
def test_rmse_and_ranking_of_each_run_and_the_best_ranker_beside_them(best):
    figure = rating_against_ranking(
        ["#1", "#2"], [0.9, 0.8], [0.1, 0.0], quality_title="NDCG@10", indices=[0, 3], best_ranker=best
    )
    as_json(figure)
    assert [(trace.x[0], trace.y[0]) for trace in figure.data] == [(0.9, 0.1), (0.8, 0.0)]
    assert [shape.y0 for shape in figure.layout.shapes] == ([0.4] if best else [])
    assert figure.layout.yaxis.range[1] > (0.4 if best else 0.1)


def test_a_convention_under_which_another_wins_is_marked():
    figure = under_conventions(["a", "b"], {"#1": [0.3, 0.2], "#2": [0.2, 0.3]}, [False, True], title="t")
    assert [("≠" in text) for text in figure.layout.xaxis.ticktext] == [False, True]
    assert [list(trace.y) for trace in figure.data] == [[0.3, 0.2], [0.2, 0.3]]
    assert {trace.mode for trace in figure.data} == {"markers"}


def test_a_metric_over_splits_has_a_mean_with_its_interval_for_each_model_and_split():
    values = [[Interval(0.2, 0.1, 0.4), Interval(0.3, 0.2, 0.4)], [Interval(0.1, 0.05, 0.2), Interval(0.2, 0.1, 0.3)]]
    drawn, joined = (
        as_json(
            metric_over_splits(["now", "before"], ["A", "B"], values, indices=[0, 2], title="", are_in_order=in_order)
        )["data"]
        for in_order in (False, True)
    )
    assert {trace["mode"] for trace in drawn} == {"markers"}, "splits at random have no order that a line could follow"
    assert {trace["mode"] for trace in joined} == {"lines+markers"}
    assert [trace["y"] for trace in drawn] == [[0.2, 0.3], [0.1, 0.2]]
    assert drawn[0]["error_y"]["array"] == pytest.approx([0.2, 0.1])
    assert drawn[0]["error_y"]["arrayminus"] == pytest.approx([0.1, 0.1])
    assert [trace["marker"]["symbol"] for trace in drawn] == [run_style(0)["symbol"], run_style(2)["symbol"]]
    assert all(a < b for a, b in zip(drawn[0]["x"], drawn[1]["x"], strict=True)), "side by side"
