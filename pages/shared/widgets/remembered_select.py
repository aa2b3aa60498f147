"""A select box that keeps its choice when the person goes to another page."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st

Option = TypeVar("Option")


def remembered_select(
    label: str,
    options: Sequence[Option],
    *,
    key: str,
    default: Option | None = None,
    belongs_to: str = "",
    format_func: Callable[[Option], str] = str,
    help: str | None = None,
    label_visibility: Literal["visible", "hidden", "collapsed"] = "visible",
    **select: Any,
) -> Option:
    """Draw the select box and return the choice; `options` must not be empty.

    It starts at `default`, or else at the first option. It starts again when the choice is no longer an option, and
    when `belongs_to` changes, as the data set does whose items the options are indices of. `select` is what
    `st.selectbox` takes besides.
    """
    owner = f"{key}_belongs_to"
    is_foreign = st.session_state.get(owner, belongs_to) != belongs_to
    if is_foreign or st.session_state.get(key) not in options:
        st.session_state[key] = options[0] if default is None else default
    st.session_state[owner] = belongs_to
    return st.selectbox(
        label,
        options,
        format_func=format_func,
        key=key,
        help=help,
        label_visibility=label_visibility,
        persist_state="session",
        **select,
    )
