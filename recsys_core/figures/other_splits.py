"""A metric on several splits of the same data."""

from collections.abc import Sequence

import plotly.graph_objects as go

from recsys_core.evaluation.bootstrap import Interval
from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import legend_label, row_label

_APART = 0.08


def metric_over_splits(
    splits: Sequence[str],
    names: Sequence[str],
    values: Sequence[Sequence[Interval]],
    *,
    indices: Sequence[int],
    title: str,
    are_in_order: bool,
) -> go.Figure:
    """Draw the mean of each model on each split with its 95% interval; `values[r][c]` is that of model r on split c.

    `indices` of the models give their colours. Models stand side by side, in the order given. Lines join the splits
    only where these `are_in_order`, as windows of time.
    """
    figure = go.Figure()
    for r, (name, means, index) in enumerate(zip(names, values, indices, strict=True)):
        style = run_style(index)
        shift = _APART * (r - (len(names) - 1) / 2)
        figure.add_scatter(
            x=[c + shift for c in range(len(splits))],
            y=[each.mean for each in means],
            error_y=dict(
                type="data",
                symmetric=False,
                array=[each.high - each.mean for each in means],
                arrayminus=[each.mean - each.low for each in means],
                thickness=2,
                width=4,
            ),
            name=legend_label(name),
            mode="lines+markers" if are_in_order else "markers",
            line=dict(color=style["color"], width=1),
            marker=dict(size=9, color=style["color"], symbol=style["symbol"]),
            hovertemplate="%{y:.4f}",
        )
    figure.update_layout(
        title=title,
        height=260,
        margin=dict(l=10, r=10, t=40, b=10),
        xaxis=dict(
            tickvals=list(range(len(splits))),
            ticktext=[row_label(each) for each in splits],
            range=[-0.5, len(splits) - 0.5],
        ),
        yaxis=dict(zeroline=False),
    )
    return figure
