"""Archive, delete and restore runs of the history, one or many, with undo."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from recsys_core.store.history import ARCHIVED, DELETED, KEPT, Entry, set_status

_UNDO = "history_undo"
_DONE = {KEPT: "restored", ARCHIVED: "archived", DELETED: "deleted"}
_BUTTONS = {
    KEPT: ("Restore", ":material/undo:"),
    ARCHIVED: ("Archive", ":material/archive:"),
    DELETED: ("Delete", ":material/delete:"),
}


def draw_bulk_actions(entries: list[Entry], status: str) -> None:
    """Draw the buttons for several ticked runs."""
    left, right = st.columns([1.4, 2], vertical_alignment="center")
    left.markdown(f"**{len(entries)} runs selected**")
    with right:
        draw_status_buttons(entries, status)


def draw_status_buttons(entries: list[Entry], status: str) -> None:
    """Draw a button for each of the other two statuses; undo then appears above the table."""
    others = [other for other in _BUTTONS if other != status]
    for column, to in zip(st.columns(len(others)), others, strict=True):
        label, icon = _BUTTONS[to]
        column.button(
            label,
            key=f"history_{to}",
            icon=icon,
            width="stretch",
            on_click=_set_status,
            args=([entry.run.id for entry in entries], status, to),
        )


def draw_undo() -> None:
    """Say what was done last and draw the button that takes it back."""
    if _UNDO not in st.session_state:
        return
    run_ids, _, to = st.session_state[_UNDO]
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(f"{_name_runs(run_ids)} {_DONE[to]}.")
    right.button("Undo", key="history_undo_button", icon=":material/undo:", width="stretch", on_click=_undo)


@error_boundary()
def _set_status(run_ids: list[int], status: str, to: str) -> None:
    set_status(store(), run_ids, to)
    st.session_state[_UNDO] = (run_ids, status, to)


@error_boundary()
def _undo() -> None:
    run_ids, status, _ = st.session_state.pop(_UNDO)
    set_status(store(), run_ids, status)


def _name_runs(run_ids: list[int]) -> str:
    if len(run_ids) == 1:
        return f"Run {run_ids[0]} was"
    return f"{len(run_ids):,} runs were"
