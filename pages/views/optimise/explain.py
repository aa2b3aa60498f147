"""What every section ends with: a sentence for the board, a paragraph for the student, numbers, and the code."""

import inspect
from collections.abc import Callable

import streamlit as st

from pages.shared.text import as_text


def explain(*, board: str, student: str, numbers: Callable[[], None], code: list[Callable]) -> None:
    """Four tabs. `numbers` draws the formula with the numbers of one step; `code` are the functions at work."""
    for_board, for_student, formula, source = st.tabs(
        ["For the board", "For the student", "One step in numbers", "The code"]
    )
    for_board.markdown(f"**{as_text(board)}**")
    for_student.write(as_text(student))
    with formula:
        numbers()
    with source:
        for function in code:
            st.code(inspect.getsource(function), language="python")
