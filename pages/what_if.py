"""What would change if I changed k, λ or the data?"""

import streamlit as st

from pages.shared.shell.navigation import ensure_in_app
from pages.views.what_if.continue_training import continue_from_here
from pages.views.what_if.corrupt_data import break_my_data
from pages.views.what_if.sweep import sweep

ensure_in_app()

_VIEWS = {
    "Try many settings": sweep,
    "Continue from here": continue_from_here,
    "Break my data": break_my_data,
}

view = st.segmented_control(
    "What if",
    list(_VIEWS),
    default=next(iter(_VIEWS)),
    required=True,
    key="what_if",
    bind="query-params",
    label_visibility="collapsed",
)
_VIEWS[view]()
