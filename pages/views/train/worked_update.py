"""The equations of one person or item in a half step of alternating least squares, with their numbers."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.shared.text import escape
from pages.views.train.step_tables import Material, minus, shortest, show_matrices, show_numbers, window
from recsys_core.algorithms.base import Algorithm
from recsys_core.per_user.worked_update import HalfStep

_MOST_ROWS, _MOST_BESIDE = 6, 2  # partners in the table; factors with which two matrices fit on a line


def draw_half_step(material: Material, recipe: Algorithm, step: HalfStep, number: int, row: int) -> None:
    """Draw what half step `number` does to all factors, and the equations of `row`, one that has moved."""
    before, after = step.objectives
    side, other = ("people", "items") if step.solves_users else ("items", "people")
    st.markdown(
        f"**Step {number} solves the factors of all {side} with those of the {other} fixed: the objective falls from "
        f"{before:,.2f} to {after:,.2f}.**"
        if after < before
        else f"**Step {number} solves the factors of all {side} with those of the {other} fixed. The objective "
        f"stays at {after:,.2f}.**"
    )
    partners = step.rows.items[step.rows.of(row)]
    people, items = ([row], partners) if step.solves_users else (partners, [row])
    zero = np.zeros(len(material.items))
    show_matrices(
        material,
        (step.before.users, step.before.items, zero),
        (step.after.users, step.after.items, zero),
        (window(people, [], len(material.people)), window(items, [], len(material.items))),
        step.decimals,
    )
    name = (material.people if step.solves_users else material.items)[row]
    partner_names = material.items if step.solves_users else material.people
    count = f"{len(partners):,} {_word(other, len(partners))}"
    st.markdown(
        f"**{escape(name)}: the equations A {_unknown(step)} = b.** They rest on {count} and the penalty "
        f"λ = {shortest(step.ridge[row], step.decimals)}. "
        + escape(recipe.penalty_sentence(float(step.ridge[row]), max(len(partners), 1)))
    )
    _show_sums(step, row, partner_names)
    for line in _equations(step, row):
        st.latex(line)


def _word(side: str, count: int) -> str:
    return {"people": "person", "items": "item"}[side] if count == 1 else side


def _unknown(step: HalfStep) -> str:
    return "p" if step.solves_users else "q"


def _show_sums(step: HalfStep, row: int, names: Sequence[str]) -> None:
    """Draw what A and b are sums over: each partner's factors, weight and target, and the score before and after."""
    own = step.rows.of(row)
    partners, decimals = step.rows.items[own][:_MOST_ROWS], step.decimals
    own = slice(own.start, own.start + len(partners))
    fixed = step.fixed[partners]
    old, new = (step.before.users, step.after.users) if step.solves_users else (step.before.items, step.after.items)
    letter = "v" if step.solves_users else "u"
    side = "item" if step.solves_users else "person"
    rows = [
        {
            side: names[each],
            **{f"{letter}{_subscript(f)}": minus(value, decimals) for f, value in enumerate(fixed[at])},
            **({"weight w": shortest(step.weights[own][at], decimals)} if step.is_weighted else {}),
            "target t": shortest(step.targets[own][at], decimals),
            "score before": minus(float(np.round(fixed[at] @ old[row], decimals)), decimals),
            "score after": minus(float(np.round(fixed[at] @ new[row], decimals)), decimals),
        }
        for at, each in enumerate(partners)
    ]
    if rows:
        if step.is_weighted:
            target = f"{step.everywhere:g} + w" if step.everywhere > 0 else "w"
            st.caption(
                f"w is what a choice adds to its confidence, and t = {target}. What was not chosen has the weight "
                f"{step.everywhere:g} and the target 0."
            )
        show_numbers(rows, key="one_step_sums", texts=[side])
    n_left_out = step.rows.items_per_user[row] - len(partners)
    if n_left_out > 0:
        st.caption(f"{n_left_out:,} more are in the sums, and not in this table.")


def _subscript(f: int) -> str:
    return "₁₂₃₄₅₆₇₈"[f]


def _equations(step: HalfStep, row: int) -> list[str]:
    """Return A, b and the solution in LaTeX. All can be recomputed from the numbers shown."""
    decimals, k = step.decimals, step.fixed.shape[1]
    ridge = float(step.ridge[row])
    system, right = step.systems[row], step.rights[row]
    fixed, p = (r"V", "p") if step.solves_users else (r"U", "q")
    sums = rf"{fixed}_\Omega^{{\top}}{fixed}_\Omega"
    if step.is_weighted:
        a0 = "" if step.everywhere == 1 else f"{step.everywhere:g}\\,"
        everywhere = rf"{a0}{fixed}^{{\top}}{fixed}+" if step.everywhere > 0 else ""
        sums = rf"{everywhere}\sum w\,{fixed.lower()}{fixed.lower()}^{{\top}}"
    without = np.round(system - ridge * np.eye(k), decimals + 2)
    old = (step.before.users if step.solves_users else step.before.items)[row]
    return [
        rf"A=\underset{{{sums}}}{{{_matrix(without, decimals + 2)}}}+{shortest(ridge, decimals)}\,I"
        + (r"\qquad\text{that is}" if k > _MOST_BESIDE else f"={_matrix(system, decimals + 2)}"),
        *([f"A={_matrix(system, decimals + 2)}"] if k > _MOST_BESIDE else []),
        rf"b=\sum t\,{fixed.lower()}={_matrix(right[:, None], decimals + 2)}\qquad "
        rf"{p}=A^{{-1}}b={_matrix(step.solutions[row][:, None], decimals)}\quad\text{{before: }}"
        rf"{_matrix(old[:, None], decimals)}",
    ]


def _matrix(values: np.ndarray, decimals: int) -> str:
    rows = r" \\ ".join(" & ".join(f"{cell + 0.0:.{decimals}f}" for cell in row) for row in values)
    return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"
