"""Axes around one value, none, whole numbers, and values that differ a hundredfold."""

import json

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.subplots import make_subplots

from recsys_core.evaluation.bootstrap import Interval
from recsys_core.figures.axes import around, differ_widely, needs_width, settle_axes, settle_legend, vega_scale
from recsys_core.figures.branches import branch_curves
from recsys_core.figures.comparison import overlay
from recsys_core.figures.curves import learning_curve
from recsys_core.figures.offline import figure_spec
from recsys_core.figures.on_page import SharedFigure, prepare_for_page
from recsys_core.figures.sweep import Cell, quality_against_time
from recsys_core.figures.tradeoff import quality_against_cost


@pytest.mark.parametrize("value", [0.125, -3.0, 0.0, 1e-9, 4e6])
def test_a_single_value_stands_in_the_middle_of_an_axis_of_its_own_size(value):
    figure = settle_axes(go.Figure(go.Scatter(x=[0.5], y=[value])))
    low, high = figure.layout.yaxis.range
    assert low < value < high and value == pytest.approx((low + high) / 2)
    assert high - low == pytest.approx(0.2 * abs(value) or 2)
    assert list(figure.layout.xaxis.range) == pytest.approx([0.45, 0.55])
    assert figure_spec(go.Figure(go.Scatter(x=[0.5], y=[value])))["layout"]["yaxis"]["range"] == around(value)


def test_with_error_bars_or_several_values_plotly_finds_the_range_itself():
    bars = dict(type="data", array=[0.1], arrayminus=[0.2])
    for trace in (go.Scatter(x=[1.0], y=[0.5], error_y=bars), go.Scatter(x=[1.0, 1.0], y=[0.5, 0.6])):
        assert settle_axes(go.Figure(trace)).layout.yaxis.range is None


def test_where_there_is_nothing_there_are_no_axes_but_a_word():
    for x, y in (([], []), ([1.0, 2.0], [np.nan, None]), (["a", "b"], [None, None])):
        figure = settle_axes(go.Figure(go.Scatter(x=x, y=y)))
        assert figure.layout.xaxis.visible is False and figure.layout.yaxis.visible is False
        assert [each.text for each in figure.layout.annotations] == ["Nothing to show"]


def test_whole_numbers_that_lie_close_have_whole_ticks_and_others_do_not():
    close, far = np.array([10, 11, 12]), np.arange(100)
    assert settle_axes(go.Figure(go.Scatter(x=close, y=[0.1, 0.2, 0.3]))).layout.xaxis.dtick == 1
    assert settle_axes(go.Figure(go.Scatter(x=[3], y=[0.1]))).layout.xaxis.range == (2, 4)
    assert settle_axes(go.Figure(go.Scatter(x=far, y=far / 7))).layout.xaxis.dtick is None
    assert settle_axes(go.Figure(go.Scatter(x=[0.0, 1.0], y=[1.0, 0.0]))).layout.yaxis.dtick is None


