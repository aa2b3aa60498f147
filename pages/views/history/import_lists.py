"""Import recommendation lists that another program made, to compare them with the models trained here."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.text import escape
from pages.views.history.imported import draw_imported, import_file, is_under_way
from recsys_core.runner.task import IMPORTED_LISTS

_FILE, _SUBSET = "history_lists_file", "history_lists_subset"
_FORM = """A **CSV** or **Parquet** file with the columns `user`, `item` and `rank` (1 is best) or `score`, or a **TREC
run** (`user Q0 item rank score tag`). Ids must be those of the data. Lists are taken as they are: an item that
is in the person's training data, is not in this data or is listed twice keeps its rank and counts as a miss."""
_SUBSETS = {
    "validation": "what follows training (scored on validation)",
    "test": "what follows training and validation (scored on test)",
}


def draw_lists_import() -> None:
    """Draw the file chooser, the button, and what became of the last file."""
    is_open = is_under_way(IMPORTED_LISTS)
    with st.expander("Import lists from a file", icon=":material/format_list_numbered:", expanded=is_open):
        with st.container():  # above the form, where it is seen; a place that is always there, see draw_app
            draw_imported(IMPORTED_LISTS, "Importing the lists")
        left, right = st.columns([1.6, 1], gap="medium")
        with left:
            file = st.file_uploader("Lists", ["csv", "tsv", "txt", "run", "parquet", "gz", "zip"], key=_FILE)
            st.radio("The lists recommend", list(_SUBSETS), format_func=lambda subset: _SUBSETS[subset], key=_SUBSET)
            st.button(
                f"Evaluate them on {escape(get_context().dataset.name)}",
                key="history_lists_import",
                disabled=file is None,
                on_click=import_file,
                args=(IMPORTED_LISTS, _FILE, _SUBSET),
            )
        right.caption(_FORM)
