"""Draw the formula of one step with its numbers: what is printed can be recomputed from what is printed."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from pages.views.optimise.surfaces import Landscape
from recsys_core.optimize.trajectory import Trajectory
from recsys_core.optimize.worked_steps import ALS, BFGS, DESCENT, NEWTON, WorkedStep, worked_step


def show_step(landscape: Landscape, trajectories: dict[str, Trajectory], step_size: float) -> None:
    """Choose a method and a step, and draw its formula and numbers."""
    moved = [name for name, path in trajectories.items() if path.n_steps]
    if not moved:
        st.write("No method has moved: the gradient is 0 at the start.")
        return
    left, right = st.columns(2)
    method = left.selectbox("Method", moved, key="worked_method", persist_state="session")
    last = trajectories[method].n_steps
    step = 1
    if last > 1:
        step = right.slider("Step", 1, last, 1, key=f"worked_step_{method}_{last}")
    η = float(f"{step_size:.4g}")
    worked = worked_step(method, landscape.surface, trajectories[method], step, η)
    st.latex(landscape.formula)
    for line in _LINES[method](worked, landscape.letters, η):
        st.latex(line)


def _als(worked: WorkedStep, letters: tuple[str, str], η: float) -> list[str]:
    name = letters[worked.axis]
    c0, c1, c2 = worked.parabola
    lines = [
        rf"f({name}) = {_n(c0)} {_signed(c1)}\,{name} {_signed(c2)}\,{name}^2 \quad\text{{with the other fixed at }} "
        rf"{_p(worked.before[1 - worked.axis])}"
    ]
    if c2 > 0:
        found = _p(worked.after[worked.axis])
        lines.append(rf"{name} \leftarrow -\frac{{{_n(c1)}}}{{2 \cdot {_n(c2)}}} = {found}")
    return lines


def _descent(worked: WorkedStep, letters: tuple[str, str], η: float) -> list[str]:
    step = rf"{_vector(worked.before, _p)} - {_n(η)} {_vector(worked.gradient, _n)} = {_vector(worked.after, _p)}"
    return [rf"{_both(letters)} \leftarrow {_both(letters)} - \eta\,\nabla f = {step}"]


def _newton(worked: WorkedStep, letters: tuple[str, str], η: float) -> list[str]:
    rows = r" \\ ".join(" & ".join(_n(cell) for cell in row) for row in worked.hessian)
    return [
        rf"{_both(letters)} \leftarrow {_both(letters)} - H^{{-1}}\,\nabla f = {_vector(worked.before, _p)} - "
        rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}^{{-1}} {_vector(worked.gradient, _n)} = {_vector(worked.after, _p)}"
    ]


def _bfgs(worked: WorkedStep, letters: tuple[str, str], η: float) -> list[str]:
    moved = (worked.after - worked.before).round(4)
    return [
        rf"s = x_{{\text{{new}}}} - x = {_vector(worked.after, _p)} - {_vector(worked.before, _p)}"
        rf" = {_vector(moved, _p)}",
        rf"y = \nabla f(x_{{\text{{new}}}}) - \nabla f(x) = {_vector(worked.difference, _n)}",
        rf"\text{{the next Hessian }} B \text{{ satisfies }} B s = y, \text{{ which needs }} s^{{\top}}y = "
        rf"{_n(round(float(moved @ worked.difference), 4))} > 0",
    ]


_LINES: dict[str, Callable[[WorkedStep, tuple[str, str], float], list[str]]] = {
    ALS: _als,
    DESCENT: _descent,
    NEWTON: _newton,
    BFGS: _bfgs,
}


def _both(letters: tuple[str, str]) -> str:
    return _vector(np.array(letters), str)


def _p(value: float) -> str:
    """Format a coordinate, with its four decimals."""
    return f"{value + 0.0:.4f}"


def _n(value: float) -> str:
    """Format any other number, with all the decimals it was rounded to."""
    return np.format_float_positional(value + 0.0, trim="-")


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'} {_n(abs(value))}"


def _vector(values: np.ndarray, written: Callable[[float], str]) -> str:
    return rf"\begin{{pmatrix}} {written(values[0])} \\ {written(values[1])} \end{{pmatrix}}"
