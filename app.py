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

# The icon of the tab; of a page's own, Streamlit fetches a font from a foreign server.
_ICON = (
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
    "<rect x='1' y='9' width='4' height='6' fill='%230072B2'/>"
    "<rect x='6' y='5' width='4' height='10' fill='%230072B2'/>"
    "<rect x='11' y='1' width='4' height='14' fill='%23D55E00'/></svg>"
)

st.set_page_config(page_icon=_ICON, layout="wide", initial_sidebar_state=250)
st.html(_LESS_MARGIN)
page = navigation()
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
