"""Tabs of which only the open one is drawn."""

from collections.abc import Callable, Mapping

import streamlit as st


def draw_open_tab(views: Mapping[str, Callable[[], None]], key: str) -> None:
    """Draw a tab for each of the `views` by their titles, and the view of the open one, which `key` names."""
    for tab, draw in zip(st.tabs(list(views), key=key, on_change="rerun"), views.values(), strict=True):
        if tab.open:
            with tab:
                draw()
