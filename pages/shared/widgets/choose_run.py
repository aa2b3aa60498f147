"""Choosing the trained model that a page looks into."""

from collections.abc import Callable

import streamlit as st

from pages.shared.context import RUN_KEY, get_context
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.store.run import Run


def choose_run(fits: Callable[[type[Algorithm] | Algorithm], bool] | None = None) -> Run | None:
    """Let the person choose a run with factors, of an algorithm that `fits` where this is given.

    Returns None after saying that there is no such run.
    """
    runs = {run.id: run for run in get_context().runs_with("model") if run.has_factors}
    if fits:
        runs = {key: run for key, run in runs.items() if fits(run.recipe)}
    if not runs:
        what = "model with factors"
        if fits:
            what = f"model of {' or '.join(each.label for each in ALGORITHMS.values() if fits(each))}"
        st.subheader(f"No {what} is trained on this data yet.", anchor=False)
        st.page_link("pages/train.py", label="Train a model first", icon=":material/model_training:")
        return None
    return choose_among(runs, "Model")


def choose_among(runs: dict[int, Run], label: str) -> Run:
    """The run looked at, where it is one of these; else the newest that a person asked for, no sweep."""
    if st.session_state.get(RUN_KEY) not in runs:
        own = [run.id for run in runs.values() if not run.in_background]
        st.session_state[RUN_KEY] = next(iter(own or runs))
    chosen = st.selectbox(
        label, list(runs), format_func=lambda run_id: runs[run_id].label, key=RUN_KEY, persist_state="session"
    )
    return runs[chosen]
