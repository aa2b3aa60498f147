"""Show a Plotly figure."""

import html
from typing import Any

import streamlit as st

from pages.shared.shell.presenter_mode import TYPE_SCALE, is_presenting
from pages.shared.text import escape
from recsys_core.figures.axes import needs_width, settle_axes, settle_legend
from recsys_core.figures.labels import enlarge_type

_TITLE = 26  # pixels that Plotly's own title takes


def show_chart(figure, *, key: str, alt: str, scroll_zooms: bool = False, **selection: Any) -> Any:
    """Draw `figure` without tool buttons, which would cover it; `alt` describes it in words.

    On a phone the title wraps, since it is text above the figure, and what stands side by side keeps its size and is
    scrolled sideways. `selection` is what `st.plotly_chart` takes to report clicks, as `on_select`; then the
    event is returned. Where `scroll_zooms`, a mouse wheel or two fingers enlarge the figure.
    """
    settle_legend(settle_axes(figure))
    if title := figure.layout.title.text:
        st.markdown(f"**{escape(html.unescape(title))}**")
        above = figure.layout.margin.t - _TITLE
        figure.update_layout(title=None, margin_t=above, height=figure.layout.height - _TITLE)
    if is_presenting():
        enlarge_type(figure, TYPE_SCALE)
    config = {"displayModeBar": False, "scrollZoom": scroll_zooms}
    with st.container(key=f"wide_{key}" if needs_width(figure) else None):
        return st.plotly_chart(figure, key=key, alt=alt, config=config, **selection)
