"""The tray of pinned models, the same on every page: the first is the baseline, the others are held against it."""

from collections.abc import Sequence

import streamlit as st

from pages.shared.context import current
from pages.shared.server import store
from pages.shared.url_state import stand
from recsys_core.algorithms import ALGORITHMS
from recsys_core.links.run_slug import RunSlug, run_slug
from recsys_core.numerics import distinct_environments, write_environment
from recsys_core.store.run import STOPPED, Run

PINS_KEY = "pins"
MOST_PINS = 6


def tray() -> None:
    """Choose the pinned models, in the sidebar. Runs that have just ended pin themselves behind the baseline."""
    runs = {run.id: run for run in current().runs_with("model")}
    split = current().split.fingerprint
    if st.session_state.get("pins_split") != split:
        st.session_state.update(pins_split=split, pins_seen=set(), **{PINS_KEY: []})
    pins = [run_id for run_id in st.session_state[PINS_KEY] if run_id in runs]
    newest = {run.algorithm: run for run in reversed(runs.values()) if not run.in_background}
    seen, recipes = st.session_state["pins_seen"], [runs[run_id].recipe for run_id in pins]
    ended = [newest[key] for key in ALGORITHMS if key in newest and newest[key].id not in seen]
    # Another seed of a pinned recipe tells how far luck goes; it is no other model.
    pins += [run.id for run in ended if run.recipe not in recipes][:MOST_PINS]
    st.session_state[PINS_KEY] = pins[:1] + pins[1:][1 - MOST_PINS :]
    st.session_state["pins_seen"] |= set(runs)
    if runs:
        st.sidebar.multiselect(
            "Pinned models",
            list(runs),
            format_func=lambda run_id: runs[run_id].label,
            key=PINS_KEY,
            max_selections=MOST_PINS,
            persist_state="session",
            help="At most six. The first is the baseline that the others are held against.",
        )
    stand("pin", *(word(run).text for run in pinned()))
    stand("trained_on", *map(write_environment, distinct_environments(run.environment for run in pinned())))


def pin(run_ids: Sequence[int]) -> None:
    """Pin these runs on the current split, and no others; before the tray is drawn."""
    seen = {run.id for run in current().runs_with("model")}
    st.session_state.update(pins_split=current().split.fingerprint, pins_seen=seen, **{PINS_KEY: list(run_ids)})


def pinned() -> list[Run]:
    """The pinned runs, the baseline first; all have a model on the current split."""
    runs = {run.id: run for run in current().runs_with("model")}
    return [runs[run_id] for run_id in st.session_state[PINS_KEY] if run_id in runs]


def word(run: Run) -> RunSlug:
    """The word of a run for the address."""
    epochs = store().epochs(run.id) if run.state == STOPPED else []
    return run_slug(run, epochs[-1].number if epochs else None)
