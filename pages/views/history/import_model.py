"""Import a model from a file: one trained elsewhere, or one that was downloaded here."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.text import escape
from pages.views.history.imported import draw_imported, import_file, is_under_way
from recsys_core.runner.task import IMPORTED_MODEL

_FILE = "history_model_file"
_FORM = """Either an **NPZ** file with the arrays `user_factors` (people × k), `item_factors` (items × k), `user_ids`
and `item_ids`, and with `user_bias` and `item_bias` if the model has biases. Or a **ZIP** archive of Parquet files with
the columns `id` and `features`, as Spark's `model.userFactors.write.parquet("model/userFactors")` writes them; their
folders or file names must contain *user* and *item*. Ids must be those of the data."""


def draw_import() -> None:
    """Draw the file uploader and its button, and say what became of the last file."""
    with st.expander("Import a model from a file", icon=":material/upload:", expanded=is_under_way(IMPORTED_MODEL)):
        with st.container():  # above the form, where it is seen; a place that is always there, see draw_app
            draw_imported(IMPORTED_MODEL, "Importing the model")
        left, right = st.columns([1.6, 1], gap="medium")
        with left:
            file = st.file_uploader("Model", ["npz", "zip"], key=_FILE)
            st.button(
                f"Match it to {escape(get_context().dataset.name)} and evaluate it",
                key="history_import",
                disabled=file is None,
                on_click=import_file,
                args=(IMPORTED_MODEL, _FILE),
                help="Nothing is trained. The model is evaluated on the current split.",
            )
        right.caption(_FORM)
