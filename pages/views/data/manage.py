"""Rename, hide, delete and restore data sets, with undo."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from pages.shared.context import DATA_KEY
from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.text import escape
from pages.views.data.loading import select_dataset
from recsys_core.errors import InputError
from recsys_core.store.manage_datasets import (
    DELETED,
    HIDDEN,
    LONGEST_NAME,
    SHOWN,
    ManagedDataset,
    list_managed_datasets,
    rename_dataset,
    set_dataset_status,
)

_STATUS, _NAME, _UNDO, _ERROR = "datasets_status", "datasets_name", "datasets_undo", "datasets_error"
_LABELS = {SHOWN: "Shown", HIDDEN: "Hidden", DELETED: "Deleted"}
_BUTTONS = {
    SHOWN: ("Show again", ":material/visibility:"),
    HIDDEN: ("Hide", ":material/visibility_off:"),
    DELETED: ("Delete", ":material/delete:"),
}
_DONE = {SHOWN: "shown again", HIDDEN: "hidden", DELETED: "deleted"}
_EMPTY = {HIDDEN: "No data set is hidden.", DELETED: "No data set is deleted."}


def manage_view() -> None:
    """Draw the list of data sets by status, and what can be done with the ticked ones."""
    every = list_managed_datasets(store())
    status = st.segmented_control(
        "Status",
        list(_LABELS),
        format_func=lambda each: f"{_LABELS[each]} ({sum(data.status == each for data in every)})",
        default=SHOWN,
        required=True,
        key=_STATUS,
        label_visibility="collapsed",
    )
    with st.container():  # or the table and its buttons would move, see draw_app
        _draw_undo()
        if error := st.session_state.pop(_ERROR, None):
            st.error(escape(error))
    listed = [data for data in every if data.status == status]
    if not listed:
        st.write(_EMPTY[status])
        return
    event = st.dataframe(
        _as_table(listed),
        alt="All data sets, with their size and runs.",
        key=f"datasets_table_{hash(tuple(data.fingerprint for data in listed))}",  # ticks are stored by row number
        hide_index=True,
        height="content",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "name": st.column_config.TextColumn(width="medium"),
            "runs": st.column_config.NumberColumn(width="small", help="Runs that are hidden or deleted with it."),
            "added": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", width="medium"),
        },
    )
    chosen = [listed[row] for row in event["selection"]["rows"] if row < len(listed)]
    if not chosen:
        st.caption("Tick a row to open, rename, hide or delete the data set. Its runs go and come back with it.")
        return
    _draw_actions(chosen, status)


def _as_table(listed: list[ManagedDataset]) -> pd.DataFrame:
    columns = {
        "name": [data.name for data in listed],
        "contents": [data.sentence for data in listed],
        "runs": [data.n_runs for data in listed],
        "added": [datetime.fromtimestamp(data.created, UTC) for data in listed],
    }
    authors = [data.author for data in listed]
    return pd.DataFrame({**columns, "by": authors} if any(authors) else columns)


def _draw_actions(chosen: list[ManagedDataset], status: str) -> None:
    """Draw the buttons for the ticked data sets and, for a single one, its name."""
    if len(chosen) == 1 and chosen[0].credits:
        st.caption(escape(chosen[0].credits))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(chosen) == 1:
            key = f"{_NAME}_{chosen[0].fingerprint}"
            st.text_input("Name", chosen[0].name, key=key, max_chars=LONGEST_NAME, width=280)
            st.button("Rename", key="datasets_rename", on_click=_rename, args=(chosen[0].fingerprint, key))
            if status != DELETED:
                st.button("Open", key="datasets_open", on_click=select_dataset, args=(chosen[0].fingerprint,))
        for to in (each for each in _BUTTONS if each != status and (each != HIDDEN or status == SHOWN)):
            label, icon = _BUTTONS[to]
            if (status, to) == (DELETED, SHOWN):
                label, icon = "Restore", ":material/undo:"
            statuses = {data.fingerprint: to for data in chosen}
            before = {data.fingerprint: status for data in chosen}
            st.button(label, key=f"datasets_{to}", icon=icon, on_click=_set_status, args=(statuses, before))


@error_boundary()
def _rename(fingerprint: str, key: str) -> None:
    try:
        rename_dataset(store(), fingerprint, st.session_state[key])
    except InputError as error:
        st.session_state[_ERROR] = str(error)


@error_boundary()
def _set_status(statuses: Mapping[str, str], before: Mapping[str, str]) -> None:
    try:
        set_dataset_status(store(), statuses)
    except InputError as error:
        st.session_state[_ERROR] = str(error)
        return
    st.session_state[_UNDO] = statuses, before
    if st.session_state.get(DATA_KEY) in statuses:
        del st.session_state[DATA_KEY]  # the sidebar then chooses another one


def _draw_undo() -> None:
    """Say what was done last and draw the button that takes it back."""
    if _UNDO not in st.session_state:
        return
    statuses, _ = st.session_state[_UNDO]
    (to,) = set(statuses.values())
    names = "The data set was" if len(statuses) == 1 else f"{len(statuses):,} data sets were"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{names} {_DONE[to]}{', with all runs' if to == DELETED else ''}.", width="content")
        st.button("Undo", key="datasets_undo_button", icon=":material/undo:", on_click=_undo)


@error_boundary()
def _undo() -> None:
    _, before = st.session_state.pop(_UNDO)
    set_dataset_status(store(), before)
