"""A person's list as a ladder: which items are pushed up and which down."""

from collections.abc import Iterable, Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import DIVERGING, GREY
from recsys_core.per_user.pair_forces import ListState
from recsys_core.percent import percent

RUNGS = 15
_DOWN, _UP = DIVERGING[1][1], DIVERGING[3][1]
_LONGEST_TITLE = 30
_LONGEST_ARROW = 3.0  # in rungs
_COLUMNS = 5  # neighbours on the ladder have their arrows side by side
_LEAST = 0.002  # of the longest arrow; shorter ones are a dot


def strongest_gradient(moments: Iterable[ListState]) -> float:
    """Return the strongest push on any rung of several ladders, so that their arrows have one scale."""
    return max(float(np.abs(moment.forces[moment.best_first[:RUNGS]]).max()) for moment in moments)


def gradient_ladder(moment: ListState, titles: Sequence[str], *, title: str, strongest: float) -> go.Figure:
    """Draw the top of the list, each item with an arrow up (blue) or down (orange) as long as its push.

    A push as strong as `strongest` is three rungs long. Chosen items are filled squares, the others open ones.
    """
    top = moment.best_first[:RUNGS]
    ranks = np.arange(1, len(top) + 1)
    forces, chosen = moment.forces[top], moment.gains[top] > 0
    lengths = forces / max(strongest, 1e-12)
    columns = (ranks - 1) % _COLUMNS
    labels = [short_label(titles[item], _LONGEST_TITLE) for item in top]
    figure = go.Figure()
    for way, colour, symbol in ((lengths > _LEAST, _UP, "triangle-up"), (lengths < -_LEAST, _DOWN, "triangle-down")):
        tips = ranks[way] - _LONGEST_ARROW * lengths[way]
        shafts_x, shafts_y = (np.full((way.sum(), 3), np.nan) for _ in "xy")
        shafts_x[:, 0] = shafts_x[:, 1] = columns[way]
        shafts_y[:, 0], shafts_y[:, 1] = ranks[way], tips
        line = dict(color=colour, width=5)
        figure.add_scatter(x=shafts_x.ravel(), y=shafts_y.ravel(), mode="lines", line=line, hoverinfo="skip")
        head = dict(symbol=symbol, size=13, color=colour)
        figure.add_scatter(x=columns[way], y=tips, mode="markers", marker=head, hoverinfo="skip")
    figure.add_scatter(
        x=columns,
        y=ranks,
        mode="markers",
        marker=dict(symbol=np.where(chosen, "square", "square-open"), size=8, color=GREY, line_width=2),
        customdata=[
            f"{label}<br>{'chosen, ' if is_chosen else ''}{push_in_words(push)}"
            for label, is_chosen, push in zip(labels, chosen, forces, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    figure.update_layout(
        title=title,
        height=440,
        margin=dict(l=10, r=10, t=40, b=10),
        showlegend=False,
        xaxis=dict(visible=False, range=[-0.5, _COLUMNS - 0.5]),
        yaxis=dict(
            tickvals=ranks,
            ticktext=[
                f"{label} {'■' if is_chosen else '□'} {rank}"
                for label, is_chosen, rank in zip(labels, chosen, ranks, strict=True)
            ],
            range=[len(top) + _LONGEST_ARROW * 0.6, 1 - _LONGEST_ARROW - 0.4],
            tickfont_size=11,
            zeroline=False,
        ),
    )
    return figure


def push_in_words(push: float) -> str:
    """Return which way an item is pushed, and with what share of all force in that direction."""
    return f"pushed {'up' if push > 0 else 'down'} with {percent(abs(push))} of the force" if push else "not pushed"
