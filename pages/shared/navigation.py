"""The one table of pages, and making sure that a page is reached through it."""

from contextvars import ContextVar

import streamlit as st

_in_app = ContextVar("in_app", default=False)


def navigation():
    """The page that the person is on."""
    return st.navigation(
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


def run_in_app(page) -> None:
    """Run `page` with the sidebar drawn around it."""
    token = _in_app.set(True)
    try:
        page.run()
    finally:
        _in_app.reset(token)


def ensure_in_app() -> None:
    """First line of every page: on a fresh server Streamlit runs the first page asked for without app.py."""
    if not _in_app.get():
        navigation()
        st.rerun()
