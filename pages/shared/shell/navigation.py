"""The table of pages, and a check that a page is opened through it."""

from contextvars import ContextVar

import streamlit as st
from streamlit.navigation.page import StreamlitPage

# The tab's icon as an SVG: for an icon of a page, Streamlit would fetch a font from a foreign server.
_ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
    "<rect x='1' y='9' width='4' height='6' fill='%230072B2'/>"
    "<rect x='6' y='5' width='4' height='10' fill='%230072B2'/>"
    "<rect x='11' y='1' width='4' height='14' fill='%23D55E00'/></svg>"
)

START = "start"
PAGES = {
    START: ("Start", "play_circle"),
    "train": ("Train", "model_training"),
    "data": ("Data", "table_view"),
    "factors": ("Factors", "scatter_plot"),
    "person": ("Person", "person_search"),
    "compare": ("Compare", "leaderboard"),
    "what_if": ("What-if", "alt_route"),
    "optimise": ("Optimise", "trending_down"),
    "history": ("History", "history"),
}
"""The title and the icon of every page, by the name of its file, in the order of the sidebar."""

_PURPOSES = {
    "train": "Train a recommender on this data and watch it learn, epoch by epoch.",
    "data": "What is in the data, and whether a test on them can be trusted. New data are loaded here.",
    "factors": "What a model has learned: people and items with similar tastes lie close together on the map.",
    "person": "What the pinned models recommend to one person, and why.",
    "compare": "Which of the pinned models is better, whether the difference is more than chance, and for whom.",
    "what_if": "What changes with other settings, with further training, or with corrupted data.",
    "optimise": "How training finds its way to a solution, on examples that are small enough to draw.",
    "history": "Every run so far, on all data sets. Search, name, pin, archive, export and import them here.",
}
_MENU = "client.showSidebarNavigation"

_in_app: ContextVar[bool] = ContextVar("in_app", default=False)


def draw_navigation() -> StreamlitPage:
    """Draw the list of pages, and return the page that is open."""
    st.set_page_config(page_icon=_ICON, layout="wide", initial_sidebar_state=250)
    page = st.navigation(
        [
            st.Page(
                f"pages/{name}.py", title=title, icon=f":material/{icon}:", default=name == START,
                url_path="" if name == START else name,
            )
            for name, (title, icon) in PAGES.items()
        ]
    )  # fmt: skip
    if not st.get_option(_MENU):  # the first run of a fresh server: only now does Streamlit know the pages
        st.set_option(_MENU, True)
        st.rerun()
    return page


def describe_page(page_name: str) -> None:
    """Say in the first line what the page is for; Start does so itself."""
    if page_name in _PURPOSES:
        st.caption(_PURPOSES[page_name])


def run_page(page: StreamlitPage) -> None:
    """Run the script of `page` inside the app."""
    token = _in_app.set(True)
    try:
        page.run()
    finally:
        _in_app.reset(token)


def ensure_in_app() -> None:
    """Start the app where a page's script runs without it, as the first page opened on a fresh server does."""
    if not _in_app.get():
        draw_navigation()
        st.rerun()
