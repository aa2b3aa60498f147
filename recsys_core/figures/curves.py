"""Curves over epochs as Vega-Lite specifications, which redraw without flicker while they grow."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from recsys_core.figures.axes import vega_scale
from recsys_core.figures.palette import GHOST, GREY, RUNS

T = TypeVar("T")
Spec = Mapping[str, object]

_MOST_POINTS = 300  # more cannot be told apart on a screen
_HEIGHT = 230


def learning_curve(
    points: Sequence[tuple[int, float]],
    *,
    title: str,
    last_epoch: int,
    previous: Sequence[tuple[int, float]] = (),
    references: Mapping[str, float] | None = None,
    held_out: bool = False,
    epoch_word: str = "epoch",
    kept_epoch: int | None = None,
    burn_in: int = 0,
) -> dict[str, object]:
    """Draw one value over the epochs, with the previous run in grey and the reference models as level lines.

    The horizontal axis runs to `last_epoch` from the start, so that a growing curve shows what is to come.
    Held-out values are dashed, as everywhere. The point of the `kept_epoch`, whose model is kept, is marked;
    the epochs of the `burn_in`, which the model forgets, are shaded.
    """
    end = max([last_epoch, *(epoch for epoch, _ in [*points, *previous])])
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [0, end]},
        "axis": {"title": epoch_word, "tickMinStep": 1, "grid": False},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": vega_scale([*(value for _, value in [*points, *previous]), *(references or {}).values()]),
        "axis": {"title": None, "format": ".5~s" if _is_large(points) else "~g", "tickCount": 5},
    }
    tooltip = [{"field": "epoch", "title": epoch_word}, {"field": "value", "title": title, "format": ".4~g"}]
    colour = RUNS[1] if held_out else RUNS[0]
    layers: list[Spec] = _shade_burn_in(min(burn_in, end), x) if burn_in else []
    if previous:
        layers.append(
            {
                "data": {"values": _rows(previous)},
                "mark": {"type": "line", "color": GHOST, "strokeWidth": 1.5, "opacity": 0.8},
                "encoding": {"x": x, "y": y},
            }
        )
    layers.append(
        {
            "data": {"values": _rows(points)},
            "mark": {
                "type": "line",
                "color": colour,
                "strokeWidth": 2.5,
                "strokeDash": [6, 3] if held_out else [1, 0],
                "point": {"size": 22, "filled": True, "color": colour} if len(points) <= 40 else False,
            },
            "encoding": {"x": x, "y": y, "tooltip": tooltip},
        }
    )
    for name, value in (references or {}).items():
        rail = {"values": [{"value": value, "name": f"{name} {value:.3f}", "epoch": end}]}
        layers.append({"data": rail, "mark": {"type": "rule", "color": GREY}, "encoding": {"y": y}})
        layers.append(
            {
                "data": rail,
                "mark": {"type": "text", "align": "right", "dy": -6, "color": GREY, "fontSize": 11},
                "encoding": {"x": x, "y": y, "text": {"field": "name"}},
            }
        )
    if kept := next((point for point in points if point[0] == kept_epoch), None):
        levels = [*(value for _, value in points), *(references or {}).values()]
        is_late, is_high = kept[0] > end / 2, kept[1] > (max(levels) + min(levels)) / 2
        layers += _mark_kept_epoch(kept, x, y, colour, f"kept: {epoch_word} {kept[0]}", is_late, is_high)
    return {
        "height": _HEIGHT,
        "autosize": {"type": "fit", "contains": "padding"},
        "layer": layers,
    }


def _mark_kept_epoch(
    point: tuple[int, float], x: Spec, y: Spec, colour: str, name: str, is_late: bool, is_high: bool
) -> list[Spec]:
    """Return a rule through the point of the epoch that is kept, a ring around it, and its name where there is room."""
    layer = {"data": {"values": [{"epoch": point[0], "value": point[1], "name": name}]}}
    text = {"align": "right" if is_late else "left", "dx": -7 if is_late else 7, "dy": 20 if is_high else -16}
    return [
        {
            **layer,
            "mark": {"type": "rule", "color": colour, "strokeWidth": 1, "opacity": 0.7},
            "encoding": {"x": x},
        },
        {
            **layer,
            "mark": {"type": "point", "size": 150, "strokeWidth": 2.5, "color": colour, "filled": False, "opacity": 1},
            "encoding": {"x": x, "y": y},
        },
        {
            **layer,
            "mark": {"type": "text", **text, "color": colour, "fontSize": 12, "fontWeight": "bold"},
            "encoding": {"x": x, "y": y, "text": {"field": "name"}},
        },
    ]


def _shade_burn_in(burn_in: int, x: Spec) -> list[Spec]:
    """Return a grey band over the first epochs, with its name."""
    layer = {"data": {"values": [{"epoch": 0, "end": burn_in, "name": "burn-in"}]}}
    return [
        {
            **layer,
            "mark": {"type": "rect", "color": GREY, "opacity": 0.15},
            "encoding": {"x": x, "x2": {"field": "end"}},
        },
        {
            **layer,
            "mark": {"type": "text", "align": "left", "baseline": "top", "dx": 4, "color": GREY, "fontSize": 11},
            "encoding": {"x": x, "y": {"value": 4}, "text": {"field": "name"}},
        },
    ]


def thinned(points: Sequence[T], most: int = _MOST_POINTS) -> list[T]:
    """Return at most about `most` of the points, evenly chosen, always with the first and the last."""
    step = max(1, -(-len(points) // most))
    chosen = list(points[::step])
    if points and chosen[-1] != points[-1]:
        chosen.append(points[-1])
    return chosen


def _rows(points: Sequence[tuple[int, float]]) -> list[dict[str, float]]:
    return [{"epoch": epoch, "value": value} for epoch, value in thinned(points) if math.isfinite(value)]


def _is_large(points: Sequence[tuple[int, float]]) -> bool:
    return max((abs(value) for _, value in points), default=0) >= 1_000
