"""Choose which runs of the history are listed: by status, words, data, algorithm, state and tag."""

import streamlit as st

from recsys_core.store.history import ARCHIVED, DELETED, KEPT, STATUSES, Entry, filter_by_words

_STATUS, _WORDS = "history_status", "history_words"
_LABELS = {KEPT: "Kept", ARCHIVED: "Archived", DELETED: "Deleted"}
_FACETS = {
    "Data": lambda entry: [entry.data],
    "Algorithm": lambda entry: [entry.run.recipe.label],
    "State": lambda entry: [entry.run.state],
    "Tag": lambda entry: entry.run.tags,
}


def choose_status() -> str:
    """Draw the choice between kept, archived and deleted runs and return the chosen status."""
    return st.segmented_control(
        "Status",
        list(STATUSES),
        format_func=lambda status: _LABELS[status],
        default=KEPT,
        required=True,
        key=_STATUS,
        label_visibility="collapsed",
        bind="query-params",
    )


def filter_entries(entries: list[Entry]) -> list[Entry]:
    """Draw the filters and return the entries that pass all of them."""
    words, *boxes = st.columns([1.6, 1, 1, 1, 1])
    text = words.text_input(
        "Search",
        key=_WORDS,
        type="search",
        placeholder="Search names, notes, tags, settings",
        label_visibility="collapsed",
        bind="query-params",
    )
    for box, (label, values_of) in zip(boxes, _FACETS.items(), strict=True):
        options = sorted({value for entry in entries for value in values_of(entry)})
        key = f"history_{label.lower()}"
        st.session_state[key] = [value for value in st.session_state.get(key, []) if value in options]
        wanted = box.multiselect(
            label, options, key=key, placeholder=label, label_visibility="collapsed", persist_state="session"
        )
        if wanted:
            entries = [entry for entry in entries if set(wanted) & set(values_of(entry))]
    return filter_by_words(entries, text)
