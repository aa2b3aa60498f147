"""What the browser remembers for its next visit: the data set shown, and whether new data are trained at once."""

import streamlit as st

from pages.shared.browser_memory import remember_in_browser
from pages.shared.context import DATA_KEY
from pages.shared.results.first_models import SWITCH_KEY, is_switched_on


def remember_choices() -> None:
    """Keep the data set shown and the switch in the browser."""
    chosen = {DATA_KEY: st.session_state.get(DATA_KEY), SWITCH_KEY: "on" if is_switched_on() else "off"}
    remember_in_browser(**{name: value for name, value in chosen.items() if value})
