"""Planted tastes beside learned ones, as a Vega-Lite dictionary: its library loads quicker than Plotly's."""

from collections.abc import Sequence

import numpy as np

from recsys_core.figures.palette import DIVERGING, LABEL_INK

_ROW, _AXIS = 27, 60  # pixels


def taste_match(likeness: np.ndarray, names: Sequence[str]) -> dict:
    """The correlation of every planted taste (row) with every learned one (column), orange to blue."""
    rows = [
        {"planted": name, "learned": place + 1, "correlation": round(float(value), 3)}
        for name, values in zip(names, likeness, strict=True)
        for place, value in enumerate(values)
    ]
    positions, colours = zip(*DIVERGING, strict=True)
    scale = {"domain": [2 * position - 1 for position in positions], "range": list(colours)}
    number = {"field": "correlation", "type": "quantitative"}
    return {
        "height": _ROW * len(names) + _AXIS,
        "data": {"values": rows},
        "encoding": {
            "x": {
                "field": "learned",
                "type": "ordinal",
                "axis": {"title": "learned taste, turned to fit", "labelAngle": 0},
            },
            "y": {
                "field": "planted",
                "type": "nominal",
                "sort": None,
                "axis": {"title": None, "labelLimit": 160, "labelOverlap": False},
            },
            "tooltip": [{"field": "planted"}, {"field": "learned"}, number],
        },
        "layer": [
            {"mark": "rect", "encoding": {"color": {**number, "scale": scale, "legend": None}}},
            {
                "mark": {"type": "text", "color": LABEL_INK, "fontSize": 11},
                "encoding": {"text": {**number, "format": ".1f"}},
            },
        ],
    }
