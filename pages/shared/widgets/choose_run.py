"""Choose the run that a page shows."""

from collections.abc import Callable, Iterable

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.shared.context import RUN_KEY, get_context
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.store.run import Run

_DRAWN = "run_drawn"


def choose_run(fits: Callable[[type[Algorithm] | Algorithm], bool] | None = None) -> Run | None:
    """Let the person choose a run with factors, of an algorithm that `fits` where this is given.

    Returns None after saying that there is no such run.
    """
    runs = [run for run in get_context().runs_with("model") if run.has_factors]
    if fits:
        runs = [run for run in runs if fits(run.recipe)]
    if not runs:
        labels = [algorithm.label for algorithm in ALGORITHMS.values() if fits and fits(algorithm)]
        what = f"model of {' or '.join(labels)}" if labels else "model with factors"
        st.subheader(f"No {what} is trained on this data yet.", anchor=False)
        st.page_link("pages/train.py", label="Train a model first", icon=":material/model_training:")
        return None
    return choose_among(runs, "Model")


def choose_among(
    runs: Iterable[Run], label: str, *, hide_label: bool = False, on_change: Callable[[], None] | None = None
) -> Run:
    """Let the person choose one of `runs`, newest first; at first the newest that belongs to no sweep."""
    by_id = {run.id: run for run in runs}
    by_hand = [run.id for run in by_id.values() if not run.in_background]
    chosen = remembered_select(
        label,
        list(by_id),
        key=RUN_KEY,
        default=next(iter(by_hand or by_id)),
        format_func=lambda run_id: by_id[run_id].label,
        label_visibility="collapsed" if hide_label else "visible",
        on_change=on_change,
    )
    st.session_state[_DRAWN] = chosen
    return by_id[chosen]


def undo_what_no_hand_did() -> None:
    """In a callback of a box outside all fragments: show the run drawn last if another one comes with a fragment.

    A fragment that refreshes itself sends what all widgets show in the browser, where the run that was started in the
    moment before has not arrived yet.
    """
    context = get_script_run_ctx()
    if context is not None and context.fragment_ids_this_run and _DRAWN in st.session_state:
        st.session_state[RUN_KEY] = st.session_state[_DRAWN]
