"""Differences to a baseline, with what may be said of them."""

from collections.abc import Sequence

import plotly.graph_objects as go

from recsys_core.evaluation.digits import honest_range
from recsys_core.evaluation.slices import GroupDifference
from recsys_core.evaluation.verdicts import BETTER, CANNOT_TELL, WORSE, Verdict
from recsys_core.figures.comparison import interval_dot, run_style
from recsys_core.figures.palette import RAIL, RUNS
from recsys_core.figures.text import row_name, run_name

MARKS = {BETTER: "▲", WORSE: "▼", CANNOT_TELL: "="}
_GAIN, _LOSS = RUNS[0], RUNS[1]


def differences(baseline: str, names: Sequence[str], verdicts: Sequence[Verdict], *, title: str) -> go.Figure:
    """One row a challenger: its difference to the baseline with the 95 % interval, and the verdict beside it.

    What can be told has a filled marker, the rest an open one. Colours are those of the places after the baseline.
    """
    figure = go.Figure()
    for place, (name, verdict) in enumerate(zip(names, verdicts, strict=True), start=1):
        style = run_style(place)
        open_ = "-open" if verdict.word == CANNOT_TELL else ""
        interval_dot(
            figure,
            name,
            verdict.difference,
            marker=dict(
                size=12, color=style["color"], symbol=style["symbol"] + open_, line=dict(color=style["color"], width=2)
            ),
            hover=f"{honest_range(verdict.difference, sign=True)}, p = {verdict.p_value:.3f}",
        )
        figure.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            y=row_name(name),
            text=f" {MARKS[verdict.word]} {verdict.word}",
            showarrow=False,
            font_size=13,
        )
    figure.add_vline(x=0, line=dict(color=RAIL, width=1.5))
    figure.add_annotation(
        x=0, yref="paper", y=1, yanchor="bottom", text=run_name(baseline), showarrow=False, font_color=RAIL
    )
    _as_rows(figure, len(names), title=title, right=100)
    return figure


def group_differences(found: Sequence[GroupDifference], *, title: str) -> go.Figure:
    """One row a group: its mean difference with the 95 % interval, and how many people it has.

    Blue where it surely gains, orange where it surely loses, open and grey where that cannot be told.
    """
    figure = go.Figure()
    for group in found:
        word = group.difference.verdict()
        colour = {BETTER: _GAIN, WORSE: _LOSS}.get(word, RAIL)
        symbol = {BETTER: "triangle-up", WORSE: "triangle-down"}.get(word, "circle-open")
        name = f"{group.label} ({group.n_users:,})"
        hover = honest_range(group.difference, sign=True)
        interval_dot(figure, name, group.difference, marker=dict(size=11, color=colour, symbol=symbol), hover=hover)
    figure.add_vline(x=0, line=dict(color=RAIL, width=1.5))
    _as_rows(figure, len(found), title=title, right=10)
    return figure


def _as_rows(figure: go.Figure, count: int, *, title: str, right: int) -> None:
    figure.update_layout(
        title=title,
        height=100 + 34 * count,
        margin=dict(l=10, r=right, t=58, b=10),
        xaxis=dict(zeroline=False, tickformat="+.3~f"),
        yaxis=dict(autorange="reversed", type="category"),
    )
