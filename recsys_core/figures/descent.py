"""Paths down a landscape: where every method walks, and how high it stands by step and by time."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import DASHES, GREY, MARKERS, RUNS
from recsys_core.optimize.surface import Surface
from recsys_core.optimize.trajectory import Path

EXTENT = 2.0
"""The picture shows a and b from −EXTENT to EXTENT."""
_COLUMNS, _SPOTS = 301, 41  # along each axis: what is drawn, what can be clicked
_LEVELS, _LEAST_HEIGHT = 14, 3e-4  # of the highest corner
_MOST_FRAMES = 40
_SHADE = "rgba(138, 138, 138, 0.06)"  # sheer, so that it adds up towards the bottom, on any paper
_MINIMUM, _SADDLE = "star-open", "x-thin-open"


def descent(
    surface: Surface,
    paths: Mapping[str, Path],
    *,
    axes: tuple[str, str],
    places: Mapping[str, int],
    saddle: bool,
) -> go.Figure:
    """A map of `surface` with `paths` by method, and beside it their height above the minimum by step and by time.

    The slider and the two buttons below move all of it in the browser; at first every path is whole. `places` give
    each method its colour. A click on the map selects a spot, which has customdata; a path has none. `saddle`: mark
    one at 0.
    """
    figure = make_subplots(
        rows=2,
        cols=2,
        specs=[[{"rowspan": 2}, {}], [None, {}]],
        column_widths=[0.55, 0.45],
        horizontal_spacing=0.1,
        vertical_spacing=0.24,
    )
    _landscape(figure, surface, axes, saddle)
    heights = {name: _heights(surface, path) for name, path in paths.items()}
    _curves(figure, paths, heights, places)
    moving, frames, last = [], _frames(paths), _last_step(paths)
    looks = [
        *(dict(mode="lines+markers", line=_style(places[name]), marker=_marks(places[name], 4)) for name in paths),
        *[dict(mode="markers", marker=_marks([places[name] for name in paths], 11), showlegend=False)] * 3,
    ]
    panels = [(1, 1)] * (len(paths) + 1) + [(1, 2), (2, 2)]
    names = [*map(short_label, paths), "", "", ""]
    for state, look, name, (row, col) in zip(_state(paths, heights, last), looks, names, panels, strict=True):
        moving.append(len(figure.data))
        figure.add_scatter(**state, **look, name=name, hovertemplate=_HOVER, row=row, col=col)
    figure.frames = [dict(name=str(step), traces=moving, data=_state(paths, heights, step)) for step in frames]
    _spots(figure)
    figure.update_traces(unselected_marker_opacity=1, selector=dict(type="scatter"))
    square = dict(range=[-EXTENT, EXTENT], constrain="domain", dtick=1, zeroline=False, showgrid=False, row=1, col=1)
    figure.update_xaxes(title=short_label(axes[0]), **square)
    figure.update_yaxes(title=short_label(axes[1]), scaleanchor="x", **square)
    highest = max((height.max() for height in heights.values() if len(height)), default=1.0)
    for row, title in ((1, "height above the minimum, by step"), (2, "the same, by milliseconds")):
        figure.update_xaxes(title=dict(text=title, standoff=4), zeroline=False, row=row, col=2)
        figure.update_yaxes(
            type="log",
            range=[_FLOOR - 0.7, max(1.0, min(4.0, np.log10(max(highest, 1e-9)) + 0.3))],
            dtick=3,
            exponentformat="power",
            zeroline=False,
            row=row,
            col=2,
        )
    figure.update_layout(
        height=410,
        margin=dict(l=10, r=10, t=44, b=10),
        legend=dict(orientation="h", x=0, y=1.02, xanchor="left", yanchor="bottom", font_size=12),
        dragmode=False,
        clickmode="event+select",
        sliders=[_slider(frames)],
        updatemenus=[_buttons(frames)],
    )
    return figure


_FLOOR = -12  # powers of ten: lower is the rounding of the minimum itself


_HOVER = "%{x:.4g}, %{y:.4g}"


def _landscape(figure: go.Figure, surface: Surface, axes: tuple[str, str], saddle: bool) -> None:
    """Contours at heights that grow by a factor, so that the bottom of a valley shows; the minima and the saddle.

    They are lines, since Plotly takes a contour or a heatmap away while others move.
    """
    along = np.linspace(-1.1 * EXTENT, 1.1 * EXTENT, _COLUMNS)
    highest = surface.value(np.stack(np.meshgrid([-EXTENT, EXTENT], [-EXTENT, EXTENT]))).max() - surface.lowest
    for height in surface.lowest + highest * np.geomspace(_LEAST_HEIGHT, 1, _LEVELS):
        a, b = _outline(*surface.sublevel(height, along), along)
        line = dict(width=0.7, color=GREY)
        figure.add_scatter(
            x=a, y=b, mode="lines", line=line, fill="toself", fillcolor=_SHADE, hoverinfo="skip", showlegend=False,
            row=1, col=1,
        )  # fmt: skip
    marks = [("minimum", _MINIMUM, surface.minima)] + ([("saddle", _SADDLE, np.zeros((1, 2)))] if saddle else [])
    for name, symbol, points in marks:
        mark = dict(symbol=symbol, size=15, color=GREY, line_width=2)
        quiet = dict(mode="markers", marker=mark, name=name, hoverinfo="name", showlegend=False)
        figure.add_scatter(x=points[:, 0], y=points[:, 1], **quiet, row=1, col=1)


def _outline(low: np.ndarray, high: np.ndarray, along: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Around every run of columns that has a bottom and a top: along the top and back, with nan between the runs."""
    inside = np.flatnonzero(np.isfinite(low))
    far = 1.5 * EXTENT  # beyond the picture all is cut off anyway
    outline = [[np.nan], [np.nan]]
    for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1):
        outline[0] += [*along[run], *along[run[::-1]], *along[run[:1]], np.nan]
        tops, bottoms = np.clip(high[run], -far, far), np.clip(low[run[::-1]], -far, far)
        outline[1] += [*tops, *bottoms, *tops[:1], np.nan]
    return tuple(np.round(part[1:], 3) for part in outline)


