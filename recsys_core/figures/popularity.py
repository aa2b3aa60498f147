"""The shares of recommendations by the popularity of the items."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import legend_label
from recsys_core.figures.palette import GREY


def popularity_shares(of_data: Sequence[float], of_runs: Mapping[str, Sequence[float]], *, title: str) -> go.Figure:
    """Draw the share of each tenth of the items, the most popular first: of the data in grey, and a line per run.

    The vertical axis is logarithmic, or all but the first tenth would lie at the bottom; shares of 0 are left out.
    """
    tenths = [str(number) for number in range(1, len(of_data) + 1)]
    figure = go.Figure()
    figure.add_bar(
        x=tenths,
        y=list(of_data),
        name="the data",
        marker_color=GREY,
        opacity=0.35,
        hovertemplate="tenth %{x}: %{y:.1%} of the data<extra></extra>",
    )
    for index, (name, shares) in enumerate(of_runs.items()):
        style = run_style(index)
        figure.add_scatter(
            x=tenths,
            y=[share if share > 0 else None for share in shares],
            name=legend_label(name),
            mode="lines+markers",
            line=dict(color=style["color"], dash=style["dash"], width=2),
            marker=dict(symbol=style["symbol"], size=8),
            hovertemplate="tenth %{x}: %{y:.2%} of the recommendations<extra></extra>",
        )
    figure.update_layout(
        title=title,
        height=380,
        margin=dict(l=10, r=10, t=40, b=10),
        xaxis=dict(title="tenths of the items, the most popular first", type="category"),
        yaxis=dict(type="log", tickformat=".4~%", dtick=1),
        legend=dict(orientation="h", y=-0.3, font_size=11),
    )
    return figure
