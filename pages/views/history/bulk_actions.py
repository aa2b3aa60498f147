"""What can be done with runs in the history, one or many: archive them, delete them, bring them back."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from recsys_core.store.history import ARCHIVED, DELETED, KEPT, Entry, set_status

_UNDO = "history_undo"
_DONE = {KEPT: "brought back", ARCHIVED: "archived", DELETED: "deleted"}
_BUTTONS = {
    KEPT: ("Bring back", ":material/undo:"),
    ARCHIVED: ("Archive", ":material/archive:"),
    DELETED: ("Delete", ":material/delete:"),
}


def several_runs(entries: list[Entry], place: str) -> None:
    left, right = st.columns([1.4, 2], vertical_alignment="center")
    left.markdown(f"**{len(entries)} runs are ticked.**")
    with right:
        tidy_up(entries, place)


def tidy_up(entries: list[Entry], place: str) -> None:
    """A button for each of the other two places. Instant; undo stands above the table."""
    others = [other for other in _BUTTONS if other != place]
    for column, to in zip(st.columns(len(others)), others, strict=True):
        label, icon = _BUTTONS[to]
        column.button(
            label,
            key=f"history_{to}",
            icon=icon,
            width="stretch",
            on_click=_move,
            args=([entry.run.id for entry in entries], place, to),
        )


def offer_undo() -> None:
    """What was done last, and taking it back."""
    if _UNDO not in st.session_state:
        return
    run_ids, _, to = st.session_state[_UNDO]
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.caption(f"{_named(run_ids)} {_DONE[to]}.")
    right.button("Undo", key="history_undo_button", icon=":material/undo:", width="stretch", on_click=_undo)


@error_boundary()
def _move(run_ids: list[int], place: str, to: str) -> None:
    set_status(store(), run_ids, to)
    st.session_state[_UNDO] = (run_ids, place, to)


@error_boundary()
def _undo() -> None:
    run_ids, place, _ = st.session_state.pop(_UNDO)
    set_status(store(), run_ids, place)


def _named(run_ids: list[int]) -> str:
    if len(run_ids) == 1:
        return f"Run {run_ids[0]} is"
    return f"{len(run_ids):,} runs are"
