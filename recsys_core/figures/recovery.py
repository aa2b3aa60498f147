"""Planted tastes beside learned ones, as a Vega-Lite specification: its library loads faster than Plotly's."""

from collections.abc import Sequence

import numpy as np

from recsys_core.figures.palette import DIVERGING, LABEL_INK

_ROW, _AXIS = 27, 60  # pixels


def taste_match(correlations: np.ndarray, names: Sequence[str]) -> dict[str, object]:
    """Draw the correlation (K, K) of every planted taste (row) with every learned one (column), orange to blue."""
    rows = [
        {"planted": name, "learned": number, "correlation": round(float(value), 3)}
        for name, values in zip(names, correlations, strict=True)
        for number, value in enumerate(values, start=1)
    ]
    scale = {"domain": [2 * position - 1 for position, _ in DIVERGING], "range": [colour for _, colour in DIVERGING]}
    correlation = {"field": "correlation", "type": "quantitative"}
    return {
        "height": _ROW * len(names) + _AXIS,
        "data": {"values": rows},
        "encoding": {
            "x": {
                "field": "learned",
                "type": "ordinal",
                "axis": {"title": "learned taste, rotated to fit", "labelAngle": 0},
            },
            "y": {
                "field": "planted",
                "type": "nominal",
                "sort": None,
                "axis": {"title": None, "labelLimit": 160, "labelOverlap": False},
            },
            "tooltip": [{"field": "planted"}, {"field": "learned"}, correlation],
        },
        "layer": [
            {"mark": "rect", "encoding": {"color": {**correlation, "scale": scale, "legend": None}}},
            {
                "mark": {"type": "text", "color": LABEL_INK, "fontSize": 11},
                "encoding": {"text": {**correlation, "format": ".1f"}},
            },
        ],
    }
