"""What tests say beside what is true: over the strength of popularity, and over many worlds."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import legend_label
from recsys_core.figures.palette import GREY, RUNS
from recsys_core.percent import percent

_MARGIN = dict(l=10, r=10, t=40, b=10)


def tested_and_true(
    strengths: Sequence[float],
    tested: Mapping[str, Sequence[float]],
    true: Mapping[str, Sequence[float]],
    *,
    title: str,
    marked: float | None = None,
) -> go.Figure:
    """Draw, by model, what the test says as a solid line and the truth as a dotted one, over the strength.

    The strength that is `marked`, as that of the data, gets a vertical line.
    """
    figure = go.Figure()
    for index, name in enumerate(tested):
        style = run_style(index)
        for values, dash, what in ((tested[name], "solid", "test"), (true[name], "dot", "truth")):
            figure.add_scatter(
                x=list(strengths),
                y=list(values),
                name=legend_label(f"{name}: {what}"),
                mode="lines+markers",
                line=dict(color=style["color"], dash=dash, width=2),
                marker=dict(symbol=style["symbol"], size=8 if what == "test" else 5),
                hovertemplate=f"strength %{{x:g}}: %{{y:.3f}} ({what})",
            )
    if marked is not None:
        figure.add_vline(x=marked, line=dict(color=GREY, dash="dash", width=1))
    figure.update_layout(
        title=title,
        height=340,
        margin=_MARGIN,
        xaxis=dict(title="strength of popularity", tickvals=list(strengths), zeroline=False),
        yaxis=dict(rangemode="tozero", zeroline=False),
        legend=dict(orientation="h", yanchor="top", y=-0.22, font_size=11),
    )
    return figure


def outcome_shares(
    labels: Sequence[str], right: Sequence[float], unclear: Sequence[float], wrong: Sequence[float], *, title: str
) -> go.Figure:
    """Draw a bar per test: the shares of worlds in which it was right, could not tell and was wrong."""
    figure = go.Figure()
    for name, shares, colour in (("right", right, RUNS[0]), ("cannot tell", unclear, GREY), ("wrong", wrong, RUNS[1])):
        figure.add_bar(
            y=list(labels),
            x=list(shares),
            name=name,
            orientation="h",
            marker_color=colour,
            text=[percent(share) if share >= 0.06 else "" for share in shares],
            textposition="inside",
            insidetextanchor="middle",
            textfont_color="white",
            hovertemplate=f"%{{y}}: {name} in %{{x:.0%}} of the worlds<extra></extra>",
        )
    figure.update_layout(
        title=title,
        barmode="stack",
        height=90 + 34 * len(labels),
        margin=_MARGIN,
        xaxis=dict(range=[0, 1], tickformat=".0%"),
        yaxis=dict(autorange="reversed", type="category"),
        legend=dict(orientation="h", yanchor="bottom", y=1.0, xanchor="right", x=1.0, traceorder="normal"),
    )
    return figure
