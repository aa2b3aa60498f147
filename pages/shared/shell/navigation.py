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

_PURPOSES = {
    "train": "Train a recommender on this data and watch it learn, epoch by epoch.",
    "data": "What is in the ratings, and whether a test on them can be trusted. New data are loaded here.",
    "factors": "What a model has learned: people and items with similar tastes lie close together on the map.",
    "person": "What the pinned models recommend to one person, and why.",
    "compare": "Which of the pinned models is better, whether the difference is more than chance, and for whom.",
    "what_if": "What changes with other settings, with further training, or with damaged data.",
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
            st.Page("pages/start.py", title="Start", icon=":material/play_circle:", default=True),
            st.Page("pages/train.py", title="Train", icon=":material/model_training:", url_path="train"),
            st.Page("pages/data.py", title="Data", icon=":material/table_view:", url_path="data"),
            st.Page("pages/factors.py", title="Factors", icon=":material/scatter_plot:", url_path="factors"),
            st.Page("pages/person.py", title="Person", icon=":material/person_search:", url_path="person"),
            st.Page("pages/compare.py", title="Compare", icon=":material/leaderboard:", url_path="compare"),
            st.Page("pages/what_if.py", title="What-if", icon=":material/alt_route:", url_path="what_if"),
            st.Page("pages/optimise.py", title="Optimise", icon=":material/trending_down:", url_path="optimise"),
            st.Page("pages/history.py", title="History", icon=":material/history:", url_path="history"),
        ]
    )
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
