"""Keep what a script has set in widgets, when it asks to be run again, until that run begins.

A fragment with a timer sends the values that the browser shows. Where such a request waits while a script sets other
values and then reruns or switches to a page, Streamlit makes one run of the two, with the values of the browser, and
what the script has set is lost: data that had just been loaded were not selected.
"""

import streamlit as st

from pages.shared.widgets.set_widget import set_widget

_HELD = "held_values"


def hold_values(*keys: str) -> None:
    """Hold the values that these widgets have now for the run that the script asks for next."""
    st.session_state[_HELD] = {key: st.session_state[key] for key in keys if key in st.session_state}


def restore_held_values() -> None:
    """Set the widgets to the values that were held for this run, before anything is drawn."""
    for key, value in st.session_state.pop(_HELD, {}).items():
        set_widget(key, value)
