"""A figure as a page shows it: with axes that are settled, its title taken out, and type of the page's size."""

import html

import plotly.graph_objects as go

from recsys_core.figures.axes import settle_axes, settle_legend

_TITLE = 26  # pixels that Plotly's own title takes
_TICK_SIZE, _TITLE_SIZE = 12, 14  # pixels, as Streamlit draws them where a figure says nothing


def prepare_for_page(figure: go.Figure, type_scale: float = 1.0) -> tuple[go.Figure, str]:
    """Return a figure to show, and its title as plain text, '' without one. The figure given stays as it is.

    The title leaves the figure, since Plotly cuts one that is wider than the plot. `type_scale` multiplies the size of
    all type and the height.
    """
    shown = go.Figure(figure, skip_invalid=True)  # it was checked when it was made
    settle_legend(settle_axes(shown))
    title = shown.layout.title.text
    if title:
        layout = shown.layout
        shown.update_layout(title_text=None, margin_t=layout.margin.t - _TITLE, height=layout.height - _TITLE)
    return enlarge_type(shown, type_scale) if type_scale != 1 else shown, html.unescape(title or "")


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
