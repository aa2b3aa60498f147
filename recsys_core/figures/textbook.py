"""The lengths of the steps of a textbook example."""

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.palette import RUNS


def step_lengths(path: np.ndarray) -> go.Figure:
    """Draw the largest change of a coordinate of `path` (s + 1, d) in each step, on a logarithmic axis."""
    lengths = np.abs(np.diff(path, axis=0)).max(axis=1)
    figure = go.Figure()
    figure.add_scatter(
        x=np.arange(1, len(path)),
        y=np.where(lengths > 0, lengths, np.nan),
        mode="lines+markers" if len(path) < 30 else "lines",
        line=dict(color=RUNS[0], width=3),
        marker_size=9,
        hovertemplate="step %{x}: %{y:.2g}<extra></extra>",
    )
    figure.update_xaxes(title="step", rangemode="tozero")
    decades = np.ptp(np.log10(lengths[lengths > 0])) if np.any(lengths > 0) else 0
    figure.update_yaxes(
        type="log", title="length of the step", exponentformat="power", dtick=max(1, round(decades / 5))
    )
    figure.update_layout(height=270, margin=dict(l=10, r=10, t=10, b=10), showlegend=False)
    return figure
