"""The numbers in the pictures are the numbers given, text in them is text, and each can be sent as JSON."""

import html
import json
import re

import numpy as np
import pytest

from recsys_core.evaluation.bootstrap import Interval
from recsys_core.figures.comparison import intervals, metric_at_k, overlay, run_style
from recsys_core.figures.curves import learning_curve, thinned
from recsys_core.figures.factors import heat_map, spectrum
from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import DASHES, GHOST, GREY, MARKERS, RUNS
from tests.core.figures.as_browser import as_json

# Text


def test_text_in_a_figure_is_escaped_shortened_and_one_line():
    assert short_label("a <b> & c") == "a &lt;b&gt; &amp; c"
    assert short_label("a\n\t b") == "a b" and short_label("") == ""
    assert short_label("x" * 60) == "x" * 60 and short_label("x" * 61) == "x" * 59 + "…"
    assert html.unescape(short_label("<" * 100)) == "<" * 59 + "…"
    assert short_label("\u202egnp.exe") == "gnp.exe", "nothing is written backwards"


def read_by_plotly(text: str) -> str:
    """Plotly's convertEntities: it knows numbers and these eight names."""
    names = dict(mu="μ", amp="&", lt="<", gt=">", nbsp="\xa0", times="×", plusmn="±", deg="°")

    def character(match):
        word = match.group(1)
        if word.startswith("#"):
            return chr(int(word[2:], 16) if word[1] == "x" else int(word[1:]))
        return names.get(word, match.group())

    return re.sub(r"&(#\d+|#x[\da-fA-F]+|[a-z]+);", character, text)


@pytest.mark.parametrize("title", ["'burbs, The (1989)", "Tom & Jerry", "1 < 2 > 0", "&lt;b&gt;", "5 °C ± 1"])
def test_plotly_shows_a_title_as_it_is(title):
    assert read_by_plotly(short_label(title)) == title


def test_plotly_shows_quotation_marks_as_they_are():
    assert read_by_plotly(short_label('"Great Performances" Cats (1998)')) == '"Great Performances" Cats (1998)'


# Factors


def test_the_heat_map_shows_the_factors_on_one_scale_with_zero_in_the_middle():
    factors = np.array([[1.0, -3.0, 0.5], [0.0, 2.0, -0.25]])
    figure = heat_map(factors, ["A", "B"])
    as_json(figure)
    (heat,) = figure.data
    np.testing.assert_array_equal(heat.z, factors)
    assert (heat.zmin, heat.zmax) == (-3.0, 3.0)
    assert heat.colorscale[0][1] == "#B35806" and heat.colorscale[2][0] == 0.5 and heat.colorscale[-1][1] == "#2166AC"
    assert list(heat.x) == ["1", "2", "3"] and list(figure.layout.yaxis.ticktext) == ["A", "B"]


def test_a_heat_map_of_zeros_or_of_nothing_can_be_drawn_and_equal_names_are_two_rows():
    for factors, names in ((np.zeros((2, 2)), ["A", "A"]), (np.zeros((0, 3)), []), (np.zeros((2, 0)), ["A", "B"])):
        (heat,) = heat_map(factors, names).data
        assert heat.zmin < 0 < heat.zmax and len(set(heat.y)) == len(names)
        as_json(heat_map(factors, names))


def test_a_long_label_is_not_cut_within_an_entity():
    (label,) = heat_map(np.ones((1, 1)), ["a" * 31 + "<<<<<<"]).layout.yaxis.ticktext
    assert read_by_plotly(label).rstrip("…").strip("a<") == ""


def test_the_spectrum_shows_every_strength():
    strengths = np.array([5.0, 2.5, 0.5])
    (bars,) = spectrum(strengths).data
    assert list(bars.x) == [1, 2, 3] and list(bars.y) == [5.0, 2.5, 0.5]
    for each in (strengths, np.zeros(0), np.ones(300)):
        as_json(spectrum(each))
    titles = [spectrum(strengths, are_singular_values=each).layout.yaxis.title.text for each in (True, False)]
    assert titles == ["strength (singular value)", "strength"]


# Curves


def curve(points, **more) -> dict:
    spec = learning_curve(points, title="Loss", last_epoch=more.pop("last_epoch", 10), **more)
    json.dumps(spec, allow_nan=False)
    return spec


def lines(spec) -> list[list[tuple]]:
    return [
        [(row["epoch"], row["value"]) for row in layer["data"]["values"]]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "line"
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 40, 41, 300, 301, 5000])
def test_a_curve_holds_its_points_from_the_first_to_the_last(count):
    points = [(epoch, 1 / (epoch + 1)) for epoch in range(count)]
    (line,) = lines(curve(points))
    assert set(line) <= set(points) and len(line) == len(set(line)) <= 301
    assert line == (points if count <= 300 else line)
    assert line[:1] == points[:1] and line[-1:] == points[-1:]


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10, 11, 19, 20, 21, 100, 101])
def test_thinned_keeps_first_and_last_in_order_and_about_as_many_as_asked(count):
    points = list(range(count))
    kept = thinned(points, 10)
    assert kept == sorted(set(kept)) and len(kept) <= 11
    assert kept[:1] == points[:1] and kept[-1:] == points[-1:]
    assert count > 10 or kept == points
    assert len(kept) >= min(count, 5)


def test_the_axis_runs_to_the_end_from_the_start_and_further_if_the_run_before_did():
    def end(spec):
        return spec["layer"][-1]["encoding"]["x"]["scale"]["domain"]

    assert end(curve([], last_epoch=60)) == [0, 60]
    assert end(curve([(1, 2.0)], last_epoch=60)) == [0, 60]
    assert end(curve([(1, 2.0)], last_epoch=60, previous=[(90, 1.0)])) == [0, 90]


