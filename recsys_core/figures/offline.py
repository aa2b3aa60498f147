"""Figures for a page that loads nothing: Plotly's own code once, and each figure as plain data in one style."""

import json
from typing import cast

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from recsys_core.figures.axes import settle_axes
from recsys_core.figures.palette import RUNS

Figure = go.Figure
"""What every function of this package returns, by a name for modules that import no Plotly."""
WIDTH = 700  # pixels: what a sheet of paper holds
INK = "rgb(36, 41, 47)"
"""The colour of all text that does not belong to a run; a page with a dark background recolours it."""
_LINE = "rgba(128, 128, 128, 0.3)"
_AXIS = dict(automargin=True, gridcolor=_LINE, zerolinecolor=_LINE, linecolor=_LINE, tickcolor=_LINE)
_TEMPLATE = dict(
    layout=dict(
        font=dict(family="system-ui, sans-serif", size=12, color=INK),
        title=dict(font_size=14, x=0, xanchor="left"),
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
        colorway=list(RUNS),
        xaxis=_AXIS,
        yaxis=_AXIS,
    )
)


def plotly_js() -> str:
    """Return Plotly's code, to be embedded once."""
    return cast(str, get_plotlyjs()).replace("\r\n", "\n")  # Plotly has no types


def figure_spec(figure: go.Figure) -> dict[str, object]:
    """Return what Plotly draws a figure from, ready for JSON.

    Points are drawn as SVG: SVG prints, and WebGL would compile code of its own, which a strict page forbids.
    """
    settled = settle_axes(go.Figure(figure))
    settled.layout.template = _TEMPLATE  # in place of what Plotly, or Streamlit where it is imported, has put there
    spec: dict[str, object] = json.loads(settled.update_layout(width=WIDTH).to_json())
    for trace in cast(list[dict[str, str]], spec["data"]):
        trace["type"] = trace["type"].replace("scattergl", "scatter")
    return spec
