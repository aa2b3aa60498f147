"""Figures of seed variability: rings on the map, and variability against the number of ratings."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import RUNS
from recsys_core.figures.taste_map import TasteMap
from recsys_core.percent import percent

_MOST_RINGS = 150
_MOST_POINTS = 2_000
_BINS = 8
_TICKS = [step * 10**decade for decade in range(7) for step in (1, 2, 5)]


def ringed_map(
    taste_map: TasteMap, variability: np.ndarray, counts: np.ndarray, titles: Sequence[str], rating_noun: str
) -> go.Figure:
    """Draw items on the map, each with a ring that is wider the more its position varies.

    Of many items 150 are shown, evenly from the least to the most popular.
    """
    by_count = np.argsort(counts, kind="stable")[int(np.sum(counts == 0)) :]
    items = by_count[np.unique(np.linspace(0, len(by_count) - 1, min(_MOST_RINGS, len(by_count))).astype(int))]
    at = taste_map.projection.coordinates[taste_map.n_people + items]
    words = [[short_label(titles[item]), percent(variability[item]), int(counts[item])] for item in items]
    figure = go.Figure()
    for marker in (
        dict(symbol="square", size=4, color=RUNS[0]),
        dict(symbol="circle-open", size=5 + 60 * variability[items], color=RUNS[1], opacity=0.7),
    ):
        figure.add_scattergl(
            x=at[:, 0],
            y=at[:, 1],
            mode="markers",
            marker=marker,
            customdata=words,
            hovertemplate="%{customdata[0]}<br>varies by %{customdata[1]}, %{customdata[2]} "
            f"{rating_noun}<extra></extra>",
            showlegend=False,
        )
    figure.update_layout(
        title="The wider the ring, the less certain the position",
        height=360,
        margin=dict(l=10, r=10, t=36, b=10),
        xaxis=dict(showticklabels=False, showgrid=False),
        yaxis=dict(showticklabels=False, showgrid=False),
    )
    return figure


def variability_by_count(
    variability: np.ndarray, counts: np.ndarray, titles: Sequence[str], rating_noun: str
) -> go.Figure:
    """Draw the variability of items against their number of ratings, with the median over similar numbers."""
    rated = np.flatnonzero(counts)
    shown = rated[:: max(1, len(rated) // _MOST_POINTS)]
    figure = go.Figure()
    figure.add_scattergl(
        x=counts[shown],
        y=variability[shown],
        mode="markers",
        marker=dict(symbol="square", size=4, color=RUNS[0], opacity=0.5),
        customdata=[short_label(titles[item]) for item in shown],
        hovertemplate=f"%{{customdata}}<br>%{{x}} {rating_noun}, varies by %{{y:.0%}}<extra></extra>",
        name="item",
    )
    edges = np.geomspace(counts[rated].min(), counts[rated].max(), _BINS + 1)
    bin_of = np.searchsorted(edges[1:-1], counts[rated], side="right")
    bins = [rated[bin_of == number] for number in np.unique(bin_of)]
    figure.add_scatter(
        x=[np.median(counts[items]) for items in bins],
        y=[np.median(variability[items]) for items in bins],
        mode="lines+markers",
        line=dict(color=RUNS[1], width=3),
        name="median",
        hovertemplate=f"about %{{x:.0f}} {rating_noun}: median %{{y:.0%}}<extra></extra>",
    )
    figure.update_layout(
        title=f"Variability by number of {rating_noun}",
        height=360,
        margin=dict(l=10, r=10, t=36, b=10),
        xaxis=dict(title=f"{rating_noun} of the item", type="log", tickvals=_TICKS),
        yaxis=dict(tickformat=".0%", rangemode="tozero"),
        legend=dict(x=1, y=1, xanchor="right", bgcolor="rgba(0,0,0,0)"),
    )
    return figure
