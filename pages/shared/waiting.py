"""Waiting for runs that a page has asked for."""

import streamlit as st

from pages.shared.edge import edge
from pages.shared.session import store
from pages.shared.text import as_text


@st.fragment(run_every=1.0)
@edge()
def wait_for_runs(run_ids: list[int]) -> None:
    """Say what is on its way, and draw the page anew when one of it has ended."""
    live = [run for run in (store().run(run_id) for run_id in run_ids) if run.is_live]
    if len(live) < len(run_ids):
        st.rerun()
    st.info("On their way: " + ", ".join(as_text(f"{run.label} seed {run.seed}") for run in live))
