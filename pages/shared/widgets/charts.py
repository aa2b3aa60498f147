"""Show a Plotly figure."""

from typing import Any

import streamlit as st

from recsys_core.figures.axes import settle_axes


def show_chart(figure, *, key: str, alt: str, scroll_zooms: bool = False, **selection: Any) -> Any:
    """Draw `figure` without tool buttons, which would cover its title; `alt` describes it in words.

    `selection` is what `st.plotly_chart` takes to report clicks, as `on_select`; then the event is returned. Where
    `scroll_zooms`, a mouse wheel or two fingers enlarge the figure.
    """
    config = {"displayModeBar": False, "scrollZoom": scroll_zooms}
    return st.plotly_chart(settle_axes(figure), key=key, alt=alt, config=config, **selection)
