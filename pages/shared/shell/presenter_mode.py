"""Hide controls for a talk, as `hide=` in the URL says. Hiding protects nothing: it only tidies the screen."""

import streamlit as st

from pages.shared.text import escape
from pages.shared.url_state import url_param
from recsys_core.links.slug import quoted

HIDEABLE = {
    "data": ("the choice of data", ".st-key-data"),
    "split": ("the train/test split", ".st-key-split"),
    "pins": ("the pinned models", ".st-key-pins"),
    "settings": (
        "the training controls on Train and What-if",
        "[data-testid=stColumn]:has(.st-key-train, .st-key-start_sweep, .st-key-continue_training, .st-key-corrupt)",
    ),
    "sidebar": (
        "the whole sidebar, with the list of pages",
        "[data-testid=stSidebar], [data-testid=stExpandSidebarButton]",
    ),
}
"""By its word in the URL, what can be hidden and its CSS selector."""

TYPE_SCALE = 19 / 15
"""By how much type is larger while the app is presented: Vega's grows with the page's, Plotly's does not."""

_FOR_A_TALK = f"""<style>
html {{ font-size: {15 * TYPE_SCALE:g}px !important; }}
body [data-testid="stMainBlockContainer"] {{ padding-top: 2.6rem !important; }}
[data-testid=stHorizontalBlock]:has(> [data-testid=stColumn] .st-key-metric) {{ display: none; }}
</style>"""


def is_presenting() -> bool:
    """Return whether the app is presented: without the sidebar and the training controls, in larger type."""
    return url_param("present") == ["yes"]


def hide_controls() -> None:
    """Hide what the URL says, as `hide=data.split`, and enlarge the type of a talk."""
    names = [name for text in url_param("hide") for name in text.replace(",", ".").split(".") if name]
    if unknown := [name for name in names if name not in HIDEABLE]:
        st.warning(escape(f"What 'hide=' hides must be among {', '.join(HIDEABLE)}. Got {quoted(unknown[0])}."))
    if is_presenting():
        names += ["sidebar", "settings"]
        st.html(_FOR_A_TALK)
    if selectors := ", ".join(HIDEABLE[name][1] for name in names if name in HIDEABLE):
        st.html(f"<style>{selectors} {{ display: none !important; }}</style>")
