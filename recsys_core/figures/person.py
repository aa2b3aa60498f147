"""Figures of one person: a score as a waterfall of its terms, and the position of a new user on the map."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from recsys_core.evaluation.significant_digits import round_keeping_sum
from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import GREY, RUNS
from recsys_core.figures.taste_map import TasteMap

_UP, _DOWN = RUNS[0], RUNS[1]  # blue for what speaks for the item, orange against
DIGITS = 3
_LABEL = 34


def waterfall(names: Sequence[str], terms: Sequence[float]) -> go.Figure:
    """Draw each term as a bar that starts where the one before ended, and the score as the last bar.

    The printed numbers add up to the printed score.
    """
    shown, total = round_keeping_sum(terms, DIGITS)
    rows = [f"{row}" for row in range(len(shown) + 1)]  # names may be equal, rows may not
    labels = [*(short_label(name, _LABEL) for name in names), "<b>the score</b>"]
    texts = [*(f"{term:+.{DIGITS}f}" for term in shown), f"{total:.{DIGITS}f}"]
    ends = np.cumsum([0.0, *shown])
    low, high = float(ends.min()), float(ends.max())
    room = 0.16 * max(high - low, 10.0**-DIGITS)
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=rows,
            x=[*shown, total],
            measure=["relative"] * len(shown) + ["total"],
            text=[text.replace("-", "−") for text in texts],
            textposition="outside",
            cliponaxis=False,
            increasing_marker_color=_UP,
            decreasing_marker_color=_DOWN,
            totals_marker_color=GREY,
            connector=dict(line=dict(color=GREY, width=1)),
            customdata=labels,
            hovertemplate="%{customdata}: %{text}<extra></extra>",
        )
    )
    figure.update_layout(
        height=60 + 26 * len(rows),
        margin=dict(l=10, r=40, t=10, b=10),
        yaxis=dict(tickvals=rows, ticktext=labels, autorange="reversed", type="category", showgrid=False),
        xaxis=dict(range=[low - room, high + room], zeroline=True),
        showlegend=False,
    )
    return figure


def place_on_map(taste_map: TasteMap, user_factors: np.ndarray, person: np.ndarray) -> np.ndarray:
    """Return (2,): the position of factors `person` (k,) on the map of the people `user_factors` (m, k).

    A map by principal components is an affine function of the factors; the people on it determine which.
    """
    known = np.column_stack([user_factors, np.ones(len(user_factors))]).astype(np.float64)
    coordinates = taste_map.projection.coordinates[: taste_map.n_people]
    picture, *_ = np.linalg.lstsq(known, coordinates.astype(np.float64), rcond=None)
    position: np.ndarray = np.append(person, 1.0) @ picture
    return position
