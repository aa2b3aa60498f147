"""Wait for the runs that a page needs."""

import streamlit as st

from pages.shared.context import run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape


@st.fragment(run_every=1.0)
@error_boundary()
def wait_for_runs(run_ids: list[int]) -> None:
    """List the runs that are not finished, and redraw the page when one of them has ended."""
    live = [run for run in map(run_or_none, run_ids) if run is not None and run.is_live]
    if len(live) < len(run_ids):
        st.rerun()
    st.info("In training: " + ", ".join(escape(f"{run.label} seed {run.seed}") for run in live))
