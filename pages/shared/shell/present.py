"""Present the app: save views, then step through them by key, without the sidebar and in larger type."""

from urllib.parse import urlencode

import streamlit as st

from pages.shared.context import SPLIT_KEYS
from pages.shared.error_boundary import error_boundary
from pages.shared.links.lesson_strip import step_lesson
from pages.shared.shell.navigation import PAGES
from pages.shared.shell.presenter_mode import is_presenting
from pages.shared.text import escape
from pages.shared.url_state import (
    TALK_PARAMS,
    URL_PARAMS,
    WIDGET_PARAMS,
    request_url_params,
    set_url_param,
    talk_params,
    url_param,
)
from pages.shared.widgets.hold_values import hold_values
from recsys_core.errors import InputError
from recsys_core.links.saved_views import MOST_VIEWS, SavedView, read_views, write_views

PRESENT_KEY, EXIT_KEY, NEXT_KEY, BACK_KEY, SAVE_KEY = "present", "talk_exit", "talk_next", "talk_back", "save_view"
_GO_TO, _SHOWN = "talk_go_to", "talk_shown"  # the page and the widgets' parameters to switch to; the index of the view
# In the band above the page, where nothing else is; the header of Streamlit lies over it.
_STRIP = """<style>
.st-key-talk { position: fixed; top: .2rem; right: 1rem; z-index: 1000000; width: auto !important; opacity: .5;
  background: color-mix(in srgb, var(--st-background-color, Canvas) 85%, transparent); border-radius: .5rem;
  padding-left: .5rem; }
.st-key-talk:hover, .st-key-talk:focus-within { opacity: 1; }
.st-key-talk > div { width: auto !important; }
.st-key-talk button { min-height: 1.6rem; padding-block: 0; }
</style>"""


def draw_talk_controls(page_name: str) -> None:
    """Go to the view that was asked for; while presenting, draw the small buttons Back, Next and Exit above it."""
    if _GO_TO in st.session_state:
        page, query = st.session_state[_GO_TO]
        if page == page_name:  # only a page that is not open takes the values of its widgets from the URL
            st.switch_page(f"pages/{next(name for name in PAGES if name != page)}.py", query_params={})
        del st.session_state[_GO_TO]
        names = (*WIDGET_PARAMS, *SPLIT_KEYS, *query)
        for name in names:
            st.session_state.pop(name, None)  # else what was chosen before would stand against the view
        hold_values(*names)
        st.switch_page(f"pages/{page}.py", query_params=query)
    if not is_presenting():
        return
    st.html(_STRIP)
    with st.container(key="talk", horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
        st.caption(_where(page_name), width="content")
        for label, key, shortcut, step in (("Back", BACK_KEY, "PageUp", -1), ("Next", NEXT_KEY, "PageDown", 1)):
            st.button(label, key=key, shortcut=shortcut, on_click=_step, args=(page_name, step))
        st.button("Exit", key=EXIT_KEY, shortcut="Esc", on_click=_set_presenting, args=(False,))


def draw_present_button(page_name: str) -> None:
    """Draw the button that begins a talk, and the list of its views, at the end of the sidebar."""
    views = _views()
    st.sidebar.button(
        "Present",
        key=PRESENT_KEY,
        icon=":material/slideshow:",
        width="stretch",
        shortcut="Shift+P",
        on_click=_set_presenting,
        args=(True,),
        help="Hides the sidebar and the settings, and enlarges all type. Page Down and Page Up go through the saved "
        "views or, without any, through the pages. Esc ends it.",
    )
    st.sidebar.button(
        "Save this view",
        key=SAVE_KEY,
        icon=":material/bookmark_add:",
        width="stretch",
        shortcut="Shift+V",
        disabled=len(views) >= MOST_VIEWS,
        on_click=_save_view,
        args=(page_name,),
        help="Keeps this page as it is, with its data and models, for Present. The link holds all saved views.",
    )
    if views:
        with st.sidebar.popover(f"Saved views ({len(views)})", width="stretch", key="saved_views"):
            for index, view in enumerate(views):
                left, right = st.columns([5, 1], vertical_alignment="center")
                name = escape(f"{index + 1}. {_name(view)}")
                left.button(name, key=f"view_{index}", type="tertiary", on_click=_show_view, args=(index,))
                right.button("×", key=f"remove_view_{index}", type="tertiary", on_click=_remove_view, args=(index,))


def _views() -> list[SavedView]:
    """Return the views that the URL holds; where it is damaged, say so and go on without."""
    try:
        return read_views("".join(url_param("views")[-1:]), PAGES)
    except InputError as error:
        st.warning(escape(str(error)))
        set_url_param("views")
        return []


def _name(view: SavedView) -> str:
    """Return the page of a view, with the view of that page where one is chosen."""
    chosen = [value for name, values in view.url_params.items() if name.endswith("_view") for value in values]
    return ", ".join([PAGES[view.page][0], *chosen])


def _where(page_name: str) -> str:
    if url_param("lesson"):  # its strip says so
        return ""
    if views := _views():
        return f"{st.session_state.get(_SHOWN, 0) + 1} of {len(views)}"
    return PAGES[page_name][0]


@error_boundary()
def _set_presenting(is_on: bool) -> None:
    set_url_param("present", *(["yes"] if is_on else []))
    if is_on and _views() and not url_param("lesson"):
        _show_view(0)


@error_boundary()
def _save_view(page_name: str) -> None:
    shown = [(name, st.query_params.get_all(name)) for name in st.query_params if name not in (*TALK_PARAMS, "lesson")]
    _keep([*_views(), SavedView(page_name, urlencode(shown, doseq=True))])


@error_boundary()
def _remove_view(index: int) -> None:
    views = _views()
    _keep(views[:index] + views[index + 1 :])


def _keep(views: list[SavedView]) -> None:
    set_url_param("views", *filter(None, [write_views(views)]))


@error_boundary()
def _step(page_name: str, step: int) -> None:
    """Show the next or the previous step of a lesson, else view, else page; at either end nothing happens."""
    if url_param("lesson"):
        step_lesson(step)
        return
    if views := _views():
        index = st.session_state.get(_SHOWN, 0) + step
        if 0 <= index < len(views):
            _show_view(index)
        return
    index = list(PAGES).index(page_name) + step
    if 0 <= index < len(PAGES):
        st.session_state[_GO_TO] = (list(PAGES)[index], {})


@error_boundary()
def _show_view(index: int) -> None:
    view = _views()[index]
    asked = {name: values for name, values in view.url_params.items() if name in URL_PARAMS}
    request_url_params({**asked, **talk_params()})
    widgets = {name: values for name, values in view.url_params.items() if name not in URL_PARAMS}
    st.session_state.update({_GO_TO: (view.page, widgets), _SHOWN: index})
