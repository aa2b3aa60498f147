"""Labels of figures: text from outside, shortened to the room there is and escaped for Plotly."""

import textwrap

import plotly.graph_objects as go

from recsys_core.escape import for_plotly, one_line

_LONGEST = 60
_LINE = 32
_TICK_SIZE, _TITLE_SIZE = 12, 14  # pixels, as Streamlit draws them where a figure says nothing


def short_label(text: str, longest: int = _LONGEST) -> str:
    """Return `text` on one line of at most `longest` characters, escaped."""
    text = one_line(text)
    return for_plotly(text if len(text) <= longest else text[: longest - 1] + "…")


def legend_label(text: str) -> str:
    """Return the name of a run for a legend, which must leave room for the plot."""
    return short_label(text, _LINE)


def row_label(text: str) -> str:
    """Return the name of a row beside a plot, on two lines at most."""
    lines = textwrap.wrap(one_line(text), _LINE, max_lines=2, placeholder="…")
    return "<br>".join(short_label(line) for line in lines)


def enlarge_type(figure: go.Figure, factor: float) -> go.Figure:
    """Multiply the size of all type of a figure, in place, give it as much more height, and return the figure."""
    layout = figure.layout
    axes = [*figure.select_xaxes(), *figure.select_yaxes()]
    for font, plain in (
        *((axis.tickfont, _TICK_SIZE) for axis in axes),
        *((axis.title.font, _TITLE_SIZE) for axis in axes),
        *((note.font, _TICK_SIZE) for note in layout.annotations),
        (layout.legend.font, _TICK_SIZE),
        *((trace.textfont, _TICK_SIZE) for trace in figure.select_traces(lambda trace: "textfont" in trace)),
    ):
        font.size = factor * (font.size or plain)
    if layout.height:
        layout.height *= factor
    return figure
