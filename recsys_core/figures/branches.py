"""A run and its branches: curves that are one line up to where they part."""

from collections.abc import Mapping, Sequence

from recsys_core.figures.axes import vega_scale
from recsys_core.figures.curves import thinned
from recsys_core.figures.palette import GREY, RUNS

_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [10, 4], [1, 3])


def branch_curves(
    curves: Mapping[str, Sequence[tuple[int, float]]], *, branch_epochs: Sequence[int], epoch_word: str = "epoch"
) -> dict[str, object]:
    """Draw a line per name, the first for the run itself, and a grey rule at every epoch in `branch_epochs`."""
    names = list(curves)
    rows = [
        {"run": name, "epoch": epoch, "value": value}
        for name, points in curves.items()
        for epoch, value in thinned(points)
    ]
    x = {"field": "epoch", "type": "quantitative", "axis": {"title": epoch_word, "tickMinStep": 1, "grid": False}}
    scale = vega_scale(value for points in curves.values() for _, value in points)
    y = {"field": "value", "type": "quantitative", "scale": scale, "title": None}
    indices = range(len(names))
    legend = {"orient": "bottom", "columns": 1, "title": None, "labelLimit": 420}
    colours = {"domain": names, "range": [RUNS[index % len(RUNS)] for index in indices]}
    dashes = {"domain": names, "range": [_DASHES[index % len(_DASHES)] for index in indices]}
    return {
        "height": 300,
        "layer": [
            {
                "data": {"values": [{"epoch": epoch} for epoch in sorted(set(branch_epochs))]},
                "mark": {"type": "rule", "color": GREY, "strokeWidth": 1, "aria": False},
                "encoding": {"x": x},
            },
            {
                "data": {"values": rows},
                "mark": {"type": "line", "strokeWidth": 2.5},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"field": "run", "type": "nominal", "scale": colours, "legend": legend},
                    "strokeDash": {"field": "run", "type": "nominal", "scale": dashes, "legend": legend},
                    "tooltip": [
                        {"field": "run", "type": "nominal"},
                        {"field": "epoch", "type": "quantitative"},
                        {"field": "value", "type": "quantitative", "format": ".4f"},
                    ],
                },
            },
        ],
    }
