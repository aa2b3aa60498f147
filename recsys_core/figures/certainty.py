"""Figures of how sure a Bayesian model is: intervals of ratings, and the cloud of places where a person may be."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import LABEL_INK, LABEL_PAPER, PEOPLE, RUNS
from recsys_core.figures.person import place_on_map
from recsys_core.figures.taste_map import TasteMap
from recsys_core.percent import percent

_LABEL = 30


def draw_rating_intervals(titles: Sequence[str], low: np.ndarray, expected: np.ndarray, high: np.ndarray) -> go.Figure:
    """Draw the expected rating of each title of a list (j,) with the interval of a single rating, best on top."""
    rows = [f"{row}" for row in range(len(titles))]  # titles may be equal, rows may not
    figure = go.Figure(
        go.Scatter(
            x=expected.tolist(),
            y=rows,
            mode="markers",
            marker=dict(size=9, color=RUNS[0]),
            error_x=dict(array=high - expected, arrayminus=expected - low, color=RUNS[0], thickness=1.5, width=4),
            customdata=[[short_label(t, _LABEL), lo, hi] for t, lo, hi in zip(titles, low, high, strict=True)],
            hovertemplate="%{customdata[0]}: %{x:.2f} (%{customdata[1]:.2f} to %{customdata[2]:.2f})<extra></extra>",
        )
    )
    labels = [f"{rank}  {short_label(title, _LABEL)}" for rank, title in enumerate(titles, 1)]
    figure.update_layout(
        height=70 + 28 * len(rows),
        margin=dict(l=10, r=10, t=10, b=10),
        yaxis=dict(tickvals=rows, ticktext=labels, autorange="reversed", type="category", showgrid=False),
        xaxis=dict(title="rating"),
        showlegend=False,
    )
    return figure


def draw_cloud(taste_map: TasteMap, user_factors: np.ndarray, cloud: np.ndarray) -> go.Figure:
    """Draw where each sample puts a person, `cloud` (samples, k), among the people of a map, `user_factors` (m, k)."""
    places = np.array([place_on_map(taste_map, user_factors, each) for each in cloud])
    people = taste_map.people_at
    figure = go.Figure()
    for at, name, size, colour, opacity in (
        (people, "people", 4, PEOPLE, 0.35),
        (places, "this person, in each draw", 8, RUNS[1], 0.7),
        (places.mean(axis=0, keepdims=True), "their mean", 15, LABEL_INK, 1.0),
    ):
        figure.add_scatter(
            x=at[:, 0],
            y=at[:, 1],
            mode="markers",
            name=name,
            marker=dict(
                size=size,
                color=colour,
                opacity=opacity,
                symbol="circle" if size < 15 else "x",
                line=dict(width=0 if size < 15 else 1, color=LABEL_PAPER),
            ),
            hovertemplate=f"{name}<extra></extra>",
        )
    x_share, y_share = taste_map.projection.shares
    figure.update_layout(
        height=360,
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title=f"first direction: {percent(x_share)} of the variance", zeroline=True, showgrid=False),
        yaxis=dict(title=f"second direction: {percent(y_share)}", zeroline=True, showgrid=False),
        legend=dict(orientation="h", y=-0.2, font_size=11, itemsizing="constant"),
    )
    return figure
