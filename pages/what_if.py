"""What would change if I changed k, λ or the data?"""

import streamlit as st

from pages.shared.navigation import ensure_in_app
from pages.shared.what_if_break import break_my_data
from pages.shared.what_if_fork import continue_from_here
from pages.shared.what_if_sweep import sweep

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