def test_a_logarithmic_axis_names_each_tick_in_full():
    """Plotly writes a small 2 and 5 between powers of ten, which read like numbers of their own."""

    def ticks(*values):
        figure = go.Figure(go.Scatter(x=list(values), y=[1.0, 2.0])).update_xaxes(type="log")
        return settle_axes(figure).layout.xaxis.tickvals

    assert ticks(0.082, 10.4) == (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
    assert ticks(0.02, 2000.0) == (0.01, 0.1, 1, 10, 100, 1000, 10000)
    assert ticks(1e-15, 1.0) is None and ticks(0.0, -1.0) is None


def test_a_legend_below_stands_at_the_end_of_the_figure_and_what_stands_side_by_side_needs_width():
    below, beside = dict(orientation="h", y=-0.2), dict(orientation="h", y=1.02)
    figure = settle_legend(go.Figure(go.Scatter(y=[1.0]), layout=dict(legend=below)))
    assert (figure.layout.legend.yref, figure.layout.legend.y, figure.layout.legend.yanchor) == (
        "container", 0, "bottom",
    )  # fmt: skip
    assert settle_legend(go.Figure(go.Scatter(y=[1.0]), layout=dict(legend=beside))).layout.legend.yref is None
    assert not needs_width(figure) and not needs_width(make_subplots(rows=2, cols=1))
    assert needs_width(make_subplots(rows=1, cols=2))
    assert needs_width(go.Figure(layout=dict(margin_r=150)))


def test_a_page_shows_a_copy_without_the_title_whose_type_may_be_larger():
    made = make_subplots(rows=1, cols=2).add_scatter(x=[1], y=[2], mode="text", text=["a"], textfont_size=10)
    made.update_layout(title="a &lt; b", height=300, margin_t=58, legend_font_size=11).add_annotation(text="n")
    made.frames = [dict(name="1", data=[dict(x=[2])])]
    before = made.to_dict()
    prepared = prepare_for_page(made)
    shown = prepared.figure
    assert (prepared.title, shown.layout.title.text, shown.layout.height, shown.layout.margin.t) == (
        "a < b",
        None,
        274,
        32,
    )
    assert len(shown.frames) == 1
    large = prepare_for_page(made, 1.5).figure
    layout = large.layout
    sizes = [layout.xaxis.tickfont.size, layout.yaxis2.title.font.size, layout.annotations[0].font.size]
    assert sizes == [18, 21, 18] and layout.legend.font.size == 16.5 and large.data[0].textfont.size == 15
    assert layout.height == 274 * 1.5 and made.to_dict() == before
    assert prepare_for_page(go.Figure(go.Scatter(y=[1.0]))).title == ""


def test_a_shared_figure_is_prepared_once_for_each_size_and_equals_one_drawn_anew():
    def draw() -> go.Figure:
        return go.Figure(go.Scatter(x=np.arange(3), y=np.arange(3.0)), layout=dict(title="t", height=300, margin_t=58))

    shared = SharedFigure(draw())
    shown, larger = shared.prepared(), shared.prepared(1.5)
    assert shared.prepared() is shown and shared.prepared(1.5) is larger
    for prepared, anew in ((shown, prepare_for_page(draw())), (larger, prepare_for_page(draw(), 1.5))):
        assert prepared.figure.to_dict() == anew.figure.to_dict()
        assert prepared.figure.to_dict() is prepared.figure.to_dict()
        assert (prepared.title, prepared.is_wide) == (anew.title, anew.is_wide) == ("t", False)
    assert larger.figure.to_dict() != shown.figure.to_dict()
    assert shown.figure.to_dict()["layout"]["template"] == draw().to_dict()["layout"]["template"]


def test_what_a_figure_has_decided_itself_stays():
    chosen = go.Figure(go.Scatter(x=["a"], y=[2.0])).update_yaxes(range=[0, 9])
    assert list(settle_axes(chosen).layout.yaxis.range) == [0, 9] and chosen.layout.xaxis.range is None
    assert not settle_axes(go.Figure(go.Scatter(y=[1.0, 2.0]))).layout.annotations, "x is counted where it is not given"
    log = go.Figure(go.Scatter(x=[1.0], y=[2.0])).update_yaxes(type="log").update_xaxes(rangemode="tozero")
    assert settle_axes(log).layout.yaxis.range is None and log.layout.xaxis.range is None
    bars = go.Figure(go.Bar(x=[1], y=[2.0]))
    assert settle_axes(bars).layout == go.Figure(go.Bar(x=[1], y=[2.0])).layout
    two = make_subplots(rows=1, cols=2).add_scatter(x=[1.0], y=[2.0], row=1, col=1)
    two.add_scatter(x=[1.0, 2.0], y=[2.0, 3.0], row=1, col=2)
    assert settle_axes(two).layout.yaxis.range == (1.8, 2.2) and two.layout.yaxis2.range is None


def test_seconds_are_logarithmic_only_where_they_differ_widely():
    assert differ_widely([0.01, 1.0]) and not differ_widely([0.5, 1.0])
    assert not differ_widely([]) and not differ_widely([0.0, 1.0]) and not differ_widely([float("nan")])
    for quick, kind in ((0.01, "log"), (0.5, None)):
        curves = overlay({"a": [(quick, 0.1)], "b": [(0.2, 0.1), (1.0, 0.2)]}, title="t")
        costs = quality_against_cost(["a", "b"], [0.1, 0.2], {"seconds": [quick, 1.0]}, quality_title="q")
        assert curves.layout.xaxis.type == costs.layout.xaxis.type == kind
        cells = [Cell("1", "a", Interval(0.1, 0.0, 0.2), True, "", seconds) for seconds in (quick, 1.0)]
        sweep = quality_against_time(cells, [True, True])
        assert sweep["layer"][0]["encoding"]["x"]["scale"].get("type") == kind
        assert ("logarithmic" in curves.layout.xaxis.title.text) == (kind == "log")


@pytest.mark.parametrize(("points", "domain"), [([(1, 0.5)], [0.45, 0.55]), ([(1, 0.5), (2, 0.7)], None), ([], None)])
def test_a_curve_of_one_point_has_an_axis_around_it(points, domain):
    spec = learning_curve(points, title="t", last_epoch=1)
    found = json.loads(json.dumps(spec))["layer"][0]["encoding"]["y"]["scale"].get("domain")
    assert found == (None if domain is None else pytest.approx(domain))
    branch = branch_curves({"a": points}, branch_epochs=[])
    assert branch["layer"][1]["encoding"]["y"]["scale"] == vega_scale(value for _, value in points)
