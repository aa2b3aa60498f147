"""Choose what the items are called in plain words."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.data.dataset import Dataset
from recsys_core.data.item_noun import ITEMS, NOUNS, item_noun, shorten_noun


def item_noun_control(dataset: Dataset) -> None:
    """Draw what the items are called, and in it the choice of another word."""
    noun = item_noun(dataset)
    with st.popover(f"Items are called {escape(noun)}", icon=":material/label:", key="item_noun", width="stretch"):
        key = f"items_called_{dataset.fingerprint}_{noun}"
        st.selectbox(
            "In plain words, items are called",
            list(dict.fromkeys([noun, *NOUNS, ITEMS])),
            key=key,
            accept_new_options=True,
            on_change=_call_items,
            args=(dataset.fingerprint, key),
            help="A plural, such as films or wines: choose one, or type your own.",
        )


@error_boundary()
def _call_items(fingerprint: str, key: str) -> None:
    if noun := shorten_noun(st.session_state[key] or ""):
        store().call_items(fingerprint, noun)
