"""The app: `streamlit run app.py`."""

import streamlit as st

from pages.shared.address import address
from pages.shared.edge import banner, edge
from pages.shared.hide import hide
from pages.shared.lesson_strip import lesson_strip
from pages.shared.link import has_data, has_runs, stand_run, verdict
from pages.shared.navigation import navigation, run_in_app
from pages.shared.pins import tray
from pages.shared.session import sidebar
from pages.shared.share import share

# A projector has 720 lines; the default margins take 200 of them.
_LESS_MARGIN = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2.2rem 2rem; }
[data-testid="stSidebarHeader"] { height: 1rem; }
[data-testid="stSidebarNavLink"] { padding-block: .1rem; margin-block: .05rem; }
</style>"""

page = navigation()
st.html(_LESS_MARGIN)
with address(), edge():
    banner()
    hide()
    here = page.url_path or "start"
    lesson_strip(here)
    if has_data(here):
        sidebar()
        if has_runs():
            tray()
            verdict()
            run_in_app(page)
            stand_run()
    elif here == "data":
        run_in_app(page)
    share()
