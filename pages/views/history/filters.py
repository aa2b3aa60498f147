"""Choose which runs of the history are listed: by status, words, data, algorithm, state and tag."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.widgets.choose_one import choose_one
from pages.shared.widgets.set_widget import set_widget
from recsys_core.store.history import ARCHIVED, DELETED, KEPT, STATUSES, Entry, filter_by_words

_STATUS, _WORDS = "history_status", "history_words"
_FILTERED_FOR = "history_filtered_for"  # the fingerprint of the data that the filter was set to
_LABELS = {KEPT: "Kept", ARCHIVED: "Archived", DELETED: "Deleted"}
_FACETS = {
    "Data": lambda entry: [entry.data],
    "Algorithm": lambda entry: [entry.run.recipe.label],
    "State": lambda entry: [entry.run.state],
    "Tag": lambda entry: entry.run.tags,
}


def choose_status() -> str:
    """Draw the choice between kept, archived and deleted runs and return the chosen status."""
    return choose_one(
        st.segmented_control,
        "Status",
        list(STATUSES),
        format_func=lambda status: _LABELS[status],
        default=KEPT,
        key=_STATUS,
        label_visibility="collapsed",
    )


def filter_entries(entries: list[Entry]) -> list[Entry]:
    """Draw the filters and return the entries that pass all of them; at first the runs on the current data."""
    _choose_current_data(entries)
    words, *boxes = st.columns([1.4, 1.6, 1, 1, 1])
    text = words.text_input(
        "Search",
        key=_WORDS,
        type="search",
        placeholder="Search names, notes, tags, settings",
        label_visibility="collapsed",
        bind="query-params",
        persist_state="session",
    )
    for box, (label, values_of) in zip(boxes, _FACETS.items(), strict=True):
        options = sorted({value for entry in entries for value in values_of(entry)})
        key = f"history_{label.lower()}"
        set_widget(key, [value for value in st.session_state.get(key, []) if value in options])
        wanted = box.multiselect(
            label, options, key=key, placeholder=label, label_visibility="collapsed", persist_state="session"
        )
        if wanted:
            entries = [entry for entry in entries if set(wanted) & set(values_of(entry))]
    return filter_by_words(entries, text)


def _choose_current_data(entries: list[Entry]) -> None:
    """Filter by the data of the sidebar when they are other ones than at the last visit, if they have a run."""
    fingerprint = get_context().dataset.fingerprint
    if st.session_state.get(_FILTERED_FOR) != fingerprint:
        names = {entry.data for entry in entries if entry.run.data_fingerprint == fingerprint}
        st.session_state.update({_FILTERED_FOR: fingerprint, "history_data": sorted(names)})
