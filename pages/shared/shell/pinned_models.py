"""The pinned models, the same on every page: the first is the baseline with which the others are compared."""

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
_SPLIT, _KNOWN = "pins_split", "pins_seen"  # the split that the pins belong to; the runs that could pin themselves


def draw_pinned_models() -> None:
    """Draw the list of pinned models in the sidebar. Runs that have just finished are pinned behind the baseline."""
    runs = {run.id: run for run in get_context().runs_with("model")}
    split = get_context().split.fingerprint
    if st.session_state.get(_SPLIT) != split:
        st.session_state.update({_SPLIT: split, _KNOWN: set(), PINS_KEY: []})
    pins = [run_id for run_id in st.session_state[PINS_KEY] if run_id in runs]
    newest = {run.algorithm: run for run in reversed(runs.values()) if not run.in_background}
    known, recipes = st.session_state[_KNOWN], [runs[run_id].recipe for run_id in pins]
    finished = [newest[key] for key in ALGORITHMS if key in newest and newest[key].id not in known]
    # Another seed of a pinned recipe measures the variance between seeds; it is no other model.
    pins += [run.id for run in finished if run.recipe not in recipes][:MAX_PINNED]
    st.session_state[PINS_KEY] = pins[:1] + pins[1:][1 - MAX_PINNED :]
    st.session_state[_KNOWN] |= set(runs)
    if runs:
        st.sidebar.multiselect(
            "Pinned models",
            list(runs),
            format_func=lambda run_id: runs[run_id].label,
            key=PINS_KEY,
            max_selections=MAX_PINNED,
            persist_state="session",
            help=f"Up to {MAX_PINNED} models. The first is the baseline, with which the others are compared.",
        )
    pinned = pinned_runs()
    set_url_param("pin", *(slug_of(run).text for run in pinned))
    set_url_param("trained_on", *map(write_environment, distinct_environments(run.environment for run in pinned)))


def pin_runs(run_ids: Sequence[int], split_fingerprint: str) -> None:
    """Pin these runs of a split and no others, so that none of its finished runs pins itself beside them.

    Call it before `draw_pinned_models`.
    """
    known = {run.id for run in store().runs_with("model", split_fingerprint)}
    st.session_state.update({_SPLIT: split_fingerprint, _KNOWN: known, PINS_KEY: list(run_ids)})


def pinned_runs() -> list[Run]:
    """Return the pinned runs, the baseline first; all have a model on the current split."""
    runs = {run.id: run for run in get_context().runs_with("model")}
    return [runs[run_id] for run_id in st.session_state[PINS_KEY] if run_id in runs]


def slug_of(run: Run) -> RunSlug:
    """Return the slug that names `run` in a URL."""
    epochs = store().epochs(run.id) if run.state == STOPPED else []
    return run_slug(run, epochs[-1].number if epochs else None)
