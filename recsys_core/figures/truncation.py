"""The errors of ALS, sweep by sweep, beside that of the truncated SVD, and their difference."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsys_core.figures.palette import RUNS
from recsys_core.optimize.truncation import Curves

_LEAST = 1e-17  # on a logarithmic axis nothing is 0


def truncation(curves: Curves) -> go.Figure:
    """Draw on the left the errors, dashed on hidden cells, on the right |ALS − SVD| over all cells, logarithmic."""
    figure = make_subplots(
        rows=1,
        cols=2,
        column_widths=[0.55, 0.45],
        horizontal_spacing=0.12,
        subplot_titles=("error (root mean square)", "how far ALS is from the SVD, all cells"),
    )
    sweeps = np.arange(1, len(curves.on_all) + 1)
    has_hidden = np.isfinite(curves.on_hidden).any()
    lines = [("ALS, cells it sees" if has_hidden else "ALS, all cells", curves.on_seen, "solid")]
    if has_hidden:
        lines += [("ALS, hidden cells", curves.on_hidden, "dash"), ("ALS, all cells", curves.on_all, "dot")]
    for name, errors, dash in lines:
        figure.add_scatter(
            x=sweeps,
            y=errors,
            mode="lines",
            name=name,
            line=dict(color=RUNS[0], width=3, dash=dash),
            hovertemplate=f"sweep %{{x}}: %{{y:.12g}}<extra>{name}</extra>",
            row=1,
            col=1,
        )
    figure.add_scatter(
        x=sweeps[[0, -1]],
        y=[curves.truncated] * 2,
        mode="lines",
        name="truncated SVD, all cells",
        line=dict(color=RUNS[1], width=2, dash="longdash"),
        hovertemplate="%{y:.12g}<extra>truncated SVD</extra>",
        row=1,
        col=1,
    )
    apart = np.maximum(np.abs(curves.on_all - curves.truncated), _LEAST)
    figure.add_scatter(
        x=sweeps,
        y=apart,
        mode="lines",
        line=dict(color=RUNS[0], width=3),
        showlegend=False,
        hovertemplate="sweep %{x}: %{y:.2e}<extra></extra>",
        row=1,
        col=2,
    )
    ends = [curves.truncated, curves.on_seen[0], curves.on_seen[-1], *(curves.on_hidden[-1:] if has_hidden else ())]
    margin = 0.08 * max(np.ptp(ends), 1e-9)
    figure.update_yaxes(range=[min(ends) - margin, max(ends) + margin], row=1, col=1)
    figure.update_yaxes(type="log", exponentformat="power", row=1, col=2)
    figure.update_xaxes(title_text="sweep")
    figure.update_layout(
        height=380, margin=dict(l=10, r=10, t=40, b=10), legend=dict(orientation="h", y=-0.2, font_size=11)
    )
    return figure
