"""From a run in the history to the page that shows it: its data, its split and itself come into force."""

import streamlit as st

from pages.shared.context import DATA_KEY, RUN_KEY, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.shell.pinned_models import MAX_PINNED, PINS_KEY, pin_runs
from recsys_core.store.run import Run

_ASKED = "history_asked_for"


def go_where_asked() -> None:
    """Leave for the page that a button has asked for."""
    if page := st.session_state.pop(_ASKED, None):
        st.switch_page(page, query_params={})


@error_boundary()
def open_run(run: Run, page: str, pin: bool) -> None:
    """In a callback: look at this run from now on, on `page`; `pin` it where that page shows pins."""
    if pin:
        pin_run(run)
    else:
        _bring_into_force(run)
    st.session_state[_ASKED] = page


@error_boundary()
def pin_run(run: Run) -> None:
    """In a callback: add the run to the pins; those of another split cannot stay beside it."""
    _bring_into_force(run)
    pins = [pin for pin in st.session_state[PINS_KEY] if pin != run.id]
    st.session_state[PINS_KEY] = [*pins[: MAX_PINNED - 1], run.id]


def _bring_into_force(run: Run) -> None:
    st.session_state.update({DATA_KEY: run.data_fingerprint, RUN_KEY: run.id})
    for name, value in run.split.settings().items():
        st.session_state[f"split_{name}"] = value
    if run.split_fingerprint != get_context().split.fingerprint:
        pin_runs([run.id], run.split_fingerprint)
