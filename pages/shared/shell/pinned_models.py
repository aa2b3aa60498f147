"""The tray of pinned models, the same on every page: the first is the baseline, the others are held against it."""

from collections.abc import Sequence

import streamlit as st

from pages.shared.context import get_context
from pages.shared.server import store
from pages.shared.url_state import set_url_param
from recsys_core.algorithms import ALGORITHMS
from recsys_core.links.run_slug import RunSlug, run_slug
from recsys_core.numerics import distinct_environments, write_environment
from recsys_core.store.run import STOPPED, Run

PINS_KEY = "pins"
MAX_PINNED = 6


def draw_pinned_models() -> None:
    """Choose the pinned models, in the sidebar. Runs that have just ended pin themselves behind the baseline."""
    runs = {run.id: run for run in get_context().runs_with("model")}
    split = get_context().split.fingerprint
    if st.session_state.get("pins_split") != split:
        st.session_state.update(pins_split=split, pins_seen=set(), **{PINS_KEY: []})
    pins = [run_id for run_id in st.session_state[PINS_KEY] if run_id in runs]
    newest = {run.algorithm: run for run in reversed(runs.values()) if not run.in_background}
    seen, recipes = st.session_state["pins_seen"], [runs[run_id].recipe for run_id in pins]
    ended = [newest[key] for key in ALGORITHMS if key in newest and newest[key].id not in seen]
    # Another seed of a pinned recipe tells how far luck goes; it is no other model.
    pins += [run.id for run in ended if run.recipe not in recipes][:MAX_PINNED]
    st.session_state[PINS_KEY] = pins[:1] + pins[1:][1 - MAX_PINNED :]
    st.session_state["pins_seen"] |= set(runs)
    if runs:
        st.sidebar.multiselect(
            "Pinned models",
            list(runs),
            format_func=lambda run_id: runs[run_id].label,
            key=PINS_KEY,
            max_selections=MAX_PINNED,
            persist_state="session",
            help="At most six. The first is the baseline that the others are held against.",
        )
    set_url_param("pin", *(slug_of(run).text for run in pinned_runs()))
    set_url_param(
        "trained_on", *map(write_environment, distinct_environments(run.environment for run in pinned_runs()))
    )


def pin_runs(run_ids: Sequence[int]) -> None:
    """Pin these runs on the current split, and no others; before the tray is drawn."""
    seen = {run.id for run in get_context().runs_with("model")}
    st.session_state.update(pins_split=get_context().split.fingerprint, pins_seen=seen, **{PINS_KEY: list(run_ids)})


def pinned_runs() -> list[Run]:
    """The pinned runs, the baseline first; all have a model on the current split."""
    runs = {run.id: run for run in get_context().runs_with("model")}
    return [runs[run_id] for run_id in st.session_state[PINS_KEY] if run_id in runs]


def slug_of(run: Run) -> RunSlug:
    """The word of a run for the address."""
    epochs = store().epochs(run.id) if run.state == STOPPED else []
    return run_slug(run, epochs[-1].number if epochs else None)
