"""Set the value of a widget from a script."""

from typing import Any

import streamlit as st


def set_widget(key: str, value: Any) -> None:
    """Set the widget to `value` where it has another one; call it before the widget is drawn.

    What a script sets replaces, when it reaches the browser, whatever a hand has chosen there in the meantime. So a
    value that is set in every run, though it is the same, loses the clicks that come while a page is being drawn.
    """
    if key not in st.session_state or st.session_state[key] != value:
        st.session_state[key] = value
