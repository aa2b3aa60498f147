"""Two lists of one person as a slope chart: items in both are joined by a line."""

from collections.abc import Sequence, Set

import plotly.graph_objects as go

from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import GREY, RUNS

_LABEL = 34


def slope_chart(
    lists: tuple[Sequence[int], Sequence[int]],
    names: tuple[str, str],
    titles: Sequence[str],
    held_out: Set[int],
    run_indices: tuple[int, int] = (0, 1),
) -> go.Figure:
    """Draw two lists by rank, left and right, the first on top. Items of `held_out` are filled, with a ✓ and in bold.

    `titles` are those of all items; `run_indices` are those of the two runs among all, for their colours.
    """
    figure = go.Figure()
    rank_on_the_right = {item: rank for rank, item in enumerate(lists[1], start=1)}
    for rank, item in enumerate(lists[0], start=1):
        if item in rank_on_the_right:
            figure.add_scatter(
                x=[0, 1],
                y=[rank, rank_on_the_right[item]],
                mode="lines",
                line=dict(color=RUNS[0] if item in held_out else GREY, width=2.5 if item in held_out else 1),
                hoverinfo="skip",
                showlegend=False,
            )
    for x, (items, side, run) in enumerate(zip(lists, ("left", "right"), run_indices, strict=True)):
        colour = RUNS[run % len(RUNS)]
        figure.add_scatter(
            x=[x] * len(items),
            y=list(range(1, len(items) + 1)),
            mode="markers+text",
            marker=dict(
                size=11,
                color=colour,
                symbol=["square" if item in held_out else "square-open" for item in items],
            ),
            text=[_label(titles[item], item in held_out) for item in items],
            textposition=f"middle {side}",
            hovertext=[short_label(titles[item]) for item in items],
            hovertemplate="%{y}. %{hovertext}<extra></extra>",
            showlegend=False,
        )
        figure.add_annotation(
            x=x,
            y=0.3,
            text=f"<b>{short_label(names[x])}</b>",
            showarrow=False,
            xanchor=("right", "left")[x],
            font_size=13,
        )
    longest = max(1, *(len(items) for items in lists))
    figure.update_layout(
        height=70 + 26 * longest,
        margin=dict(l=5, r=5, t=5, b=5),
        xaxis=dict(visible=False, range=[-1.35, 2.35]),
        yaxis=dict(visible=False, range=[longest + 0.6, -0.3]),
        dragmode=False,
    )
    return figure


def _label(title: str, is_held_out: bool) -> str:
    text = short_label(title, _LABEL)
    return f"<b>✓ {text}</b>" if is_held_out else text
