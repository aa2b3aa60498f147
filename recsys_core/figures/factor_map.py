"""The map of a factor space: people and items in one plane, coloured by what is known of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from recsys_core.data.attributes import UNKNOWN, Attribute
from recsys_core.data.dataset import GENRES, Dataset
from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import GHOST, GROUPS, LABEL_INK, LABEL_PAPER, OTHER_GROUP, PEOPLE, RUNS
from recsys_core.figures.place_labels import GAP, Box, label_width, place_labels
from recsys_core.figures.taste_map import TasteMap
from recsys_core.percent import percent

BOTH, ITEMS_ONLY, PEOPLE_ONLY = "both", "items", "people"
_PEOPLE_SIZE, _ITEM_SIZES = 5.0, (5.0, 16.0)
_HEIGHT = 440
_PLOT = (300.0, 270.0)  # pixels of the plot where it is narrowest, on a phone: there labels must not overlap
_CELLS, _FULL, _LEAST_SCALE = 24, 0.5, 0.45  # of a cell of the plot at most half is covered, or marks shrink
_MOST_TITLES, _LONGEST_TITLE, _LONGEST_END = 15, 24, 34
_TITLE_SIZE, _CHOSEN_SIZE = 10, 12
_ARROW = 0.45  # the share of the map that the arrow of a new person crosses at least
_ZOOM = 0.3  # the share of the map around a chosen item
_NUMBERS = "Cividis"


@dataclass(frozen=True, eq=False)
class Colouring:
    """What the marks of items, or of people, are coloured by: a group of each, or where there are `numbers`, these.

    A number that is not known is NaN, a group "" or "unknown".
    """

    name: str
    groups: Sequence[str] = ()
    numbers: np.ndarray | None = None
    of_people: bool = False
    is_in_years: bool = False

    @classmethod
    def by(cls, name: str, attribute: Attribute, *, of_people: bool = False) -> "Colouring":
        """Colour by an attribute: by its numbers, or by the first value of each."""
        if attribute.is_ordered:
            return cls(name, (), attribute.numbers, of_people, attribute.is_in_years)
        return cls(name, [label or UNKNOWN for label in attribute.label_of], of_people=of_people)

    @classmethod
    def by_genre(cls, dataset: Dataset) -> "Colouring":
        """Colour the items by their first genre; all alike where none is known."""
        groups = [genres[0] if genres else "" for genres in dataset.genres]
        return cls(GENRES, groups or [""] * len(dataset.titles))


@dataclass(frozen=True, eq=False)
class Marks:
    """Items that are ringed and, where `with_titles`, named; `name` is what the legend calls them."""

    items: Sequence[int] | np.ndarray
    name: str = ""
    colour: str = RUNS[1]
    size: float = 15
    width: float = 1.5
    with_titles: bool = False


def draw_map(
    taste_map: TasteMap,
    *,
    titles: Sequence[str],
    names: Sequence[str],
    colouring: Colouring,
    popularity: np.ndarray,
    marks: Sequence[Marks] = (),
    selected_person: int | None = None,
    star: np.ndarray | None = None,
    origin: np.ndarray | None = None,
    ends: Sequence[str] = ("", "", "", ""),
    show: str = BOTH,
    zoom_to: int | None = None,
    lasso: bool = False,
) -> go.Figure:
    """Draw people as small circles and items as squares, sized by popularity and coloured as `colouring` says.

    Up to fifteen of the most popular items are named, where there is room for their titles. `marks` are ringed on top.
    `star` (2,) is the position of one more person, such as a new user, with an arrow to it from `origin` (2,). `ends`
    name what lies left, right, below and above. `show` leaves out people or items, and `zoom_to` is the item around
    which the map is drawn. Dragging pans, or selects with `lasso`. A click in the legend shows one group alone.
    """
    figure = go.Figure()
    scale, opacity = _fit(taste_map, show)
    if show != ITEMS_ONLY:
        _add_people(figure, taste_map, names, colouring, scale, opacity)
    if show != PEOPLE_ONLY:
        _add_items(figure, taste_map, titles, colouring, popularity, scale, opacity)
    # A click chooses an item and dims nothing; a group stands out.
    figure.update_traces(unselected_marker_opacity=0.15 if lasso else opacity)
    _set_axes(figure, taste_map, zoom_to)
    notes = _ends(ends)
    chosen = list[tuple[np.ndarray, str]]()
    for each in marks:
        ringed = np.asarray(each.items, int)  # also those that are not among those shown
        at = taste_map.projection.coordinates[taste_map.n_people + ringed]
        _add_rings(figure, at, each, "square-open", [short_label(titles[item]) for item in ringed])
        chosen += [(point, titles[item]) for point, item in zip(at, ringed, strict=True)] if each.with_titles else []
    if selected_person is not None:
        at = taste_map.projection.coordinates[[selected_person]]
        ring = Marks([selected_person], size=16, width=3)
        _add_rings(figure, at, ring, "circle-open", [short_label(names[selected_person])])
        chosen.insert(1, (at[0], names[selected_person]))
    shown = taste_map.items[: 0 if show == PEOPLE_ONLY else None]
    ringed = np.concatenate([np.zeros(0, int), *(np.asarray(each.items, int) for each in marks if each.with_titles)])
    others = np.setdiff1d(shown, ringed)
    others = others[np.argsort(-popularity[others], kind="stable")]
    others_at = taste_map.projection.coordinates[taste_map.n_people + others]
    notes += _titles(figure, chosen, [(at, titles[item]) for at, item in zip(others_at, others, strict=True)])
    if star is not None:
        notes += _add_star(figure, star, origin)
    figure.update_layout(
        annotations=notes,  # at once: Plotly checks all notes again whenever one is added
        height=_HEIGHT,
        margin=dict(l=10, r=10, t=26 if any(ends) else 10, b=10),
        legend=dict(
            orientation="h",
            y=-0.14,
            font_size=11,
            itemsizing="constant",
            traceorder="reversed",
            itemclick="toggleothers",
            itemdoubleclick="toggle",
        ),
        dragmode="lasso" if lasso else "pan",
        clickmode="event+select",
    )
    return figure


def _fit(taste_map: TasteMap, show: str) -> tuple[float, float]:
    """Return by how much all marks shrink, and their opacity, so that a crowded map can be read.

    In the cell of the plot where the typical mark is, marks may cover half of the cell.
    """
    at, sizes = np.zeros((0, 2)), np.zeros(0)
    if show != PEOPLE_ONLY:
        at, sizes = np.vstack([at, taste_map.items_at]), np.append(sizes, np.full(len(taste_map.items), 8.0))
    if show != ITEMS_ONLY:
        at = np.vstack([at, taste_map.people_at])
        sizes = np.append(sizes, np.full(len(taste_map.people), _PEOPLE_SIZE))
    if not len(at):
        return 1.0, 0.85
    ranges = taste_map.ranges()
    cell = np.clip(((at - ranges[:, 0]) / (ranges[:, 1] - ranges[:, 0]) * _CELLS).astype(int), 0, _CELLS - 1)
    index = cell[:, 0] * _CELLS + cell[:, 1]
    room = (600 / _CELLS) * (_PLOT[1] / _CELLS)
    covered = np.bincount(index, sizes**2, minlength=_CELLS**2)[index] / room
    crowding = float(np.median(covered)) / _FULL
    scale = float(np.clip(crowding**-0.5, _LEAST_SCALE, 1)) if crowding > 0 else 1.0
    return scale, float(np.clip(0.85 / max(1.0, crowding * scale**2) ** 0.5, 0.55, 0.85))


def _add_people(
    figure: go.Figure, taste_map: TasteMap, names: Sequence[str], colouring: Colouring, scale: float, opacity: float
) -> None:
    at = taste_map.people_at
    size = max(3.0, _PEOPLE_SIZE * scale)
    data = _rows(["person", int(u), short_label(names[u])] for u in taste_map.people)
    if colouring.of_people:
        _add_coloured(figure, at, data, colouring, taste_map.people, np.full(len(at), size), "circle", opacity)
        return
    figure.add_scattergl(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        name="people",
        marker=dict(symbol="circle", size=size, color=PEOPLE, opacity=0.6 * opacity),
        customdata=data,
        hovertemplate="%{customdata[2]}<extra>person</extra>",
    )


def _add_items(
    figure: go.Figure,
    taste_map: TasteMap,
    titles: Sequence[str],
    colouring: Colouring,
    popularity: np.ndarray,
    scale: float,
    opacity: float,
) -> None:
    at, shown_popularity = taste_map.items_at, popularity[taste_map.items]
    least, most = _ITEM_SIZES
    sizes = scale * (least + (most - least) * np.sqrt(shown_popularity / max(1, shown_popularity.max(initial=1))))
    data = _rows(["item", int(i), short_label(titles[i])] for i in taste_map.items)
    if not colouring.of_people:
        _add_coloured(figure, at, data, colouring, taste_map.items, sizes, "square", opacity)
        return
    figure.add_scattergl(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        name="items",
        marker=dict(symbol="square", size=sizes, color=OTHER_GROUP, opacity=0.4 * opacity, line_width=0),
        customdata=data,
        hovertemplate="%{customdata[2]}<extra>item</extra>",
    )


def _add_coloured(
    figure: go.Figure,
    at: np.ndarray,
    data: np.ndarray,
    colouring: Colouring,
    indices: np.ndarray,
    sizes: np.ndarray,
    symbol: str,
    opacity: float,
) -> None:
    """Add a trace for each group, the largest on top, or one for all numbers and one for what is unknown."""
    if colouring.numbers is not None:
        numbers = colouring.numbers[indices]
        known = np.isfinite(numbers)
        name = short_label(colouring.name)
        bar = dict(
            title=dict(text=name, side="right"),
            thickness=10,
            len=0.9,
            tickformat="d" if colouring.is_in_years else None,
        )
        parts = [(UNKNOWN, ~known, dict(color=GHOST)),
                 (name, known, dict(color=numbers[known], colorscale=_NUMBERS, colorbar=bar))]  # fmt: skip
    else:
        group_of, colours = shown_groups([colouring.groups[index] for index in indices])
        parts = [(group, group_of == group, dict(color=colour)) for group, colour in reversed(colours.items())]
    for group, chosen, marker in parts:
        if not chosen.any():
            continue
        label = short_label(group)
        values = data[chosen]
        figure.add_scattergl(
            x=at[chosen, 0],
            y=at[chosen, 1],
            mode="markers",
            name=label,
            marker=dict(symbol=symbol, size=sizes[chosen], opacity=opacity, line=dict(width=0), **marker),
            customdata=np.column_stack([values, np.full(len(values), label, object)]),
            hovertemplate="%{customdata[2]}<extra>"
            + ("%{customdata[3]}" if "colorscale" not in marker else "%{customdata[3]}: %{marker.color:.5~g}")
            + "</extra>",
            showlegend="colorscale" not in marker,
        )


def shown_groups(groups: Sequence[str]) -> tuple[np.ndarray, dict[str, str]]:
    """Return the group under which each item is drawn, and the colours of the groups, the largest first.

    The eight most frequent groups keep their names; the rest is "other", or "items" where none has a name. What is
    unknown is a group of its own, and grey.
    """
    frequent = [
        name for name, _ in Counter(name for name in groups if name not in ("", UNKNOWN)).most_common(len(GROUPS))
    ]
    rest, rest_colour = ("other", OTHER_GROUP) if frequent else ("items", RUNS[0])
    group_of = np.array([name if name in frequent or name == UNKNOWN else rest for name in groups], dtype=object)
    colours = dict(zip(frequent, GROUPS, strict=False))
    for name, colour in ((rest, rest_colour), (UNKNOWN, GHOST)):
        if name in group_of and name not in colours:
            colours[name] = colour
    return group_of, colours


def _set_axes(figure: go.Figure, taste_map: TasteMap, zoom_to: int | None) -> None:
    """Set what part of the plane is drawn, and say how much each direction shows."""
    ranges = taste_map.ranges()
    if zoom_to is not None:
        at, half = taste_map.projection.coordinates[taste_map.n_people + zoom_to], _ZOOM / 2
        ranges = at[:, None] + np.array([-half, half]) * (ranges[:, 1:] - ranges[:, :1])
    x_share, y_share = taste_map.projection.shares
    axis = dict(zeroline=True, showgrid=False, showticklabels=False)
    figure.update_xaxes(title=f"first direction: {percent(x_share)} of the variance", range=ranges[0].tolist(), **axis)
    figure.update_yaxes(title=f"second direction: {percent(y_share)}", range=ranges[1].tolist(), **axis)


def _ends(ends: Sequence[str]) -> list[dict[str, Any]]:
    """Notes at the left, right, lower and upper end of the plot."""
    left, right, below, above = (short_label(end, _LONGEST_END) for end in ends)
    placed = (
        (left, f"← {left}", 0, 0, "left", "top"),
        (right, f"{right} →", 1, 0, "right", "top"),
        (below, f"↓ {below}", 0, 0, "left", "bottom"),
        (above, f"↑ {above}", 0, 1, "left", "bottom"),
    )
    shape = dict(xref="paper", yref="paper", showarrow=False, font=dict(size=11))
    return [
        dict(x=x, y=y, text=text, xanchor=side, yanchor=rise, **shape) for end, text, x, y, side, rise in placed if end
    ]


def _rows(words: Iterable[list[object]]) -> np.ndarray:
    """Return one array: Plotly looks at every cell of a list of lists, which takes longer than all the rest."""
    return np.array([*words], dtype=object).reshape(-1, 3)


def _add_rings(figure: go.Figure, at: np.ndarray, marks: Marks, symbol: str, texts: Sequence[str]) -> None:
    # Like all other marks in WebGL: what Plotly draws as SVG lies below its canvas.
    figure.add_scattergl(
        x=at[:, 0],
        y=at[:, 1],
        mode="markers",
        text=texts,
        name=short_label(marks.name),
        marker=dict(symbol=symbol, size=marks.size, color=marks.colour, line_width=marks.width),
        unselected_marker_opacity=1,
        hoverinfo="skip",
        showlegend=bool(marks.name),
    )


def _titles(
    figure: go.Figure, chosen: Sequence[tuple[np.ndarray, str]], others: Sequence[tuple[np.ndarray, str]]
) -> list[dict[str, Any]]:
    """Notes with titles, given with their positions, where there is room: those `chosen` first, fifteen in all."""
    notes = [*chosen, *others]
    if not notes:
        return []
    ranges = np.array([figure.layout.xaxis.range, figure.layout.yaxis.range], float)
    pixels = (np.array([at for at, _ in notes]) - ranges[:, 0]) / (ranges[:, 1] - ranges[:, 0]) * _PLOT
    labels = [short_label(title, _LONGEST_TITLE) for _, title in notes]
    sizes = [_CHOSEN_SIZE] * len(chosen) + [_TITLE_SIZE] * len(others)
    widths = [label_width(label, size) for label, size in zip(labels, sizes, strict=True)]
    corner: Box = (0.0, 0.0, 170.0, 16.0)  # where the lower end of the second direction is named
    placed = place_labels(pixels, widths, _PLOT, most=_MOST_TITLES, n_chosen=len(chosen), taken=[corner])
    return [
        dict(
            x=notes[index][0][0],
            y=notes[index][0][1],
            text=labels[index],
            showarrow=False,
            xshift=GAP * across,
            yshift=GAP * up,
            xanchor={1: "left", -1: "right", 0: "center"}[across],
            yanchor={1: "bottom", -1: "top", 0: "middle"}[up],
            bgcolor=LABEL_PAPER,
            font=dict(color=LABEL_INK, size=sizes[index]),
            borderpad=1,
            **(dict(bordercolor=RUNS[1], borderwidth=1.5) if index < len(chosen) else {}),
        )
        for index, across, up in placed
    ]


def _add_star(figure: go.Figure, star: np.ndarray, origin: np.ndarray | None) -> list[dict[str, Any]]:
    """Draw the new person as a star; return an arrow from the `origin` in their direction across half of the map."""
    figure.add_scattergl(
        x=[star[0]],
        y=[star[1]],
        mode="markers",
        name="you",
        marker=dict(symbol="star", size=22, color=RUNS[1], line=dict(width=1.5, color=LABEL_INK)),
        hovertemplate="you<extra></extra>",
    )
    if origin is None:
        return []
    ranges = np.array([figure.layout.xaxis.range, figure.layout.yaxis.range], float)
    length = float(np.linalg.norm((star - origin) / (ranges[:, 1] - ranges[:, 0])))
    if length < 1e-9:
        return []
    end = origin + (star - origin) * max(1.0, _ARROW / length)
    line = dict(xref="x", yref="y", axref="x", ayref="y", arrowhead=2, arrowwidth=2, arrowcolor=RUNS[1])
    return [dict(x=end[0], y=end[1], ax=origin[0], ay=origin[1], text="", **line)]
