"""Keep what a script has set in widgets, when it asks to be run again, until that run begins.

A fragment with a timer sends the values that the browser shows. Where such a request waits while a script sets other
values and then reruns or switches to a page, Streamlit makes one run of the two, with the values of the browser, and
what the script has set is lost: data that had just been loaded were not selected.
"""

import streamlit as st

from pages.shared.widgets.set_widget import set_widget

_HELD = "held_values"


def hold_values(*keys: str) -> None:
    """Hold the values that these widgets have now, or that they have none, for the run that the script asks for."""
    st.session_state[_HELD] = {key: [st.session_state[key]] if key in st.session_state else [] for key in keys}


def restore_held_values() -> None:
    """Give the widgets the values that were held for this run, before anything is drawn."""
    for key, held in st.session_state.pop(_HELD, {}).items():
        if held:
            set_widget(key, *held)
        else:
            st.session_state.pop(key, None)
