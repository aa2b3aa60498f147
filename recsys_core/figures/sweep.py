"""Results of a sweep: strips and heat maps of cells, dots with intervals, and quality against time.

Vega-Lite specifications, which redraw without flicker as results stream in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recsys_core.comparison.verdicts import WORSE
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.figures.axes import differ_widely
from recsys_core.figures.palette import CELL_INKS, GREY, RUNS

_CELL, _AXIS, _TITLE = 36, 68, 110  # pixels a row, below the rows for the axis, and beside them for a title
_SCHEME = "blues"
_MOST_NUMBERS = 14  # of cells beside each other, that the numbers in them do not run together


@dataclass(frozen=True)
class Cell:
    """One setting: its `name`, its values in words, the `interval` of the metric, and the verdict against the best."""

    x: str
    y: str
    interval: Interval
    is_best: bool
    word: str
    seconds: float
    name: str = ""

    @property
    def row(self) -> dict[str, object]:
        interval = self.interval
        known = interval.is_known
        return {
            "name": self.name,
            "x": self.x,
            "y": self.y,
            "mean": interval.mean,
            "low": interval.low if known else interval.mean,
            "high": interval.high if known else interval.mean,
            "range": f"{interval.low:.3f} to {interval.high:.3f}" if known else interval.why_unknown,
            "standing": "best" if self.is_best else self.word,
            "text": f"{interval.mean:.3f}",
            "seconds": self.seconds,
        }


SELECTED = "setting"
"""The selection of a heat map or of scattered settings, which holds the `name` of the setting that was clicked."""
_SELECT = [{"name": SELECTED, "select": {"type": "point", "fields": ["name"], "toggle": False}}]


_TOOLTIP = [
    {"field": field, "title": title, "type": "nominal"}
    for field, title in (("name", "setting"), ("text", "NDCG@10"), ("range", "95%"), ("standing", "against the best"))
]


def _ordinal(field: str, values: Sequence[str], title: str) -> dict[str, object]:
    axis = {"title": title or None, "labelAngle": 0, "ticks": False, "domain": False}
    return {"field": field, "type": "ordinal", "scale": {"domain": list(values)}, "axis": axis}


def _spread(domain: tuple[float, float]) -> list[float]:
    low, high = domain
    return [low, max(high, low + 1e-9)]  # of one value a scale cannot be made


def heat_map(
    cells: Sequence[Cell],
    *,
    x: Sequence[str],
    y: Sequence[str],
    x_title: str,
    y_title: str,
    domain: tuple[float, float],
) -> dict[str, object]:
    """Draw a cell per setting, darker if better; the best has a solid frame, those not clearly worse a dashed one.

    `x` and `y` list all values in order, also those without a cell yet; a single `y` makes a strip. `domain` is the
    lowest and highest mean of all heat maps side by side, so that equal colours are equal values.
    """
    rows = [cell.row for cell in cells]
    middle = sum(domain) / 2
    position: dict[str, object] = {
        "x": _ordinal("x", x, x_title),
        "y": _ordinal("y", y, y_title),
    }
    colour = {
        "field": "mean",
        "type": "quantitative",
        "scale": {"scheme": _SCHEME, "domain": _spread(domain)},
        "legend": None,
    }
    ink = {"condition": {"test": f"datum.mean > {middle}", "value": CELL_INKS[1]}, "value": CELL_INKS[0]}
    frame: dict[str, object] = {"type": "rect", "filled": False, "stroke": RUNS[1], "strokeWidth": 3}
    dashed: dict[str, object] = {**frame, "strokeWidth": 1.5, "strokeDash": [4, 3]}
    filled: dict[str, object] = {
        "params": _SELECT,
        "mark": {"type": "rect", "cursor": "pointer"},
        "encoding": {**position, "color": colour, "tooltip": _TOOLTIP},
    }
    font_size = {"expr": f"min(12, width / {3 * len(x)})"}  # no number is wider than its cell
    numbers: dict[str, object] = {
        "mark": {"type": "text", "fontSize": font_size},
        "encoding": {**position, "text": {"field": "text"}, "color": ink},
    }
    return {
        "autosize": {"type": "fit", "contains": "padding"},
        "height": max(_CELL * len(y), _TITLE if y_title else 0) + (_AXIS if x_title else _AXIS // 2),
        "data": {"values": rows},
        "layer": [
            filled,
            {
                "transform": [{"filter": f"datum.standing != 'best' && datum.standing != '{WORSE}'"}],
                "mark": dashed,
                "encoding": position,
            },
            {"transform": [{"filter": "datum.standing == 'best'"}], "mark": frame, "encoding": position},
            *([numbers] if len(x) <= _MOST_NUMBERS else []),
        ],
    }


def dots(cells: Sequence[Cell], *, x: Sequence[str], x_title: str) -> dict[str, object]:
    """Draw mean and 95% interval of settings along one hyperparameter.

    Those that are not clearly worse than the best are filled.
    """
    position = {"x": _ordinal("x", x, x_title)}
    y = {"type": "quantitative", "scale": {"zero": False}, "title": None}
    return {
        "height": 190,
        "data": {"values": [cell.row for cell in cells]},
        "layer": [
            {
                "mark": {"type": "rule", "color": RUNS[0], "strokeWidth": 2},
                "encoding": {**position, "y": {"field": "low", **y}, "y2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "size": 90, "color": RUNS[0], "opacity": 1},
                "encoding": {
                    **position,
                    "y": {"field": "mean", **y},
                    "fill": {"condition": {"test": f"datum.standing != '{WORSE}'", "value": RUNS[0]}, "value": "white"},
                    "tooltip": _TOOLTIP,
                },
            },
        ],
    }


def quality_against_time(cells: Sequence[Cell], on_front: Sequence[bool]) -> dict[str, object]:
    """Draw NDCG against training seconds; the line joins the settings that no other beats in both."""
    rows = [{**cell.row, "front": bool(front)} for cell, front in zip(cells, on_front, strict=True)]
    position = {
        "x": {
            "field": "seconds",
            "type": "quantitative",
            "scale": {"type": "log"} if differ_widely(cell.seconds for cell in cells) else {"zero": False},
            "title": "seconds of training",
            "axis": {"grid": False},
        },
        "y": {"field": "mean", "type": "quantitative", "scale": {"zero": False}, "title": None},
    }
    tooltip = [_TOOLTIP[0], {"field": "seconds", "title": "seconds", "format": ".2f"}, *_TOOLTIP[1:3]]
    return {
        "height": 230,
        "data": {"values": rows},
        "layer": [
            {
                "transform": [{"filter": "datum.front"}],
                "mark": {"type": "line", "color": RUNS[1], "interpolate": "step-after", "strokeWidth": 1.5},
                "encoding": position,
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {
                    **position,
                    "color": {"condition": {"test": "datum.front", "value": RUNS[1]}, "value": GREY},
                    "tooltip": tooltip,
                },
            },
        ],
    }


def scattered(
    cells: Sequence[Cell],
    points: Sequence[tuple[float, float]],
    *,
    x_title: str,
    y_title: str,
    logs: Sequence[bool],
    domain: tuple[float, float],
) -> dict[str, object]:
    """Draw settings tried at random: a circle at its two values, darker if better; the best has a ring."""
    rows = [{**cell.row, "u": u, "v": v} for cell, (u, v) in zip(cells, points, strict=True)]
    scales = [{"type": "log"} if log else {"zero": False} for log in logs]
    position = {
        "x": {"field": "u", "type": "quantitative", "scale": scales[0], "axis": {"title": x_title, "format": "~g"}},
        "y": {"field": "v", "type": "quantitative", "scale": scales[1], "axis": {"title": y_title, "format": "~g"}},
    }
    colour = {
        "field": "mean",
        "type": "quantitative",
        "scale": {"scheme": _SCHEME, "domain": _spread(domain)},
        "legend": None,
    }
    return {
        "height": 260,
        "data": {"values": rows},
        "layer": [
            {
                "params": _SELECT,
                "mark": {"type": "circle", "size": 220, "opacity": 1, "stroke": GREY, "cursor": "pointer"},
                "encoding": {**position, "color": colour, "tooltip": _TOOLTIP},
            },
            {
                "transform": [{"filter": "datum.standing == 'best'"}],
                "mark": {"type": "point", "size": 420, "color": RUNS[1], "strokeWidth": 3},
                "encoding": position,
            },
        ],
    }
