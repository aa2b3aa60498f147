"""Differences to a baseline with their verdicts."""

from collections.abc import Sequence

import plotly.graph_objects as go

from recsys_core.comparison.user_groups import GroupDifference
from recsys_core.comparison.verdicts import BETTER, MARKS, SAME, UNCLEAR, WORSE, Verdict
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.figures.comparison import interval_dot, run_style
from recsys_core.figures.labels import legend_label, row_label, short_label
from recsys_core.figures.palette import GREY, RUNS

_GAIN, _LOSS = RUNS[0], RUNS[1]


def differences(baseline: str, names: Sequence[str], verdicts: Sequence[Verdict], *, title: str) -> go.Figure:
    """Draw a row per challenger: its difference to the baseline with its interval, and the verdict beside it.

    Differences within the grey band are too small to matter. Clear verdicts have filled markers, the others open ones.
    Colours are those of the runs with indices from 1.
    """
    figure = go.Figure()
    for index, (name, verdict) in enumerate(zip(names, verdicts, strict=True), start=1):
        style = run_style(index)
        open_ = "-open" if verdict.word == UNCLEAR else ""
        interval_dot(
            figure,
            name,
            verdict.difference,
            marker=dict(
                size=12, color=style["color"], symbol=style["symbol"] + open_, line=dict(color=style["color"], width=2)
            ),
            hover=f"{format_interval(verdict.difference, sign=True)}, p = {verdict.p_value:.3f}",
        )
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            y=row_label(name),
            text=f" {MARKS[verdict.word]} {verdict.word}",
            showarrow=False,
            font_size=13,
        )
    _draw_band(figure, max((verdict.band for verdict in verdicts), default=0.0))
    figure.add_annotation(
        x=0, yref="paper", y=1, yanchor="bottom", text=legend_label(baseline), showarrow=False, font_color=GREY
    )
    _as_rows(figure, len(names), title=title, right=150)
    return figure


def group_differences(found: Sequence[GroupDifference], *, title: str) -> go.Figure:
    """Draw a row per group: its mean difference with its interval, and its number of people.

    Blue where it clearly gains, orange where it clearly loses, filled grey where nothing that matters changes, open
    and grey where that cannot be told. Differences within the grey band are too small to matter.
    """
    figure = go.Figure()
    for group in found:
        word = group.verdict.word
        colour = {BETTER: _GAIN, WORSE: _LOSS}.get(word, GREY)
        symbol = {BETTER: "triangle-up", WORSE: "triangle-down", SAME: "circle"}.get(word, "circle-open")
        name = f"{group.label} ({group.n_users:,})"
        hover = f"{format_interval(group.difference, sign=True)}, {word}"
        interval_dot(figure, name, group.difference, marker=dict(size=11, color=colour, symbol=symbol), hover=hover)
    _draw_band(figure, max((group.verdict.band for group in found), default=0.0))
    _as_rows(figure, len(found), title=short_label(title), right=10)
    return figure


def _draw_band(figure: go.Figure, band: float) -> None:
    """A line at 0 and, shaded, the differences that are too small to matter."""
    if band > 0:
        figure.add_vrect(x0=-band, x1=band, fillcolor=GREY, opacity=0.18, line_width=0, layer="below")
    figure.add_vline(x=0, line=dict(color=GREY, width=1.5))


def _as_rows(figure: go.Figure, count: int, *, title: str, right: int) -> None:
    figure.update_layout(
        title=title,
        height=100 + 34 * count,
        margin=dict(l=10, r=right, t=58, b=10),
        xaxis=dict(zeroline=False, tickformat="+.3~f"),
        yaxis=dict(autorange="reversed", type="category"),
    )
