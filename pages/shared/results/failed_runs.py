"""Say where runs were started which of them failed, why, and so what to do."""

from collections.abc import Iterable

import streamlit as st

from pages.shared.context import get_context, run_or_none
from pages.shared.text import escape
from recsys_core.data.nouns import join_words
from recsys_core.store.run import FAILED, INTERRUPTED, Run

_STARTED = "runs_started_at"


def remember_started(place: str, run_ids: Iterable[int]) -> None:
    """Note which runs this session has just started at a `place` of the app, in place of those before."""
    st.session_state.setdefault(_STARTED, {})[place] = list(run_ids)


def show_failed(place: str) -> None:
    """Show what became of the runs that were started at this `place` and ended without a model."""
    started = map(run_or_none, st.session_state.get(_STARTED, {}).get(place, ()))
    data = get_context().split.data_fingerprint
    failed = [run for run in started if run is not None and run.data_fingerprint == data and has_failed(run)]
    for message in dict.fromkeys(run.message for run in failed):
        same = [run for run in failed if run.message == message]
        st.error(escape(f"{join_words([run.short_label for run in same])} {_VERBS[same[0].state]}. {message}"))


def has_failed(run: Run) -> bool:
    """Return whether the run ended without a model and nobody asked for that."""
    return run.state in _VERBS and not run.stop_requested


_VERBS = {FAILED: "failed", INTERRUPTED: "stopped before the end"}
