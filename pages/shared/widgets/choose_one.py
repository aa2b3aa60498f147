"""Draw a choice of exactly one option, which the URL keeps."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from pages.shared.widgets.set_widget import set_widget

Option = TypeVar("Option")


def choose_one(
    draw: Callable[..., Option | None],
    label: str,
    options: Sequence[Option],
    *,
    default: Option,
    key: str,
    **looks: Any,
) -> Option:
    """Draw a choice with `draw`, such as st.segmented_control or st.pills, and return what is chosen.

    Streamlit takes '?key=', with nothing behind it, for no choice, also where one is required. Here it says nothing.
    `looks` go to `draw`.
    """
    if key in st.session_state and st.session_state[key] is None:
        set_widget(key, default)
    chosen = draw(
        label, options, default=default, required=True, key=key, bind="query-params", persist_state="session", **looks
    )
    if chosen is None:
        st.rerun()  # a widget that is drawn can be set in the next run only
    return chosen
