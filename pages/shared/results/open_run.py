"""Open a run on another page: select its data, its split and the run itself."""

import streamlit as st

from pages.shared.context import DATA_KEY, RUN_KEY, SPLIT_KEYS, select_split
from pages.shared.error_boundary import error_boundary
from pages.shared.results.comparison import CHALLENGER_KEY
from pages.shared.shell.pinned_models import add_pin
from pages.shared.widgets.hold_values import hold_values
from recsys_core.store.run import Run

_REQUESTED_PAGE = "requested_page"


def switch_to_requested_page() -> None:
    """Switch to the page that a button of the previous run of the script has asked for."""
    if page := st.session_state.pop(_REQUESTED_PAGE, None):
        hold_values(DATA_KEY, RUN_KEY, CHALLENGER_KEY, *SPLIT_KEYS)
        st.switch_page(page, query_params={})


@error_boundary()
def open_run(run: Run, page: str, pin: bool) -> None:
    """Select this run, in a callback, and show `page` next; `pin` it if that page shows pinned models."""
    if pin:
        pin_run(run)
    else:
        _select(run)
    st.session_state[_REQUESTED_PAGE] = page


@error_boundary()
def compare_runs_on_page(baseline: Run, challenger: Run) -> None:
    """Pin two runs of one split, the first as the baseline, and show Compare next, in a callback."""
    pin_run(challenger)
    pin_run(baseline, is_baseline=True)
    st.session_state.update({CHALLENGER_KEY: challenger.id, _REQUESTED_PAGE: "pages/compare.py"})


@error_boundary()
def pin_run(run: Run, is_baseline: bool = False) -> None:
    """Add the run to the pinned models of its split, in a callback, and select that split."""
    _select(run)
    add_pin(run.id, run.split_fingerprint, is_baseline)


def _select(run: Run) -> None:
    st.session_state.update({DATA_KEY: run.data_fingerprint, RUN_KEY: run.id})
    select_split(run.split.settings())
