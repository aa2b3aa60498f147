"""Figures of a blend: its weights at every step, and the price of less popular lists."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import GHOST, RUNS


def weight_paths(names: Sequence[str], path: np.ndarray) -> go.Figure:
    """Draw the weights (s, p) of each model at every step of SLSQP, stacked: they always add up to 1."""
    figure = go.Figure()
    for index, name in enumerate(names):
        style = run_style(index)
        figure.add_scatter(
            x=np.arange(len(path)),
            y=path[:, index],
            name=short_label(name),
            stackgroup="weights",
            mode="lines",
            line=dict(color=style["color"], dash=style["dash"], width=1.5),
            hovertemplate=f"step %{{x}}: %{{y:.3f}}<extra>{short_label(name)}</extra>",
        )
    figure.update_layout(
        height=380,
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title="step of SLSQP", dtick=max(1, len(path) // 10)),
        yaxis=dict(title="weight", range=[0, 1]),
        legend=dict(orientation="h", y=-0.25, font_size=11),
    )
    return figure


def price_of_a_cap(
    blends: Sequence[tuple[float, float]],
    singles: Mapping[str, tuple[float, float]],
    *,
    chosen: int | None,
    cap: float,
    quality_title: str,
) -> go.Figure:
    """Draw (popularity, quality) of blends under ever lower caps, joined, and of each model alone.

    The blend with index `chosen` has a ring; what lies beyond the `cap` is shaded.
    """
    x, y = np.array(blends, float).T
    figure = go.Figure()
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines+markers",
        name="blends",
        line=dict(color=RUNS[0], width=2),
        marker=dict(size=9),
        hovertemplate=f"popularity %{{x:.1f}}<br>{quality_title} %{{y:.4f}}<extra>blend</extra>",
    )
    for index, (name, (popularity, quality)) in enumerate(singles.items()):
        style = run_style(index)
        figure.add_scatter(
            x=[popularity],
            y=[quality],
            mode="markers",
            name=short_label(name),
            marker=dict(size=11, color=style["color"], symbol=style["symbol"]),
            hovertemplate=f"popularity %{{x:.1f}}<br>{quality_title} %{{y:.4f}}<extra>{short_label(name)}</extra>",
        )
    right = 1.05 * max([*x, *(popularity for popularity, _ in singles.values()), cap])
    if chosen is not None:
        figure.add_scatter(
            x=[x[chosen]],
            y=[y[chosen]],
            mode="markers",
            name="chosen",
            marker=dict(size=20, symbol="circle-open", color=RUNS[1], line=dict(width=3)),
            hoverinfo="skip",
        )
    figure.add_vrect(x0=cap, x1=right, fillcolor=GHOST, opacity=0.25, line_width=0, layer="below")
    figure.update_layout(
        height=380,
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title="people per recommended item, on average", range=[0, right]),
        yaxis=dict(title=f"{quality_title} · better ↑", rangemode="tozero"),
        legend=dict(orientation="h", y=-0.25, font_size=11),
    )
    return figure
