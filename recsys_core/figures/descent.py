"""Paths of methods on a surface, and their height above the minimum by step and by time."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsys_core.figures.labels import short_label
from recsys_core.figures.palette import DASHES, GREY, MARKERS, RUNS
from recsys_core.optimize.surface import Surface
from recsys_core.optimize.trajectory import Trajectory

EXTENT = 2.0
"""The picture shows a and b from −EXTENT to EXTENT."""
_COLUMNS, _SPOTS = 301, 41  # along each axis: what is drawn, what can be clicked
_LEVELS, _LEAST_HEIGHT = 14, 3e-4  # of the highest corner
_MOST_FRAMES = 40
_SHADE = "rgba(138, 138, 138, 0.06)"  # sheer, so that it adds up towards the bottom, on any paper
_MINIMUM, _SADDLE = "star-open", "x-thin-open"


def descent(
    surface: Surface,
    paths: Mapping[str, Trajectory],
    *,
    axes: tuple[str, str],
    indices: Mapping[str, int],
    saddle: bool,
) -> go.Figure:
    """Draw a map of `surface` with `paths` by method, and beside it their height above the minimum by step and time.

    The slider and the two buttons replay the paths in the browser; at first every path is complete. `indices` give
    each method its colour. A click on the map selects a spot, which has customdata; a path has none. With `saddle`,
    one is marked at 0.
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
    _curves(figure, paths, heights, indices)
    moving, frames, last = [], _frames(paths), _last_step(paths)
    styles: list[dict[str, object]] = [
        dict(mode="lines+markers", line=_style(indices[name]), marker=_marks(indices[name], 4)) for name in paths
    ]
    styles += [dict(mode="markers", marker=_marks([indices[name] for name in paths], 11), showlegend=False)] * 3
    panels = [(1, 1)] * (len(paths) + 1) + [(1, 2), (2, 2)]
    names = [*map(short_label, paths), "", "", ""]
    for state, style, name, (row, col) in zip(_state(paths, heights, last), styles, names, panels, strict=True):
        moving.append(len(figure.data))
        figure.add_scatter(**state, **style, name=name, hovertemplate=_HOVER, row=row, col=col)
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
    """Draw contours at heights that grow by a factor, so that the bottom of a valley shows, the minima and the saddle.

    They are lines, since Plotly removes a contour or a heat map while other traces move.
    """
    along = np.linspace(-1.1 * EXTENT, 1.1 * EXTENT, _COLUMNS)
    highest = surface.values(np.stack(np.meshgrid([-EXTENT, EXTENT], [-EXTENT, EXTENT]))).max() - surface.lowest
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
    """Return the outline around every run of columns that has a bottom and a top, with nan between the runs."""
    inside = np.flatnonzero(np.isfinite(low))
    far = 1.5 * EXTENT  # beyond the picture all is cut off anyway
    a, b = [np.nan], [np.nan]
    for run in np.split(inside, np.flatnonzero(np.diff(inside) > 1) + 1):
        a += [*along[run], *along[run[::-1]], *along[run[:1]], np.nan]
        tops, bottoms = np.clip(high[run], -far, far), np.clip(low[run[::-1]], -far, far)
        b += [*tops, *bottoms, *tops[:1], np.nan]
    return np.round(a[1:], 3), np.round(b[1:], 3)


def _spots(figure: go.Figure) -> None:
    """Draw invisible points all over the map, since a contour itself cannot be clicked."""
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


def _curves(
    figure: go.Figure, paths: Mapping[str, Trajectory], heights: Mapping[str, np.ndarray], indices: Mapping[str, int]
) -> None:
    """Draw the heights of all paths by step and by time, which stay while the markers on them move."""
    for name, path in paths.items():
        for row, x in ((1, np.arange(len(path.points))), (2, 1000 * path.seconds)):
            line = _style(indices[name])
            figure.add_scatter(
                x=x, y=heights[name], mode="lines", line=line, hoverinfo="skip", showlegend=False, row=row, col=2
            )


def _state(paths: Mapping[str, Trajectory], heights: Mapping[str, np.ndarray], step: int) -> list[dict[str, object]]:
    """Return what moves, at `step`: each path so far, then the positions of all on the map and on the two curves."""
    so_far = [path.points[: step + 1] for path in paths.values()]
    now = [min(step, path.n_steps) for path in paths.values()]
    height = [float(each[index]) for each, index in zip(heights.values(), now, strict=True)]
    spent = [1000 * float(path.seconds[index]) for path, index in zip(paths.values(), now, strict=True)]
    return [
        *(dict(x=points[:, 0].tolist(), y=points[:, 1].tolist()) for points in so_far),
        dict(x=[float(points[-1, 0]) for points in so_far], y=[float(points[-1, 1]) for points in so_far]),
        dict(x=now, y=height),
        dict(x=spent, y=height),
    ]


def _marks(indices: int | list[int], size: int) -> dict[str, object]:
    """Return one marker for all points, or one per point."""
    return dict(symbol=np.array(MARKERS)[indices], color=np.array(RUNS)[indices], size=size)


def _heights(surface: Surface, path: Trajectory) -> np.ndarray:
    return np.maximum(path.values - surface.lowest, 10.0**_FLOOR)


def _frames(paths: Mapping[str, Trajectory]) -> list[int]:
    """Return the steps that can be shown: all of the first ones, then fewer, as less happens."""
    last = _last_step(paths)
    early = _MOST_FRAMES // 2
    late = np.geomspace(early, last, _MOST_FRAMES - early) if last > early else np.zeros(0)
    return sorted({*range(min(early, last) + 1), *np.rint(late).astype(int).tolist()})


def _last_step(paths: Mapping[str, Trajectory]) -> int:
    return max((path.n_steps for path in paths.values()), default=0)


def _style(index: int) -> dict[str, object]:
    return dict(color=RUNS[index], dash=DASHES[index], width=2)


def _slider(frames: list[int]) -> dict[str, object]:
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


def _buttons(frames: list[int]) -> dict[str, object]:
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
        font_size=20,  # 44 pixels high, for a finger
        pad=dict(t=0, l=0, r=0, b=0),
        buttons=[
            dict(label="▶", method="animate", args=[[str(step) for step in frames], play]),
            dict(label="❚❚", method="animate", args=[[None], pause]),
        ],
    )
