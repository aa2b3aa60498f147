"""Figures in a page that asks for nothing: Plotly's own code once, and each figure as JSON in one look."""

import json

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from recsys_core.figures.palette import RUNS

WIDTH = 700  # pixels: what a sheet of paper holds
INK = "rgb(36, 41, 47)"
"""The colour of all text that is not of a run: a page with a dark ground paints it anew."""
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
    """Plotly's code, to be embedded once."""
    return get_plotlyjs().replace("\r\n", "\n")


def embedded(figure: go.Figure) -> str:
    """The figure as JSON that may stand inside a <script> of a page: nothing in it ends the script.

    Points are drawn as SVG: that prints, and WebGL would compile code of its own, which a strict page forbids.
    """
    spec = json.loads(go.Figure(figure).update_layout(template=_TEMPLATE, width=WIDTH).to_json())
    for trace in spec["data"]:
        trace["type"] = trace["type"].replace("scattergl", "scatter")
    return json.dumps(spec).replace("<", "\\u003c")
