"""The normal equations of one person with their numbers, beside the curve."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.person_lists import load_person
from pages.shared.text import escape
from pages.shared.widgets.choose_person_item import choose_person
from recsys_core.per_user.worked_update import WorkedUpdate, worked_update
from recsys_core.store.run import Run

_SHOWN = 3  # rows and columns of the system


def show_worked_update(run: Run) -> None:
    """Show the equations that give one person their factors in the model of `run`, with the items fixed."""
    person = load_person(choose_person())
    learned = run.recipe.learns_from(person.learned)
    if learned.n_interactions == 0:
        st.info("The model learns nothing from this person, so there is nothing to solve. Choose another person.")
        return
    model = model_of(run.fingerprint, run.id)
    worked = worked_update(run.recipe, model, run.recipe.learns_from(get_context().split.train), learned)
    st.markdown(
        f"**{escape(person.name[:1].upper() + person.name[1:])}: {worked.n_ratings:,} ratings, k = {model.n_factors}, "
        f"λ for this person {worked.ridge:.4g}.** {escape(run.recipe.penalty_sentence(worked.ridge, worked.n_ratings))}"
    )
    st.latex(_write_system(worked))
    table = pd.DataFrame(
        {
            "factor f": range(1, len(worked.solution) + 1),
            "A₁f": worked.system[0],
            "p_f": worked.solution,
            "A₁f · p_f": worked.products,
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height=min(38 + 35 * len(table), 213),
        key="worked_update",
        column_config={
            "A₁f": st.column_config.NumberColumn(format="%.4f"),
            "p_f": st.column_config.NumberColumn(format="%.6f"),
            "A₁f · p_f": st.column_config.NumberColumn(format="%.10f"),
        },
    )
    moved = float(np.abs(worked.solution - model.user_factors[person.index]).max())
    st.caption(
        f"The last column adds up to {worked.total:.4f}, and the right side of the first equation is "
        f"{worked.right[0]:.4f}. The next half step would give this p; it differs from the model's factors by at most "
        f"{moved:.2g}."
    )


def _write_system(worked: WorkedUpdate) -> str:
    """Return the leading block of A p = b in LaTeX; dots stand for what is left out."""
    k = len(worked.solution)
    shown = min(k, _SHOWN)
    rows = [" & ".join(f"{worked.system[row, column]:.4f}" for column in range(shown)) for row in range(shown)]
    unknowns = [f"{value:.6f}" for value in worked.solution[:shown]]
    right = [f"{value:.4f}" for value in worked.right[:shown]]
    if k > shown:
        rows = [*(row + r" & \cdots" for row in rows), " & ".join([r"\vdots"] * shown + [r"\ddots"])]
        unknowns, right = [*unknowns, r"\vdots"], [*right, r"\vdots"]
    a, p, b = (r"\begin{pmatrix}" + r" \\ ".join(lines) + r"\end{pmatrix}" for lines in (rows, unknowns, right))
    return rf"\underset{{A}}{{{a}}}\ \underset{{p}}{{{p}}}=\underset{{b}}{{{b}}}"
