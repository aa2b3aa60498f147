"""Figures of a factor space: the joint map, the strengths of the axes, the factors as a heat map."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from recsys_core.algorithms.models import FactorModel
from recsys_core.factors.axes import map_points
from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import DIVERGING, GROUPS, LABEL_INK, LABEL_PAPER, OTHER_GROUP, PEOPLE, RUNS
from recsys_core.optimize.pca import Projection, principal_components

_MOST_PEOPLE, _MOST_ITEMS = 1_000, 1_500  # more cannot be told apart, and a browser redraws them at every click


@dataclass(frozen=True, eq=False)
class TasteMap:
    """Users and items in one plane. `people` and `items` are the indices shown: all, or the most active.

    `projection` has the coordinates of all people, then of all items; its shares speak of all of them.
    """

    projection: Projection
    people: np.ndarray
    items: np.ndarray
    n_people: int

    @property
    def people_at(self) -> np.ndarray:
        at: np.ndarray = self.projection.coordinates[self.people]
        return at

    @property
    def items_at(self) -> np.ndarray:
        at: np.ndarray = self.projection.coordinates[self.n_people + self.items]
        return at


def taste_map(model: FactorModel, strengths: np.ndarray, activity: np.ndarray, popularity: np.ndarray) -> TasteMap:
    """Project people and items on their joint principal components; the 1,000 most active and 1,500 most popular show.

    `model` has its axes by strength, with these `strengths`.
    """
    points = np.concatenate(map_points(model, strengths))
    shown = _most(activity, _MOST_PEOPLE), _most(popularity, _MOST_ITEMS)
    return TasteMap(principal_components(points), *shown, n_people=len(activity))


def _most(counts: np.ndarray, most: int) -> np.ndarray:
    """Return the indices with a count above 0; if there are too many, those with the largest counts."""
    order = np.argsort(-counts, kind="stable")
    return np.sort(order[: min(most, int(np.sum(counts > 0)))])


def draw_map(
    taste_map: TasteMap,
    *,
    titles: Sequence[str],
    names: Sequence[str],
    groups: Sequence[str],
    popularity: np.ndarray,
    selected_item: int | None = None,
    neighbours: np.ndarray | None = None,
    selected_person: int | None = None,
    star: np.ndarray | None = None,
    lasso: bool = False,
) -> go.Figure:
    """Draw people as small circles and items as squares, sized by popularity and coloured by group.

    `star` (2,) is the position of one more person, such as a new user. Dragging pans, or selects with `lasso`.
    """
    figure = go.Figure()
    people_at, items_at = taste_map.people_at, taste_map.items_at
    figure.add_scattergl(
        x=people_at[:, 0],
        y=people_at[:, 1],
        mode="markers",
        name="people",
        marker=dict(symbol="circle", size=5, color=PEOPLE, opacity=0.5),
        customdata=_rows(["person", int(u), short_label(names[u])] for u in taste_map.people),
        hovertemplate="%{customdata[2]}<extra>person</extra>",
    )
    shown_popularity = popularity[taste_map.items]
    sizes = 5 + 11 * np.sqrt(shown_popularity / max(1, shown_popularity.max(initial=1)))
    group_of, colours = shown_groups([groups[item] for item in taste_map.items])
    for name, colour in reversed(colours.items()):  # the rest below, the largest group on top
        at = np.flatnonzero(group_of == name)
        figure.add_scattergl(
            x=items_at[at, 0],
            y=items_at[at, 1],
            mode="markers",
            name=short_label(name),
            marker=dict(symbol="square", size=sizes[at], color=colour, opacity=0.85, line=dict(width=0)),
            customdata=_rows(["item", int(i), short_label(titles[i]), short_label(name)] for i in taste_map.items[at]),
            hovertemplate="%{customdata[2]}<extra>%{customdata[3]}</extra>",
        )
    # A click chooses an item and dims nothing; a group stands out.
    figure.update_traces(unselected_marker_opacity=0.15 if lasso else 0.85)
    if selected_item is not None:
        _mark(figure, taste_map, [selected_item], titles, size=22, width=3)
        _mark(figure, taste_map, [] if neighbours is None else neighbours, [""] * len(titles), size=15, width=1.5)
    if selected_person is not None:
        _mark(figure, taste_map, [selected_person], names, size=16, width=3, symbol="circle-open")
    if star is not None:
        figure.add_scatter(
            x=[star[0]],
            y=[star[1]],
            mode="markers",
            name="you",
            marker=dict(symbol="star", size=22, color=RUNS[1], line=dict(width=1.5, color=LABEL_INK)),
            hovertemplate="you<extra></extra>",
        )
    x_share, y_share = taste_map.projection.shares
    figure.update_layout(
        height=470,
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title=f"first direction: {x_share:.0%} of the variance", zeroline=True, showgrid=False),
        yaxis=dict(title=f"second direction: {y_share:.0%}", zeroline=True, showgrid=False),
        legend=dict(orientation="h", y=-0.14, font_size=11, itemsizing="constant", traceorder="reversed"),
        dragmode="lasso" if lasso else "pan",
        clickmode="event+select",
    )
    return figure


def _rows(words: Iterable[list[object]]) -> np.ndarray:
    """Return one array: Plotly looks at every cell of a list of lists, which takes longer than all the rest."""
    return np.array([*words], dtype=object)


def _mark(
    figure: go.Figure,
    taste_map: TasteMap,
    items: Sequence[int] | np.ndarray,
    titles: Sequence[str],
    *,
    size: float,
    width: float,
    symbol: str = "square-open",
) -> None:
    """Draw a ring and, if there is a title, a label; also around what is not among those shown.

    The `symbol` of items is a square, that of people a circle.
    """
    coordinates = taste_map.projection.coordinates
    first = taste_map.n_people if symbol == "square-open" else 0
    at = coordinates[first + np.asarray(items, int)]
    middle = float(np.mean(coordinates[:, 0]))
    labels = [short_label(titles[item]) for item in items]
    figure.add_scatter(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        text=labels,
        marker=dict(symbol=symbol, size=size, color=RUNS[1], line_width=width),
        unselected_marker_opacity=1,
        hoverinfo="skip",
        showlegend=False,
    )
    for label, (x, y) in zip(labels, at, strict=True):
        if label:
            figure.add_annotation(
                x=x,
                y=y,
                text=label,
                showarrow=False,
                yshift=size,
                # Towards the middle, so that no label is cut off at the edge.
                xanchor="right" if x > middle else "left",
                bgcolor=LABEL_PAPER,
                font=dict(color=LABEL_INK, size=12),
            )


def shown_groups(groups: Sequence[str]) -> tuple[np.ndarray, dict[str, str]]:
    """Return the group under which each item is drawn, and the colours of the groups, the largest first.

    The eight most frequent groups keep their names; the rest is "other", or "items" where none has a name.
    """
    frequent = [name for name, _ in Counter(name for name in groups if name).most_common(len(GROUPS))]
    rest, rest_colour = ("other", OTHER_GROUP) if frequent else ("items", RUNS[0])
    group_of = np.array([name if name in frequent else rest for name in groups], dtype=object)
    colours = dict(zip(frequent, GROUPS, strict=False))
    if rest in group_of:
        colours[rest] = rest_colour
    return group_of, colours


def spectrum(strengths: np.ndarray) -> go.Figure:
    """Draw the strength of every axis as a bar."""
    figure = go.Figure(go.Bar(x=np.arange(1, len(strengths) + 1), y=strengths, marker_color=RUNS[0]))
    figure.update_layout(
        height=300,
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title="factor", dtick=max(1, len(strengths) // 16)),
        yaxis_title="strength (singular value)",
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
