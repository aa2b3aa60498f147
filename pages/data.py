"""What is in my ratings, and can I trust a test on them?"""

from collections.abc import Callable

import streamlit as st

from pages.shared.context import DATA_VIEW_KEY, THIS_DATA, UPLOAD, get_context
from pages.shared.results.first_models import draw_first_models_switch
from pages.shared.shell.navigation import ensure_in_app
from pages.views.data.generate import generate_view, textbook_view
from pages.views.data.given_split import given_split_view
from pages.views.data.manage import manage_view
from pages.views.data.movielens import movielens_view
from pages.views.data.overview import overview
from pages.views.data.upload import upload

ensure_in_app()

ALL_DATA = "All data sets"

views: dict[str, Callable[[], None]] = {
    UPLOAD: upload,
    "Given split": given_split_view,
    "MovieLens": movielens_view,
    "Generate": generate_view,
    "Textbook 5 × 5": textbook_view,
}
st.session_state.setdefault(DATA_VIEW_KEY, THIS_DATA)
with st.container(horizontal=True, vertical_alignment="center"):
    view = st.segmented_control(
        "View",
        [THIS_DATA, *views, ALL_DATA],
        default=st.session_state[DATA_VIEW_KEY],  # shown by a browser that has not heard what was set
        required=True,
        key=DATA_VIEW_KEY,
        label_visibility="collapsed",
    )
    if view in views:
        draw_first_models_switch()
if view in views:
    views[view]()
elif view == ALL_DATA:
    manage_view()
else:
    overview(get_context().dataset)
