"""The same runs under several conventions."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import legend_label, short_label


def under_conventions(
    labels: Sequence[str], runs: Mapping[str, Sequence[float]], changed: Sequence[bool], *, title: str
) -> go.Figure:
    """Draw a mark per run under each of the conventions `labels`, which have no order: no line joins them.

    Conventions under which another run has the highest mean are marked with a ≠ under their name.
    """
    ticks = [
        short_label(label) + ("<br><b>≠ another is highest</b>" if is_changed else "")
        for label, is_changed in zip(labels, changed, strict=True)
    ]
    figure = go.Figure()
    for index, (name, values) in enumerate(runs.items()):
        style = run_style(index)
        figure.add_scatter(
            x=list(range(len(labels))),
            y=list(values),
            name=legend_label(name),
            mode="markers",
            marker=dict(color=style["color"], symbol=style["symbol"], size=11),
            customdata=[short_label(label) for label in labels],
            hovertemplate="%{customdata}: %{y:.4f}<extra>" + legend_label(name) + "</extra>",
        )
    figure.update_layout(
        title=title,
        height=360,
        margin=dict(l=10, r=10, t=40, b=10),
        xaxis=dict(tickvals=list(range(len(labels))), ticktext=ticks),
        legend=dict(orientation="h", y=-0.3, font_size=11),
    )
    return figure
