"""The shape of a data set: its long tail, the activity of people, and the values."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go

from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import singular
from recsys_core.figures.palette import RUNS

_MARGIN = dict(l=10, r=10, t=36, b=10)


def long_tail(data: Interactions, items: str = "items", ratings: str = "ratings") -> go.Figure:
    """Draw the interactions of every item, the most popular first; each colour holds half of all.

    `items` and `ratings` are what they are called.
    """
    counts = np.sort(data.users_per_item)[::-1]
    head = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2)) + 1
    ranks = np.arange(1, len(counts) + 1)
    keep = (
        np.union1d(np.geomspace(1, len(counts), 600).astype(int) - 1, [head - 1]) if len(counts) > 1500 else ranks - 1
    )
    figure = go.Figure()
    for is_in, colour, name in ((keep < head, RUNS[0], "half of all"), (keep >= head - 1, RUNS[5], "the other half")):
        figure.add_scatter(
            x=ranks[keep][is_in], y=counts[keep][is_in], mode="lines", fill="tozeroy", name=name, line_color=colour
        )
    figure.update_layout(
        title=f"{ratings.capitalize()} per {singular(items)}, the most popular first",
        height=260,
        margin=_MARGIN,
        legend=dict(x=1, y=1, xanchor="right", bgcolor="rgba(0,0,0,0)"),
        xaxis_title=items,
    )
    return figure


def activity(data: Interactions, ratings: str = "ratings") -> go.Figure:
    """Draw how many people have how many interactions."""
    counts = data.items_per_user
    edges = np.unique(
        np.geomspace(max(1, counts.min(initial=counts.max(initial=1))), max(2, counts.max(initial=1)) + 1, 14).astype(
            int
        )
    )
    heights, _ = np.histogram(counts, edges)
    labels = [f"{a:,}" if b - a == 1 else f"{a:,}–{b - 1:,}" for a, b in pairwise(edges)]
    figure = go.Figure(go.Bar(x=labels, y=heights, marker_color=RUNS[0]))
    figure.update_layout(title=f"People by their number of {ratings}", height=260, margin=_MARGIN)
    return figure


def value_histogram(data: Interactions) -> go.Figure:
    """Draw how often each value occurs; many values are binned."""
    values, counts = data.distinct_values
    if len(values) > 30:
        counts, edges = np.histogram(data.values, 30)
        values = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure(go.Bar(x=values, y=counts, marker_color=RUNS[0]))
    figure.update_layout(title="How often each value occurs", height=260, margin=_MARGIN)
    if len(values) <= 12:
        figure.update_xaxes(tickvals=values)
    return figure
