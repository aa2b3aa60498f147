"""A figure as a page shows it: with axes that are settled, its title taken out, and type of the page's size."""

import html
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import plotly.graph_objects as go

from recsys_core.figures.axes import needs_width, settle_axes, settle_legend

_TITLE = 26  # pixels that Plotly's own title takes
_TICK_SIZE, _TITLE_SIZE = 12, 14  # pixels, as Streamlit draws them where a figure says nothing


class PageFigure(go.Figure):  # type: ignore[misc]  # Plotly comes without types
    """A figure that changes no more once it was shown: its JSON form is made when first asked for, and kept."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, the same object each time."""
        return self._kept_dict

    @cached_property
    def _kept_dict(self) -> dict[str, Any]:
        form: dict[str, Any] = super().to_dict()
        return form


@dataclass(frozen=True, eq=False)
class PreparedFigure:
    """A figure to show, its title as plain text, "" without one, and whether a phone is too narrow for it."""

    figure: PageFigure
    title: str
    is_wide: bool


class SharedFigure:
    """A figure that many sessions show: what a page makes of it is made once for each size of type.

    Nobody may change the figure afterwards.
    """

    def __init__(self, figure: go.Figure):
        self._figure = figure
        self._prepared: dict[float, PreparedFigure] = {}

    def prepared(self, type_scale: float = 1.0) -> PreparedFigure:
        """Return the figure as `prepare_for_page` prepares it, the same object each time."""
        if type_scale not in self._prepared:
            self._prepared[type_scale] = prepare_for_page(self._figure, type_scale)
        return self._prepared[type_scale]


def prepare_for_page(figure: go.Figure, type_scale: float = 1.0) -> PreparedFigure:
    """Return a figure as a page shows it. The figure given stays as it is.

    The title leaves the figure, since Plotly cuts one that is wider than the plot. `type_scale` multiplies the size of
    all type and the height.
    """
    layout = figure.layout.to_plotly_json()
    layout.pop("template", None)  # the default one, which the new figure gets too: to check it again takes 8 ms
    # All else was checked when the figure was made.
    shown = PageFigure(figure.data, layout, figure.frames, skip_invalid=True)
    settle_legend(settle_axes(shown))
    title = shown.layout.title.text
    if title:
        layout = shown.layout
        shown.update_layout(title_text=None, margin_t=layout.margin.t - _TITLE, height=layout.height - _TITLE)
    if type_scale != 1:
        enlarge_type(shown, type_scale)
    return PreparedFigure(shown, html.unescape(title or ""), needs_width(shown))


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
