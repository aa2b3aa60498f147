"""`hide=` in the address: groups of controls out of the way, for talks. It hides them; it locks nobody out."""

import streamlit as st

from pages.shared.text import escape
from pages.shared.url_state import url_param
from recsys_core.links.slug import quoted

HIDEABLE = {
    "data": ("The choice of the data.", ".st-key-data"),
    "split": ("The train/test split.", ".st-key-split"),
    "tray": ("The pinned models.", ".st-key-pins"),
    "settings": (
        "What trains: the controls of Train and What-if.",
        "[data-testid=stColumn]:has(.st-key-train, .st-key-start_sweep, .st-key-fork, .st-key-break)",
    ),
    "sidebar": (
        "The whole side bar, with its list of pages.",
        "[data-testid=stSidebar], [data-testid=stExpandSidebarButton]",
    ),
}


def hide_controls() -> None:
    """Hide what the address says, as `hide=data.split`."""
    words = [word for text in url_param("hide") for word in text.replace(",", ".").split(".") if word]
    if unknown := [word for word in words if word not in HIDEABLE]:
        st.warning(escape(f"What 'hide=' hides must be among {', '.join(HIDEABLE)}. Got {quoted(unknown[0])}."))
    if selectors := ", ".join(HIDEABLE[word][1] for word in words if word in HIDEABLE):
        st.html(f"<style>{selectors} {{ display: none !important; }}</style>")
