"""A file of what people own already, which re-ranked lists leave out."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.results.sealed_test import visible_subset
from pages.shared.text import escape
from recsys_core.data.reading import SUFFIXES
from recsys_core.reranking.owned import OwnedItems, read_owned

_FILE, _KNOWN, _ERROR = "rerank_owned_file", "rerank_owned", "rerank_owned_error"


def choose_owned_items() -> OwnedItems | None:
    """Draw the chooser of the file, or what was read from it with the button that forgets it; return the pairs."""
    known = st.session_state.get(_KNOWN)
    filename, owned = known[1:] if known and known[0] == get_context().split.data_fingerprint else ("", None)
    title = "Without items that people own" if owned is None else f"Without {owned.n_pairs:,} items that people own"
    error = st.session_state.pop(_ERROR, "")
    with st.expander(title, icon=":material/inventory_2:", expanded=bool(error) or owned is not None):
        if owned is None:
            st.file_uploader(
                "File of people and the items that they own",
                list(SUFFIXES),
                key=_FILE,
                on_change=_read,
                help="A table with the columns user and item, with the ids of the data: what people own, have rented "
                "or must not be shown. Their lists are made without it.",
            )
            if error:
                st.error(escape(error))
            return None
        held_out = owned.held_out_sentence(get_context().split, visible_subset())
        said = " ".join([f"{filename}:", *owned.sentences(), held_out])
        left, right = st.columns([5, 1], vertical_alignment="center")
        left.markdown(escape(said))
        right.button("Forget", key="rerank_owned_forget", on_click=_forget, width="stretch")
    return owned


@error_boundary()
def _read() -> None:
    """Read the chosen file; if it cannot be read, say why and change nothing."""
    file = st.session_state.get(_FILE)
    if file is None:
        return
    try:
        context = get_context()
        owned = read_owned(file.getvalue(), file.name, context.dataset)
        st.session_state[_KNOWN] = (context.split.data_fingerprint, file.name[:60], owned)
    except Exception as error:
        st.session_state[_ERROR] = log_and_describe(error)


@error_boundary()
def _forget() -> None:
    st.session_state.pop(_KNOWN, None)
