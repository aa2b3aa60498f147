"""What would change if I changed k, λ or the data?"""

import streamlit as st

from pages.shared.shell.navigation import ensure_in_app
from pages.shared.widgets.choose_one import choose_one
from pages.views.what_if.continue_training import draw_continued_training
from pages.views.what_if.corrupt_data import draw_corruptions
from pages.views.what_if.sweep import draw_sweep

ensure_in_app()

_VIEWS = {
    "Try many settings": draw_sweep,
    "Continue training": draw_continued_training,
    "Corrupt the data": draw_corruptions,
}

view = choose_one(
    st.segmented_control,
    "What if",
    list(_VIEWS),
    default=next(iter(_VIEWS)),
    key="what_if",
    label_visibility="collapsed",
)
_VIEWS[view]()
