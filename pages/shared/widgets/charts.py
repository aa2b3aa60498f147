"""Show a Plotly figure."""

from typing import Any

import streamlit as st

from pages.shared.shell.presenter_mode import TYPE_SCALE, is_presenting
from pages.shared.text import escape
from recsys_core.figures.on_page import SharedFigure, prepare_for_page


def show_chart(figure, *, key: str, alt: str, scroll_zooms: bool = False, **selection: Any) -> Any:
    """Draw `figure` without tool buttons, which would cover it; `alt` describes it in words.

    On a phone the title wraps, since it is text above the figure, and what stands side by side keeps its size and is
    scrolled sideways. `selection` is what `st.plotly_chart` takes to report clicks, as `on_select`; then the event is
    returned. Where `scroll_zooms`, a mouse wheel or two fingers enlarge the figure. A `SharedFigure` costs next to
    nothing where it was shown before, any other tens of milliseconds.
    """
    scale = TYPE_SCALE if is_presenting() else 1.0
    shown = figure.prepared(scale) if isinstance(figure, SharedFigure) else prepare_for_page(figure, scale)
    if shown.title:
        st.markdown(f"**{escape(shown.title)}**")
    config = {"displayModeBar": False, "scrollZoom": scroll_zooms}
    with st.container(key=f"wide_{key}" if shown.is_wide else None):
        return st.plotly_chart(shown.figure, key=key, alt=alt, config=config, **selection)
