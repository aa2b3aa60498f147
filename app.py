"""The app: `streamlit run app.py`."""

import streamlit as st

from pages.shared.error_boundary import banner, edge
from pages.shared.links.lesson_strip import lesson_strip
from pages.shared.links.open_link import has_data, has_runs, stand_run, verdict
from pages.shared.shell.navigation import navigation, run_in_app
from pages.shared.shell.pinned_models import tray
from pages.shared.shell.presenter_mode import hide
from pages.shared.shell.share_link import share
from pages.shared.shell.sidebar import sidebar
from pages.shared.url_state import address

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
