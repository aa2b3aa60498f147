"""Five textbook examples, one for each tool: the question, the way, and the answer of the book."""

import pandas as pd
import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.edge import edge
from pages.shared.optimise_explain import explain
from recsys_core.figures.textbook import step_lengths
from recsys_core.optimize.textbook import EXAMPLES, Example
from recsys_core.optimize.textbook_check import CHECKS


@st.fragment
@edge()
def textbook() -> None:
    """One example at a time, recomputed as it is looked at."""
    top = st.container()
    name = st.segmented_control(
        "Example",
        list(EXAMPLES),
        default=next(iter(EXAMPLES)),
        required=True,
        key="example",
        bind="query-params",
        label_visibility="collapsed",
    )
    example = EXAMPLES[name]()
    sentence = _sentence(name, example)
    top.subheader(sentence, anchor=False)
    left, right = st.columns([1.3, 1], gap="medium")
    with left:
        st.markdown(f"**{example.question}**")
        st.latex(example.equation)
        if len(example.path) > 1:
            show_chart(step_lengths(example.path), key="step_lengths", alt=sentence)
    right.dataframe(_table(example), key="example_table", height=410)
    explain(board=_BOARD[name], student=_STUDENT[name], numbers=lambda: _numbers(name, example), code=[EXAMPLES[name]])


def _sentence(name: str, example: Example) -> str:
    steps = len(example.path) - 1
    way = f"in {steps} steps" if steps else "in one factorisation"
    verdict = "the answer of the book" if example.is_right else "which is NOT the answer of the book"
    found = ", ".join(
        f"{letter} = {value:.4g}".replace("-", "−") for letter, value in zip(example.names, example.found, strict=True)
    )
    return f"{name} finds {found} {way}: {verdict}."


def _table(example: Example) -> pd.DataFrame:
    steps = pd.DataFrame(example.path, columns=list(example.names))
    steps.index = [f"step {step}" if step else "start" for step in range(len(steps))] if len(steps) > 1 else ["found"]
    book = pd.DataFrame([example.known], columns=list(example.names), index=["the book"])
    return pd.concat([book, steps.iloc[::-1]]).map("{:.6g}".format)


_BOARD = {
    "SLSQP": "Whenever something shall be best while a budget is kept, as a mixture of models that must sum "
    "to 100 %, this is the tool.",
    "Newton–Raphson": "To find the one setting that gives exactly what was asked for takes five steps, not a search.",
    "PCA": "Five numbers for everybody may say only four things: this tells how many, and so what may be left out.",
    "Gradient descent": "Small steps downhill, cheap and many: what trains the largest models there are.",
    "BFGS": "Downhill with a memory: from how the slope changed it guesses the shape of the valley and takes"
    " the short way.",
}
_STUDENT = {
    "SLSQP": "Every step replaces the problem by a quadratic one with linear constraints, solves that "
    "exactly, and goes there. The book prints the weights and not its assets: returns and "
    "covariances here are the simplest we found that lead to these weights, this return and this "
    "ratio in every digit that the book gives.",
    "Newton–Raphson": "The function is replaced by its tangent, whose root is the next point. Near the root the error "
    "is squared at every step: on the logarithmic axis the curve bends down, where that of gradient "
    "descent is straight.",
    "PCA": "The singular values of the centred table, squared, are its variances along the axes. The fifth "
    "column is the first one with a little noise: one axis has about two fifths of the variance "
    "instead of one, and the last one nothing.",
    "Gradient descent": "The error shrinks by the same factor at every step, a straight line on the logarithmic axis. "
    "What is found is the least-squares answer; that it is not exactly 2, −1, ½ is the noise of the "
    "measurements.",
    "BFGS": "It keeps an estimate of the inverse Hessian and mends it from every step. On a quadratic bowl "
    "in d dimensions with exact line searches it would arrive in d steps; its line searches are not "
    "exact, so it takes a few more.",
}


def _numbers(name: str, example: Example) -> None:
    for equation in CHECKS[name](example):
        st.latex(equation)