@pytest.mark.parametrize(("kept", "align", "above"), [(2, "left", False), (9, "right", True)])
def test_the_epoch_whose_model_is_kept_is_marked_where_its_name_has_room(kept, align, above):
    points = [(epoch, 10.0 - epoch) for epoch in range(11)]
    rule, ring, name = curve(points, kept_epoch=kept)["layer"][-3:]
    for layer in (rule, ring, name):
        assert layer["data"]["values"] == [{"epoch": kept, "value": 10.0 - kept, "name": f"kept: epoch {kept}"}]
    assert (rule["mark"]["type"], ring["mark"]["type"]) == ("rule", "point")
    assert name["mark"]["align"] == align and (name["mark"]["dy"] < 0) == above
    assert len(curve(points)["layer"]) == len(curve(points, kept_epoch=99)["layer"]) == 1


def test_the_run_before_is_a_ghost_below_the_curve_and_held_out_is_dashed():
    spec = curve([(1, 2.0)], previous=[(1, 3.0), (2, 2.5)], held_out=True)
    assert lines(spec) == [[(1, 3.0), (2, 2.5)], [(1, 2.0)]]
    ghost, line = (layer["mark"] for layer in spec["layer"])
    assert ghost["color"] == GHOST and line["strokeDash"] == [6, 3] and line["color"] == RUNS[1]
    assert curve([(1, 2.0)])["layer"][0]["mark"]["strokeDash"] == [1, 0]


def test_each_rail_is_a_level_line_with_its_name_and_value():
    spec = curve([(1, 0.2)], references={"Random": 0.0123, "Popularity": 0.25})
    rules = [layer for layer in spec["layer"] if layer["mark"]["type"] == "rule"]
    words = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    assert [rule["data"]["values"][0]["value"] for rule in rules] == [0.0123, 0.25]
    assert [word["data"]["values"][0]["name"] for word in words] == ["Random 0.012", "Popularity 0.250"]
    assert {layer["mark"]["color"] for layer in rules + words} == {GREY}


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_value_that_is_not_a_number_leaves_a_gap_and_not_a_broken_chart(bad):
    (line,) = lines(curve([(1, 2.0), (2, bad), (3, 1.0)]))
    assert (1, 2.0) in line and (3, 1.0) in line


# Comparisons

RUNS_SHOWN = ["#1 SVD", "#2 BPR", "#3 ALS"]


def test_intervals_reach_from_low_to_high_around_the_mean():
    given = [Interval(0.3, 0.25, 0.36), Interval(0.2, 0.2, 0.2), Interval(-0.1, -0.3, 0.4)]
    figure = intervals(RUNS_SHOWN, given, title="NDCG@10", references={"Popularity": 0.15})
    as_json(figure)
    assert len(figure.data) == 3
    for trace, name, interval in zip(figure.data, RUNS_SHOWN, given, strict=True):
        assert (list(trace.x), list(trace.y)) == ([interval.mean], [name])
        assert trace.x[0] + trace.error_x.array[0] == pytest.approx(interval.high)
        assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(interval.low)
        assert f"{interval.low:.4f} to {interval.high:.4f}" in trace.hovertemplate
    (rail,) = figure.layout.shapes
    assert rail.x0 == rail.x1 == 0.15 and figure.layout.annotations[0].text == "Popularity"


def test_where_nothing_is_known_of_an_interval_only_the_mean_is_drawn():
    figure = intervals(["#1"], [Interval(0.3, np.nan, np.nan)], title="t", references={})
    (trace,) = as_json(figure)["data"]
    assert trace["x"] == [0.3]
    assert trace["error_x"]["array"] == trace["error_x"]["arrayminus"] == [None]


def test_nobody_reads_nan():
    figure = intervals(["#1"], [Interval(0.3, np.nan, np.nan)], title="t", references={})
    assert "nan" not in figure.data[0].hovertemplate


def test_a_metric_at_every_k_is_drawn_for_runs_and_reference_models():
    ks, curves = [1, 5, 10], {"#1 SVD": [0.1, 0.2, 0.3], "#2 BPR": [0.2, 0.3, 0.35]}
    figure = metric_at_k(ks, curves, title="NDCG", references={"Random": [0.01, 0.02, 0.03]})
    as_json(figure)
    drawn = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data}
    assert drawn == {name: (ks, values) for name, values in {"Random": [0.01, 0.02, 0.03], **curves}.items()}
    rail, first, second = figure.data
    assert rail.line.color == GREY and (first.line.color, second.line.color) == RUNS[:2]
    assert first.line.dash != second.line.dash


def test_curves_on_top_of_each_other_keep_their_points_and_their_ends():
    long = [(float(x), x**0.5) for x in range(1000)]
    figure = overlay({"#1": long, "#2": [(0.5, 1.0)], "#3": []}, title="t")
    as_json(figure)
    drawn = {trace.name: list(zip(trace.x, trace.y, strict=True)) for trace in figure.data}
    assert drawn["#2"] == [(0.5, 1.0)] and drawn["#3"] == []
    assert set(drawn["#1"]) <= set(long) and (drawn["#1"][0], drawn["#1"][-1]) == (long[0], long[-1])


def test_a_run_has_colour_and_dash_and_marker_of_its_own():
    styles = [tuple(run_style(place).values()) for place in range(10)]
    for column in zip(*styles, strict=True):
        assert len(set(column)) == 10
    assert run_style(10) == run_style(0)
    assert len(RUNS) == len(DASHES) == len(MARKERS) == 10
