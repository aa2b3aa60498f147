"""From factors to the map in four pictures: centre, covariance, axes, projection."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsys_core.figures.palette import DIVERGING, PEOPLE, RUNS
from recsys_core.figures.taste_map import TasteMap
from recsys_core.percent import percent

TITLES = ("1 · centre", "2 · covariance", "3 · axes", "4 · projection: the map")
_AXIS_LENGTH = 2.5  # standard deviations
_MOST_FACTORS = 12  # in the picture of the covariance; the strongest come first


def four_pictures(points: np.ndarray, mapped: TasteMap) -> go.Figure:
    """Draw `points` (people and then items, k) and the map of them.

    Pictures 1 and 3 show the first two of the k factors, picture 2 the first twelve.
    """
    projection = mapped.projection
    figure = make_subplots(rows=1, cols=4, subplot_titles=TITLES, horizontal_spacing=0.06)
    if points.shape[1] == 1:  # a line has no second coordinate
        points = np.pad(points, ((0, 0), (0, 1)))
    mean = np.pad(projection.mean, (0, 2))[:2]
    for cell, coordinates in ((0, points[:, :2]), (2, points[:, :2] - mean), (3, projection.coordinates)):
        _cloud(figure, coordinates[mapped.people], "people", "circle", PEOPLE, cell + 1)
        _cloud(figure, coordinates[mapped.n_people + mapped.items], "items", "square", RUNS[0], cell + 1)
    figure.add_scatter(
        x=[mean[0]],
        y=[mean[1]],
        mode="markers",
        name="their mean",
        marker=dict(symbol="cross", size=16, color=RUNS[1], line=dict(color="white", width=1)),
        hovertemplate="the mean: %{x:.3f}, %{y:.3f}<extra></extra>",
        row=1,
        col=1,
    )
    covariance = projection.covariance[:_MOST_FACTORS, :_MOST_FACTORS]
    limit = float(np.abs(covariance).max(initial=1e-12))
    names = [str(factor + 1) for factor in range(len(covariance))]
    figure.add_heatmap(
        z=covariance,
        x=names,
        y=names,
        zmin=-limit,
        zmax=limit,
        colorscale=[list(stop) for stop in DIVERGING],
        showscale=False,
        hovertemplate="factors %{x} and %{y}: %{z:.4f}<extra></extra>",
        row=1,
        col=2,
    )
    spreads = np.sqrt(np.maximum(np.einsum("kd,kl,ld->d", projection.axes, projection.covariance, projection.axes), 0))
    for direction, (spread, dash) in enumerate(zip(spreads, ("solid", "dash"), strict=True)):
        x, y = _AXIS_LENGTH * spread * np.pad(projection.axes[:, direction], (0, 2))[:2]
        figure.add_scatter(
            x=[-x, x],
            y=[-y, y],
            mode="lines",
            name=("first", "second")[direction]
            + f" direction, {percent(projection.shares[direction])} of the variance",
            line=dict(color=RUNS[1], width=3, dash=dash),
            hoverinfo="skip",
            row=1,
            col=3,
        )
    for cell, (x_title, y_title) in enumerate((("factor 1", "factor 2"), ("factor", "factor"),
                                               ("factor 1 less mean", "factor 2 less mean"),
                                               ("first direction", "second direction"))):  # fmt: skip
        figure.update_xaxes(title=dict(text=x_title, standoff=2), zeroline=cell != 1, row=1, col=cell + 1)
        figure.update_yaxes(title=dict(text=y_title, standoff=0), zeroline=cell != 1, row=1, col=cell + 1)
    figure.update_xaxes(type="category", row=1, col=2)
    figure.update_yaxes(type="category", autorange="reversed", row=1, col=2)
    figure.update_layout(
        height=330, margin=dict(l=10, r=10, t=30, b=10), legend=dict(orientation="h", y=-0.28, font_size=11)
    )
    return figure


def _cloud(figure: go.Figure, at: np.ndarray, name: str, symbol: str, colour: str, col: int) -> None:
    figure.add_scattergl(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=col == 1,
        marker=dict(symbol=symbol, size=4, color=colour, opacity=0.5),
        hoverinfo="skip",
        row=1,
        col=col,
    )
