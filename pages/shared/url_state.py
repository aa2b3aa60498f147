"""The address is the save file: these words of it stand there at all times and say what to show when it is opened.

Streamlit drops what was written into the address by hand whenever the page changes; here it is put back.
"""

from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

URL_PARAMS = ("data", "pin", "trained_on", "run", "person", "item", "start_k", "leak", "hide", "lesson")
_SELECTED = ("person", "item", "run")  # keys of widgets, too
_STANDING, _ASKED = "address_standing", "address_asked"
_gathering = ContextVar("gathering", default=False)


@contextmanager
def keep_url_in_sync():
    """Around a whole run of the app: take in an address that was opened or gone back to, and write ours in the end.

    All is written in one go, since each writing is a step for the browser's back button.
    """
    there = {name: st.query_params.get_all(name) for name in URL_PARAMS if name in st.query_params}
    is_new = _STANDING not in st.session_state
    st.session_state.setdefault(_STANDING, {})
    st.session_state.setdefault(_ASKED, {})
    if is_new or (there and _is_back_or_forward()):
        request_url_params(there)
    for key in _SELECTED:
        if key in st.session_state:  # said once more, or the first run of another page draws the widget's default
            st.session_state[key] = st.session_state[key]
    token = _gathering.set(True)
    try:
        yield
    finally:
        _gathering.reset(token)
    _write_url()


def _is_back_or_forward() -> bool:
    """Whether the browser's back or forward button led here: only then does the address know better than we do."""
    return getattr(get_script_run_ctx(), "is_history_navigation", False)


def request_url_params(words: Mapping[str, Sequence[str]]) -> None:
    """Show what these words say, as if an address with them had been opened."""
    st.session_state[_ASKED] = {name: list(texts) for name, texts in words.items()}
    st.session_state[_STANDING] = dict(st.session_state[_ASKED])


def pending_param(name: str) -> list[str]:
    """The words under `name` that have been asked for and not been taken yet."""
    return st.session_state[_ASKED].get(name, [])


def consume_params(*names: str) -> None:
    """What was asked for under these names is shown now, or given up."""
    for name in names:
        st.session_state[_ASKED].pop(name, None)


def url_param(name: str) -> list[str]:
    """The words that stand in the address under `name`."""
    return st.session_state[_STANDING].get(name, [])


def set_url_param(name: str, *words: str) -> None:
    """From now on these words stand in the address under `name`; without any the name goes."""
    st.session_state[_STANDING][name] = list(words)
    if not _gathering.get():  # in a fragment, around which there is no run of the app
        _write_url()


def _write_url() -> None:
    wanted = {name: words for name, words in st.session_state[_STANDING].items() if words}
    for name in URL_PARAMS:
        if name in st.query_params and name not in wanted:
            del st.query_params[name]
    changed = {name: words for name, words in wanted.items() if st.query_params.get_all(name) != words}
    if changed:
        st.query_params.update(changed)
