"""Effective factors against the penalty λ, with Newton's tangents on the way to the number wanted."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.palette import GREY, RUNS
from recsys_core.optimize.degrees_of_freedom import degrees_of_freedom

_POINTS = 200
_FAR = 8  # times Newton's λ: with more on the axis its steps could not be told apart


def tangents(
    singular_values: np.ndarray, wanted: float, steps: Sequence[float], trained_with: float = np.inf
) -> go.Figure:
    """Draw df(λ) with a tangent from each of Newton's `steps` to the next.

    `trained_with` is the λ of the model; it is drawn unless it is far off.
    """
    ridges = np.asarray(steps)
    shows_trained = trained_with < _FAR * ridges[-1]
    right = max(2 * ridges[-1], 1.2 * trained_with if shows_trained else 0.0) or 1.0
    # Close to 0 the curve falls steeply: as many points there as in all the rest.
    grid = np.unique(np.concatenate([np.linspace(0, right, _POINTS), right * np.geomspace(1e-6, 1, _POINTS), ridges]))
    figure = go.Figure()
    figure.add_scatter(
        x=grid,
        y=degrees_of_freedom(singular_values, grid),
        mode="lines",
        name="effective factors df(λ)",
        line=dict(color=RUNS[0], width=3),
        hovertemplate="λ = %{x:.4g}: %{y:.2f} factors<extra></extra>",
    )
    figure.add_hline(y=wanted, line=dict(color=GREY, dash="dot"))
    heights = degrees_of_freedom(singular_values, ridges)
    x, y = [], []
    for before, height, after in zip(ridges, heights, ridges[1:], strict=False):
        x += [before, after, after, None]
        y += [height, wanted, degrees_of_freedom(singular_values, after), None]
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        name="tangent, then up to the curve",
        line=dict(color=RUNS[1], width=1.5, dash="dash"),
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=ridges,
        y=heights,
        mode="markers",
        name="Newton's steps",
        marker=dict(color=RUNS[1], size=9),
        customdata=np.arange(len(ridges)),
        hovertemplate="step %{customdata}: λ = %{x:.4g}, %{y:.3f} factors<extra></extra>",
    )
    if shows_trained:
        figure.add_vline(x=trained_with, line=dict(color=GREY, dash="dash"), annotation_text=" λ of the model")
    figure.update_layout(
        height=380,
        margin=dict(l=10, r=10, t=20, b=10),
        xaxis=dict(title="penalty λ", range=[-0.02 * right, right], zeroline=False),
        yaxis=dict(title="effective factors", rangemode="tozero"),
        legend=dict(orientation="h", y=-0.2, font_size=11),
    )
    return figure
