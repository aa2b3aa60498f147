"""The four tabs that end every section: for the board, for students, one step in numbers, and the code."""

import inspect
from collections.abc import Callable, Sequence

import streamlit as st

from pages.shared.text import escape


def explain(
    *, board: str, student: str, worked_step: Callable[[], None], code: Sequence[Callable[..., object]]
) -> None:
    """Draw the tabs. `worked_step` draws the formula of one step with its numbers; `code` lists the functions used."""
    for_board, for_students, formula, source = st.tabs(
        ["For the board", "For students", "One step in numbers", "The code"]
    )
    for_board.markdown(f"**{escape(board)}**")
    for_students.write(escape(student))
    with formula:
        worked_step()
    with source:
        for function in code:
            st.code(inspect.getsource(function), language="python")


def tex(value: float, n_digits: int = 6) -> str:
    """Return `value` in LaTeX with `n_digits` significant digits, its power of ten written out."""
    mantissa, _, exponent = f"{value:.{n_digits}g}".partition("e")
    return rf"{mantissa}\cdot 10^{{{int(exponent)}}}" if exponent else mantissa
