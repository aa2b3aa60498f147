"""Waiting for runs that a page has asked for."""

import streamlit as st

from pages.shared.context import still_there
from pages.shared.error_boundary import edge
from pages.shared.text import as_text


@st.fragment(run_every=1.0)
@edge()
def wait_for_runs(run_ids: list[int]) -> None:
    """Say what is on its way, and draw the page anew when one of it has ended."""
    live = [run for run in map(still_there, run_ids) if run is not None and run.is_live]
    if len(live) < len(run_ids):
        st.rerun()
    st.info("On their way: " + ", ".join(as_text(f"{run.label} seed {run.seed}") for run in live))
