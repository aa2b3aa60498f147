"""Five textbook examples, one for each tool: the question, the steps, and the exact answer beside them."""

import pandas as pd
import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_one import choose_one
from pages.views.optimise.explain import explain
from recsys_core.data.nouns import write_number
from recsys_core.figures.textbook import step_lengths
from recsys_core.optimize.textbook import EXAMPLES, Example
from recsys_core.optimize.textbook_check import CHECKS

_MOST_ROWS = 12


@st.fragment
@error_boundary()
def draw_textbook() -> None:
    """Draw one example, computed anew each time."""
    top = st.container()
    name = choose_one(
        st.segmented_control,
        "Example",
        list(EXAMPLES),
        default=next(iter(EXAMPLES)),
        key="example",
        label_visibility="collapsed",
    )
    example = EXAMPLES[name]()
    sentence = _sentence(name, example)
    top.subheader(sentence, anchor=False)
    left, right = st.columns([1.2, 1], gap="medium")
    with left:
        st.markdown(f"**{example.question}**")
        st.latex(example.equation)
        if example.data:
            st.latex(example.data)
        if len(example.path) > 1:
            show_chart(step_lengths(example.path), key="step_lengths", alt=sentence)
    with right:
        st.dataframe(_table(example), key="example_table", alt="The example, step by step.")
        st.caption(example.known_by)
    explain(
        board=_BOARD[name], student=_STUDENT[name], worked_step=lambda: _numbers(name, example), code=[EXAMPLES[name]]
    )


def _sentence(name: str, example: Example) -> str:
    steps = len(example.path) - 1
    answer = ", ".join(
        f"{letter} = {_number(value, example.decimals)}"
        for letter, value in zip(example.names, example.found, strict=True)
    )
    way = f"in {steps} steps" if steps else "in one factorisation"
    half_a_digit = 0.5 * 10.0**-example.decimals
    near = (
        "in every digit shown"
        if example.distance < half_a_digit
        else f"to within {write_number(example.distance, '.1g')}"
    )
    return f"{name} finds {answer} {way}: the exact answer {near}."


def _table(example: Example) -> pd.DataFrame:
    """Return the exact answer, then what the tool found and the steps back to the start; five steps of a long way.

    What is found at once stands beside the exact answer, a number in each row.
    """
    columns = dict(zip(example.names, example.path.T, strict=True)) | example.measures
    steps = pd.DataFrame(columns)
    steps.index = [f"step {step}" if step else "start" for step in range(len(steps))] if len(steps) > 1 else ["found"]
    steps = steps.iloc[:: 1 if len(steps) <= _MOST_ROWS else (len(steps) - 1) // 5]
    exact = pd.DataFrame([example.known], columns=list(example.names), index=["exact"])
    decimals = max(4, example.decimals)
    table = pd.concat([exact, steps.iloc[::-1]]).map(lambda value: "" if pd.isna(value) else _number(value, decimals))
    return table.rename_axis("step") if len(example.path) > 1 else table.T.rename_axis("number")


def _number(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")


_BOARD = {
    "SLSQP": "This is the tool for the best result within a budget, such as the best mixture of models whose shares "
    "add up to 100%.",
    "Newton–Raphson": "Finding the setting that gives exactly what was asked for takes a few steps, not a search.",
    "PCA": "Five measurements of everybody may say little more than four: PCA shows how many directions the data have, "
    "and so what can be left out.",
    "Gradient descent": "Many small and cheap steps downhill: the idea behind the training of neural networks.",
    "BFGS": "Downhill with a memory: from the changes of the slope it estimates the shape of the valley and takes a "
    "shorter way.",
}
_STUDENT = {
    "SLSQP": "Every step replaces the problem by a quadratic one with linear constraints, solves that "
    "exactly, and moves towards its solution. It stops where a step gains less than 10⁻⁶, which is SciPy's default. "
    "The top of the Sharpe ratio is so flat that the weights are then still off in the third decimal, while the ratio "
    "is right in the first five.",
    "Newton–Raphson": "The function is replaced by its tangent, whose root is the next point. Near the root the error "
    "is about squared at every step: on the logarithmic axis the curve bends down, where that of gradient "
    "descent ends as a straight line.",
    "PCA": "The squared singular values of the centred table, divided by the number of rows, are its variances along "
    "the principal directions. The second column is four fifths of the first and one fifth of its own: one direction "
    "has a third of the variance instead of a fifth, and the last one nearly nothing.",
    "Gradient descent": "Along each principal direction of the bowl the error shrinks by its own factor at every step; "
    "in the end the slowest remains, a straight line on the logarithmic axis. The answer is the least-squares "
    "solution. It is not exactly 2, −1, ½ because the measurements are noisy.",
    "BFGS": "It keeps an estimate of the inverse Hessian and improves it after every step. On a quadratic bowl "
    "in d dimensions with exact line searches it would arrive in d steps; its line searches are not "
    "exact, so it takes a few more. It stops where no slope exceeds 10⁻⁵, SciPy's default.",
}


def _numbers(name: str, example: Example) -> None:
    for equation in CHECKS[name](example):
        st.latex(equation)
