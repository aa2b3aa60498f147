"""What is in my ratings, and can I trust a test on them?"""

from collections.abc import Callable

import streamlit as st

from pages.shared.context import VIEW_KEY, get_context
from pages.shared.shell.navigation import ensure_in_app
from pages.views.data.generate import generate_view, textbook_view
from pages.views.data.movielens import movielens_view
from pages.views.data.overview import overview
from pages.views.data.upload import upload

ensure_in_app()


CURRENT = "This data"
views: dict[str, Callable[[], None]] = {
    "Upload a file": upload,
    "MovieLens": movielens_view,
    "Generate": generate_view,
    "Textbook 5 × 5": textbook_view,
}
st.session_state.setdefault(VIEW_KEY, CURRENT)
view = st.segmented_control("View", [CURRENT, *views], required=True, key=VIEW_KEY, label_visibility="collapsed")
if view in views:
    views[view]()
else:
    overview(get_context().dataset)
