"""The app: `streamlit run app.py`."""

import streamlit as st

from pages.shared.navigation import navigation, run_in_app
from pages.shared.pins import tray
from pages.shared.session import sidebar

# A projector has 720 lines; the default margins take 200 of them.
_LESS_MARGIN = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2.2rem 2rem; }
[data-testid="stSidebarHeader"] { height: 2rem; }
</style>"""

st.set_page_config(layout="wide", initial_sidebar_state=250)
st.html(_LESS_MARGIN)
page = navigation()
sidebar()
tray()
run_in_app(page)
