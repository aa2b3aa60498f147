"""Slow motion: show the epochs of a training one by one over some seconds, however quickly it is over."""

from time import monotonic

import streamlit as st

from recsys_core.store.run import QUEUED, EpochRecord, Run

SLOW_KEY, SKIP_KEY = "slow_motion", "slow_motion_skip"
SECONDS = 12.0
"""How long a training takes to be shown from its start to its end."""
_STARTED = "slow_motion_started"  # when the runs of this session were started that are shown slowly


def draw_toggle() -> None:
    """Draw the switch that decides how the next training is shown."""
    st.toggle(
        "Slow motion",
        key=SLOW_KEY,
        bind="query-params",
        persist_state="session",
        help=f"Shows the next training epoch by epoch, over {SECONDS:g} seconds. It trains as fast as ever.",
    )


def note_start(run_id: int) -> None:
    """Show this run slowly, from now on."""
    st.session_state.setdefault(_STARTED, {})[run_id] = monotonic()


def skip(run_id: int) -> None:
    """Show all of a run at once, in a callback."""
    st.session_state.get(_STARTED, {}).pop(run_id, None)


def shown_records(run: Run, records: list[EpochRecord], last_epoch: int) -> list[EpochRecord]:
    """Return the points of a run's curves that are to be seen by now: all of them, unless it is shown slowly."""
    started = st.session_state.get(_STARTED, {}).get(run.id)
    if started is None:
        return records
    if run.state == QUEUED:
        note_start(run.id)
        return records
    reached = (monotonic() - started) / SECONDS * max(1, last_epoch)
    shown = [record for record in records if record.number <= max(1.0, reached)]
    if len(shown) == len(records) and not run.is_live:
        skip(run.id)
    return shown


def is_shown_slowly(run: Run) -> bool:
    """Return whether points of the run's curves are still held back, or may be."""
    return run.id in st.session_state.get(_STARTED, {})