def _spots(figure: go.Figure) -> None:
    """Unseen points all over the map, since a contour itself cannot be clicked."""
    along = np.linspace(-EXTENT, EXTENT, _SPOTS).round(4)
    a, b = (grid.ravel() for grid in np.meshgrid(along, along))
    figure.add_scatter(
        x=a,
        y=b,
        mode="markers",
        marker=dict(size=11, opacity=0),
        selected_marker_opacity=0,
        customdata=np.ones(len(a)),  # what tells a spot from a step of a path
        hovertemplate="click: start at (%{x:.2f}, %{y:.2f})<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
    )


def _curves(figure: go.Figure, paths: Mapping[str, Path], heights: Mapping[str, np.ndarray], places) -> None:
    """The heights of all paths by step and by time, which stay while what is on them moves."""
    for name, path in paths.items():
        for row, x in ((1, np.arange(len(path.points))), (2, 1000 * path.seconds)):
            line = _style(places[name])
            figure.add_scatter(
                x=x, y=heights[name], mode="lines", line=line, hoverinfo="skip", showlegend=False, row=row, col=2
            )


def _state(paths: Mapping[str, Path], heights: Mapping[str, np.ndarray], step: int) -> list[dict]:
    """What moves, at `step`: each path so far, then where all of them are on the map and on the two curves."""
    so_far = [path.points[: step + 1] for path in paths.values()]
    now = [min(step, path.n_steps) for path in paths.values()]
    height = [float(each[place]) for each, place in zip(heights.values(), now, strict=True)]
    spent = [1000 * float(path.seconds[place]) for path, place in zip(paths.values(), now, strict=True)]
    return [
        *(dict(x=points[:, 0].tolist(), y=points[:, 1].tolist()) for points in so_far),
        dict(x=[float(points[-1, 0]) for points in so_far], y=[float(points[-1, 1]) for points in so_far]),
        dict(x=now, y=height),
        dict(x=spent, y=height),
    ]


def _marks(places: int | list[int], size: int) -> dict:
    """One marker for all points, or one a point."""
    return dict(symbol=np.array(MARKERS)[places], color=np.array(RUNS)[places], size=size)


def _heights(surface: Surface, path: Path) -> np.ndarray:
    return np.maximum(path.values - surface.lowest, 10.0**_FLOOR)


def _frames(paths: Mapping[str, Path]) -> list[int]:
    """The steps that can be looked at: all of the first ones, then fewer, as less happens."""
    last = _last_step(paths)
    early = _MOST_FRAMES // 2
    late = np.geomspace(early, last, _MOST_FRAMES - early) if last > early else []
    return sorted({*range(min(early, last) + 1), *np.rint(late).astype(int).tolist()})


def _last_step(paths: Mapping[str, Path]) -> int:
    return max((path.n_steps for path in paths.values()), default=0)


def _style(place: int) -> dict:
    return dict(color=RUNS[place], dash=DASHES[place], width=2)


def _slider(frames: list[int]) -> dict:
    at_once = dict(mode="immediate", frame=dict(duration=0, redraw=False), transition_duration=0)
    steps = [dict(method="animate", args=[[str(step)], at_once], label=str(step)) for step in frames]
    return dict(
        steps=steps,
        active=len(frames) - 1,
        currentvalue=dict(prefix="step ", xanchor="right", font_size=12, offset=2),
        x=0.68,
        len=0.32,
        y=1.0,
        yanchor="bottom",
        pad=dict(t=0, b=0, l=0, r=0),
        ticklen=0,
        minorticklen=0,
        font=dict(color="rgba(0,0,0,0)", size=1),
        bordercolor=GREY,
        bgcolor="rgba(138, 138, 138, 0.3)",
    )


def _buttons(frames: list[int]) -> dict:
    play = dict(mode="immediate", fromcurrent=False, frame=dict(duration=250, redraw=False), transition_duration=0)
    pause = dict(mode="immediate", frame=dict(duration=0, redraw=False), transition_duration=0)
    return dict(
        type="buttons",
        direction="left",
        x=0.55,
        y=1.03,
        xanchor="left",
        yanchor="bottom",
        showactive=False,
        bgcolor="rgba(138, 138, 138, 0.2)",
        bordercolor=GREY,
        font_size=13,
        pad=dict(t=0, l=0, r=0, b=0),
        buttons=[
            dict(label="▶", method="animate", args=[[str(step) for step in frames], play]),
            dict(label="❚❚", method="animate", args=[[None], pause]),
        ],
    )
