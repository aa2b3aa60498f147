"""Figures of factors beside the map: the strengths of the axes, and the factors as a heat map."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import DIVERGING, RUNS


def spectrum(strengths: np.ndarray, *, are_singular_values: bool = True) -> go.Figure:
    """Draw the strength of every axis as a bar; those of rotated axes are no singular values."""
    figure = go.Figure(go.Bar(x=np.arange(1, len(strengths) + 1), y=strengths, marker_color=RUNS[0]))
    figure.update_layout(
        height=300,
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title="factor", dtick=max(1, len(strengths) // 16)),
        yaxis_title="strength (singular value)" if are_singular_values else "strength",
    )
    return figure


def heat_map(factors: np.ndarray, names: Sequence[str]) -> go.Figure:
    """Draw factors (rows, k) as colours: orange for negative, blue for positive, on one scale."""
    limit = float(np.abs(factors).max(initial=1e-12))
    labels = [short_label(name, 34) for name in names]
    figure = go.Figure(
        go.Heatmap(
            z=factors,
            x=[f"{factor + 1}" for factor in range(factors.shape[1])],
            y=list(range(len(names))),
            zmin=-limit,
            zmax=limit,
            colorscale=[list(stop) for stop in DIVERGING],
            customdata=[[label] * factors.shape[1] for label in labels],
            hovertemplate="%{customdata}<br>factor %{x}: %{z:.2f}<extra></extra>",
        )
    )
    figure.update_layout(
        height=max(260, 18 * len(names) + 70),
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title="factor", type="category"),
        yaxis=dict(tickvals=list(range(len(names))), ticktext=labels, autorange="reversed"),
    )
    return figure
