"""Waiting for runs that a page has asked for."""

import streamlit as st

from pages.shared.context import run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape


@st.fragment(run_every=1.0)
@error_boundary()
def wait_for_runs(run_ids: list[int]) -> None:
    """Say what is on its way, and draw the page anew when one of it has ended."""
    live = [run for run in map(run_or_none, run_ids) if run is not None and run.is_live]
    if len(live) < len(run_ids):
        st.rerun()
    st.info("On their way: " + ", ".join(escape(f"{run.label} seed {run.seed}") for run in live))
