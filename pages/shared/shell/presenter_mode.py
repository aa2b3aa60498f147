"""`hide=` in the address: groups of controls out of the way, for talks. It hides them; it locks nobody out."""

import streamlit as st

from pages.shared.text import as_text
from pages.shared.url_state import standing
from recsys_core.links.slug import quoted

GROUPS = {
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


def hide() -> None:
    """Hide what the address says, as `hide=data.split`."""
    words = [word for text in standing("hide") for word in text.replace(",", ".").split(".") if word]
    if unknown := [word for word in words if word not in GROUPS]:
        st.warning(as_text(f"What 'hide=' hides must be among {', '.join(GROUPS)}. Got {quoted(unknown[0])}."))
    if selectors := ", ".join(GROUPS[word][1] for word in words if word in GROUPS):
        st.html(f"<style>{selectors} {{ display: none !important; }}</style>")
