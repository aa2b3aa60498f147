"""Quality against what it costs, with the Pareto front; two qualities against each other."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsys_core.comparison.pareto import pareto_front
from recsys_core.figures.axes import differ_widely
from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import legend_label
from recsys_core.figures.palette import GREY


def quality_against_cost(
    names: Sequence[str],
    qualities: Sequence[float],
    costs: Mapping[str, Sequence[float]],
    *,
    quality_title: str,
    higher_is_better: bool = True,
) -> go.Figure:
    """Draw a panel per cost: runs on its Pareto front are filled and joined, the others are open."""
    figure = make_subplots(rows=1, cols=len(costs), shared_yaxes=True, horizontal_spacing=0.03)
    quality = np.asarray(qualities, float)
    for column, (title, cost) in enumerate(costs.items(), start=1):
        values = np.asarray(cost, float)
        front = pareto_front(quality if higher_is_better else -quality, values)
        order = np.flatnonzero(front)[np.argsort(values[front])]
        figure.add_scatter(
            x=values[order],
            y=quality[order],
            mode="lines",
            line=dict(color=GREY, width=1.5, shape="hv"),
            hoverinfo="skip",
            showlegend=False,
            row=1,
            col=column,
        )
        for index, name in enumerate(names):
            style = run_style(index)
            figure.add_scatter(
                x=[values[index]],
                y=[quality[index]],
                name=legend_label(name),
                legendgroup=str(index),
                showlegend=column == 1,
                mode="markers",
                marker=dict(
                    size=13,
                    color=style["color"],
                    symbol=style["symbol"] + ("" if front[index] else "-open"),
                    line=dict(color=style["color"], width=2),
                ),
                hovertemplate=f"{title}: %{{x:.3s}}<br>{quality_title} %{{y:.4f}}<extra>{legend_label(name)}</extra>",
                row=1,
                col=column,
            )
        figure.update_xaxes(title_text=title, row=1, col=column)
        if differ_widely(values):
            figure.update_xaxes(type="log", row=1, col=column)
    figure.update_yaxes(title_text=quality_title, row=1, col=1)
    figure.update_layout(
        height=370, margin=dict(l=10, r=10, t=10, b=10), legend=dict(orientation="h", y=-0.25, font_size=11)
    )
    return figure


def rating_against_ranking(
    names: Sequence[str],
    errors: Sequence[float],
    quality: Sequence[float],
    *,
    quality_title: str,
    indices: Sequence[int],
    best_ranker: tuple[str, float] | None,
) -> go.Figure:
    """Draw a point per run: the RMSE of its predicted ratings (better to the left) and how well it ranks (better up).

    `indices` are those of the runs among all pinned ones, for their colours. `best_ranker`, name and quality of the
    best run that predicts no ratings, is a level line.
    """
    figure = go.Figure()
    for name, error, value, index in zip(names, errors, quality, indices, strict=True):
        style = run_style(index)
        figure.add_scatter(
            x=[error],
            y=[value],
            name=legend_label(name),
            mode="markers+text",
            text=[legend_label(name)],
            textposition="top center",
            marker=dict(size=14, color=style["color"], symbol=style["symbol"]),
            hovertemplate=f"RMSE %{{x:.4f}}<br>{quality_title} %{{y:.4f}}<extra>{legend_label(name)}</extra>",
            showlegend=False,
            cliponaxis=False,
        )
    if best_ranker is not None:
        name, value = best_ranker
        figure.add_hline(
            y=value,
            line=dict(color=GREY, width=1, dash="dot"),
            annotation_text=f"{legend_label(name)} only ranks",
            annotation_font_color=GREY,
        )
    margin = 0.25 * (max(errors) - min(errors) or 0.1)
    figure.update_layout(
        height=370,
        margin=dict(l=10, r=10, t=20, b=10),
        xaxis=dict(
            title="← better · RMSE of the predicted ratings", range=[min(errors) - margin, max(errors) + margin]
        ),
        yaxis=dict(
            title=f"{quality_title} · better ↑",
            rangemode="tozero",
            range=[0, 1.2 * max(*quality, best_ranker[1] if best_ranker else 0, 0.001)],
        ),
    )
    return figure
