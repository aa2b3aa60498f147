"""Two measures against each other, and how a measure is spread over people."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.comparison.pareto import pareto_front
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import legend_label, short_label
from recsys_core.figures.palette import GREY

_MARGIN = dict(l=10, r=10, t=30, b=10)


def measures_tradeoff(
    names: Sequence[str],
    across: Sequence[Interval],
    up: Sequence[Interval],
    *,
    titles: tuple[str, str],
    higher_is_better: tuple[bool, bool],
) -> go.Figure:
    """Draw a point per run with both 95% intervals; runs on the Pareto front are filled, all others open."""
    signs = [1 if each else -1 for each in higher_is_better]
    costs = -signs[0] * np.array([each.mean for each in across])
    front = pareto_front(signs[1] * np.array([each.mean for each in up]), costs)
    figure = go.Figure()
    for index, (name, x, y) in enumerate(zip(names, across, up, strict=True)):
        style = run_style(index)
        figure.add_scatter(
            x=[x.mean],
            y=[y.mean],
            error_x=_bars(x),
            error_y=_bars(y),
            name=legend_label(name),
            mode="markers",
            marker=dict(
                size=13,
                color=style["color"],
                symbol=f"{style['symbol']}{'' if front[index] else '-open'}",
                line=dict(color=style["color"], width=2),
            ),
            hovertemplate=f"{titles[0]} %{{x:.4f}}<br>{titles[1]} %{{y:.4f}}<extra>{short_label(name)}</extra>",
        )
    arrows = ["better →" if higher_is_better[0] else "← better", "better ↑" if higher_is_better[1] else "better ↓"]
    figure.update_layout(
        height=400,
        margin=_MARGIN,
        xaxis=dict(title=f"{titles[0]} · {arrows[0]}"),
        yaxis=dict(title=f"{titles[1]} · {arrows[1]}"),
        legend=dict(orientation="h", y=-0.25, font_size=11),
    )
    return figure


def quantile_curves(
    shares: Sequence[float], curves: Mapping[str, Sequence[float]], *, title: str, worst_off: float
) -> go.Figure:
    """Draw, for every run, the value that each share of people stays at or below; the worst off are shaded."""
    figure = go.Figure()
    for index, (name, values) in enumerate(curves.items()):
        style = run_style(index)
        figure.add_scatter(
            x=[100 * share for share in shares],
            y=list(values),
            name=legend_label(name),
            mode="lines",
            line=dict(color=style["color"], dash=style["dash"], width=2),
            hovertemplate=f"%{{x:.0f}}% of people have at most %{{y:.3f}}<extra>{short_label(name)}</extra>",
        )
    figure.add_vrect(x0=0, x1=100 * worst_off, fillcolor=GREY, opacity=0.15, line_width=0)
    figure.update_layout(
        height=360,
        margin=_MARGIN,
        xaxis=dict(title="Share of people, the worst off first (%)", range=[0, 100]),
        yaxis=dict(title=title),
        legend=dict(orientation="h", y=-0.25, font_size=11),
    )
    return figure


def _bars(interval: Interval) -> dict[str, object]:
    if not interval.is_known:
        return dict(visible=False)
    return dict(
        type="data",
        symmetric=False,
        array=[interval.high - interval.mean],
        arrayminus=[interval.mean - interval.low],
        thickness=1.5,
        width=4,
    )
