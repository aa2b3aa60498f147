"""Draw whichever page is open, with all that stands around every page."""

import streamlit as st

from pages.shared.error_boundary import draw_database_warning, error_boundary
from pages.shared.links.lesson_strip import draw_lesson_strip
from pages.shared.links.link_check import show_link_check
from pages.shared.links.open_data import FILE_WANTED, SELECTED, restore_data
from pages.shared.links.open_runs import restore_runs, sync_run_to_url
from pages.shared.results.first_models import draw_training_bar, start_requested_models
from pages.shared.results.plain_words import draw_plain_words_switch
from pages.shared.shell.accessible_style import draw_accessible_style
from pages.shared.shell.back_steps import draw_back_steps
from pages.shared.shell.navigation import START, describe_page, draw_navigation, run_page
from pages.shared.shell.pinned_models import draw_pinned_models
from pages.shared.shell.present import draw_present_button, draw_talk_controls
from pages.shared.shell.presenter_mode import hide_controls
from pages.shared.shell.remember_choices import remember_choices
from pages.shared.shell.share_link import draw_share_button
from pages.shared.shell.sidebar import draw_sidebar
from pages.shared.sign_in import draw_signed_in, ensure_signed_in
from pages.shared.url_state import keep_url_in_sync
from pages.shared.widgets.hold_values import restore_held_values
from recsys_core.store.read_once import reads_once

# A projector has 720 lines; the default margins take 200 of them.
_LESS_MARGIN = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.6rem 2.2rem 2rem; }
/* The button that brings the sidebar back lies above the page. */
body:has([data-testid="stExpandSidebarButton"]) [data-testid="stMainBlockContainer"] { padding-top: 4.2rem; }
[data-testid="stSidebarHeader"] { height: 1rem; }
[data-testid="stSidebarNavLink"] { padding-block: .1rem; margin-block: .05rem; }
</style>"""


def draw_app() -> None:
    """Draw the page that is open, its sidebar, and what an opened link asks for."""
    page = draw_navigation()
    st.html(_LESS_MARGIN)
    draw_accessible_style()
    if not ensure_signed_in(is_first_page=not page.url_path):
        return
    with keep_url_in_sync(), error_boundary(), reads_once():
        restore_held_values()
        # What comes and goes stands in a container that is always there. Without one, what follows would move in
        # Streamlit's tree, and stand on the page twice, old and new, until the script has ended.
        with st.container():
            draw_database_warning()
        hide_controls()
        page_name = page.url_path or START
        with st.container():
            draw_talk_controls(page_name)
        draw_lesson_strip(page_name)
        data = restore_data(page_name)
        if data == SELECTED:
            draw_sidebar()
            start_requested_models()
            if restore_runs():
                draw_pinned_models()
                draw_plain_words_switch()
                with st.container():
                    show_link_check()
                describe_page(page_name)
                with st.container():
                    draw_training_bar(page_name)
                run_page(page)
                sync_run_to_url()
        elif data == FILE_WANTED and page_name == "data":
            run_page(page)
        draw_share_button()
        draw_present_button(page_name)
        draw_signed_in()
        remember_choices()
        draw_back_steps()
