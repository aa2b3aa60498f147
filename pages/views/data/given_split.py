"""Load a split that somebody else made, as it is."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.views.data.loading import as_file, draw_load, is_loading, load
from pages.views.data.upload import ITEMS_KEY, PEOPLE_KEY, draw_describing_files
from recsys_core.data.given_split import SUBSETS
from recsys_core.data.reading import SUFFIXES
from recsys_core.runner.load_data import ITEMS, PEOPLE, RATINGS, SPLIT_COLUMN, SPLIT_FILES, LoadJob

_MODE, _ONE_FILE = "given_split_mode", "given_split_file"
_PREFIX = "given_"  # of the keys of the files of items and of people
_FILES, _COLUMN = "A file for each part", "One file with a column that says the part"
_LABELS = {"training": "Training", "validation": "Validation (optional)", "test": "Test"}


def given_split_view() -> None:
    """Draw the file choosers, what is expected of the files, and the button that loads them."""
    mode = st.radio("Files", [_FILES, _COLUMN], key=_MODE, horizontal=True, label_visibility="collapsed")
    if mode == _FILES:
        uploads = [
            column.file_uploader(_LABELS[name], list(SUFFIXES), key=f"given_{name}")
            for column, name in zip(st.columns(len(SUBSETS)), SUBSETS, strict=True)
        ]
        is_ready = uploads[0] is not None and any(uploads[1:])
        st.caption("Each file has one rating or choice per row, with the same kinds of columns and the same ids.")
    else:
        is_ready = st.file_uploader("Ratings", list(SUFFIXES), key=_ONE_FILE) is not None
        st.caption("One column, such as `split`, says **train**, **validation** or **test** for each row.")
    draw_describing_files(*st.columns(2), prefix=_PREFIX)
    name = st.text_input("Name", "Given split", key="given_split_name", max_chars=100)
    cannot_load = is_loading() or not (is_ready and name.strip())
    st.button("Load", key="given_split_load", type="primary", disabled=cannot_load, on_click=_load)
    draw_load(SPLIT_FILES, SPLIT_COLUMN)
    st.caption(
        "Everything stays in its part. What is in two parts, people who are not in training and items that only the "
        "test has are counted and named before anything is trained. The files do not say from which value on "
        "something counts as relevant: if the split was made with such a threshold, choose it after loading, under "
        "**Counts as relevant**. Without it everything counts."
    )


@error_boundary()
def _load() -> None:
    """Load the parts with their split and select both; if anything fails, the current data stays."""
    state = st.session_state
    kind = SPLIT_FILES if state[_MODE] == _FILES else SPLIT_COLUMN
    uploads = {name: f"given_{name}" for name in SUBSETS} if kind == SPLIT_FILES else {RATINGS: _ONE_FILE}
    uploads |= {ITEMS: _PREFIX + ITEMS_KEY, PEOPLE: _PREFIX + PEOPLE_KEY}
    files = {role: as_file(file) for role, key in uploads.items() if (file := state.get(key)) is not None}
    load(LoadJob(kind, state["given_split_name"].strip()), files)
