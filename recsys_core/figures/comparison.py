"""Runs side by side: intervals, a metric at every cut-off, curves over each other."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from recsys_core.evaluation.bootstrap import Interval
from recsys_core.figures.axes import differ_widely
from recsys_core.figures.curves import thinned
from recsys_core.figures.labels import legend_label, row_label, short_label
from recsys_core.figures.palette import DASHES, GREY, MARKERS, REFERENCE_DASHES, RUNS

_MARGIN = dict(l=10, r=10, t=40, b=10)


def intervals(
    names: Sequence[str], values: Sequence[Interval], *, title: str, references: Mapping[str, float]
) -> go.Figure:
    """Draw a row per run: the mean and its 95% interval, with the reference models as vertical lines."""
    figure = go.Figure()
    for index, (name, interval) in enumerate(zip(names, values, strict=True)):
        style = run_style(index)
        marker = dict(size=11, color=style["color"], symbol=style["symbol"])
        interval_dot(figure, name, interval, marker=marker, hover=f"%{{x:.4f}} ({_bounds(interval)})")
    _vertical_references(figure, references)
    figure.update_layout(
        title=title,
        height=110 + 34 * len(names),
        margin=_MARGIN,
        xaxis=dict(rangemode="tozero", zeroline=False),
        yaxis=dict(autorange="reversed", type="category"),
    )
    return figure


def interval_dot(figure: go.Figure, name: str, interval: Interval, *, marker: dict[str, object], hover: str) -> None:
    """Draw a mean in the row `name`, with its interval as a bar."""
    figure.add_scatter(
        x=[interval.mean],
        y=[row_label(name)],
        mode="markers",
        marker=marker,
        error_x=dict(
            type="data",
            symmetric=False,
            array=[interval.high - interval.mean],
            arrayminus=[interval.mean - interval.low],
            thickness=2,
            width=5,
        ),
        hovertemplate=f"{hover}<extra>{short_label(name)}</extra>",
        showlegend=False,
    )


def _bounds(interval: Interval) -> str:
    if not interval.is_known:
        return interval.why_unknown
    return f"95%: {interval.low:.4f} to {interval.high:.4f}"


def _vertical_references(figure: go.Figure, references: Mapping[str, float]) -> None:
    for name, value in references.items():
        figure.add_vline(
            x=value,
            line=dict(color=GREY, width=1, dash=REFERENCE_DASHES[name]),
            annotation_text=name,
            annotation_font_color=GREY,
        )


def metric_at_k(
    ks: Sequence[int], curves: Mapping[str, Sequence[float]], *, title: str, references: Mapping[str, Sequence[float]]
) -> go.Figure:
    """Draw a metric at every cut-off k, a line per run, the reference models in grey."""
    figure = go.Figure()
    for name, values in references.items():
        figure.add_scatter(
            x=list(ks), y=values, name=name, mode="lines", line=dict(color=GREY, width=1, dash=REFERENCE_DASHES[name])
        )
    for index, (name, values) in enumerate(curves.items()):
        figure.add_scatter(x=list(ks), y=values, name=legend_label(name), mode="lines", line=_line(index))
    return _as_lines(figure, title, "N, the length of the list")


def overlay(curves: Mapping[str, Sequence[tuple[float, float]]], *, title: str) -> go.Figure:
    """Draw several curves of (seconds, value) over each other; seconds are logarithmic where they differ widely."""
    figure = go.Figure()
    for index, (name, points) in enumerate(curves.items()):
        points = thinned(points)
        figure.add_scatter(
            x=[x for x, _ in points],
            y=[y for _, y in points],
            name=legend_label(name),
            mode="lines" if len(points) > 1 else "markers",  # a line through one point cannot be seen
            line=_line(index),
            marker=dict(color=_line(index)["color"], symbol=run_style(index)["symbol"], size=9),
        )
    is_log = differ_widely(points[-1][0] for points in curves.values() if points)
    if is_log:
        figure.update_xaxes(type="log", dtick=1)
    return _as_lines(figure, title, "seconds of training, logarithmic scale" if is_log else "seconds of training")


def _as_lines(figure: go.Figure, title: str, x_title: str) -> go.Figure:
    figure.update_layout(
        title=title,
        height=370,
        margin=_MARGIN,
        xaxis_title=x_title,
        legend=dict(orientation="h", y=-0.32, font_size=11),
    )
    return figure


def run_style(index: int) -> dict[str, str]:
    """Return colour, marker and dash of the run with this index."""
    return {
        "color": RUNS[index % len(RUNS)],
        "symbol": MARKERS[index % len(MARKERS)],
        "dash": DASHES[index % len(DASHES)],
    }


def _line(index: int) -> dict[str, object]:
    style = run_style(index)
    return {"color": style["color"], "dash": style["dash"], "width": 2}
