"""The race of optimisers as curves that grow without flicker."""

from collections.abc import Mapping, Sequence

from recsys_core.figures.palette import RUNS

_LEAST = 1e-6  # on a logarithmic axis: below, all is rounding
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3])


def race_curves(
    curves: Mapping[str, Sequence[tuple[float, float]]], *, title: str, seconds: float, log: bool, height: int = 260
) -> dict[str, object]:
    """Draw a line per method over the seconds that it has spent, up to `seconds`; each keeps its colour and dash."""
    names = list(curves)
    rows = [
        {"method": name, "seconds": second, "value": value}
        for name, points in curves.items()
        for second, value in points
        if not log or value > _LEAST
    ]
    legend = {"orient": "top", "columns": 4, "title": None, "labelFontSize": 10, "columnPadding": 4, "symbolSize": 60}
    return {
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "data": {"values": rows},
        "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
        "encoding": {
            "x": {
                "field": "seconds",
                "type": "quantitative",
                "scale": {"domain": [0, seconds]},
                "axis": {"title": "seconds per method", "grid": False},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "scale": {"type": "log"} if log else {"zero": False},
                "axis": {"title": None, "format": "~g", "tickCount": 5, "grid": not log},
            },
            "color": {
                "field": "method",
                "type": "nominal",
                "scale": {"domain": names, "range": list(RUNS[: len(names)])},
                "legend": legend,
            },
            "strokeDash": {
                "field": "method",
                "type": "nominal",
                "scale": {"domain": names, "range": list(_DASHES[: len(names)])},
                "legend": legend,
            },
            "tooltip": [
                {"field": "method", "type": "nominal"},
                {"field": "seconds", "type": "quantitative", "format": ".2f"},
                {"field": "value", "type": "quantitative", "format": ".5~g", "title": title},
            ],
        },
    }
