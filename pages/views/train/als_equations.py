"""The update of alternating least squares beside the curve: the formula, and one person's own equations."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.person_lists import load_person
from pages.shared.text import escape
from pages.shared.widgets.choose_person_item import choose_person
from recsys_core.algorithms.als import ALS
from recsys_core.per_user.worked_update import WorkedUpdate, worked_update
from recsys_core.store.run import Run

_SHOWN = 3  # rows and columns of the system
_EXPLICIT = (
    r"p_u=\big(Q_\Omega^{\top}Q_\Omega+\lambda_u I\big)^{-1}Q_\Omega^{\top}r_u,\qquad "
    r"q_i=\big(P_\Omega^{\top}P_\Omega+\lambda_i I\big)^{-1}P_\Omega^{\top}r_i"
)
_IMPLICIT = (
    r"x_u=\big(Y^{\top}C_uY+\lambda_u I\big)^{-1}Y^{\top}C_u\,p_u,\qquad "
    r"y_i=\big(X^{\top}C_iX+\lambda_i I\big)^{-1}X^{\top}C_i\,p_i"
)


def als_update(algorithm: str, run: Run | None) -> None:
    """Show both half steps, and where `run` is of this algorithm a person's equations with their numbers."""
    explicit = algorithm == "als"
    st.latex(_EXPLICIT if explicit else _IMPLICIT)
    st.write(
        "Ω are the items that the person rated, or the people who rated the item. With one side fixed, the objective "
        "is a ridge regression for each row of the other; setting its gradient to 0 gives these equations."
        if explicit
        else "With one side fixed, the objective is a weighted ridge regression for each row of the other: C holds the "
        "confidences of all cells on its diagonal, p the preferences, 0 or 1. Setting its gradient to 0 gives these "
        "equations."
    )
    if run is None or run.algorithm != algorithm:
        st.caption("Show a finished run of this algorithm above to see a person's equations with their numbers.")
        return
    person = load_person(choose_person())
    learned = run.recipe.learns_from(person.learned)
    if learned.n_interactions == 0:
        st.info("The model learns nothing from this person, so there is nothing to solve. Choose another.")
        return
    model = model_of(run.fingerprint, run.id)
    worked = worked_update(run.recipe, model, run.recipe.learns_from(get_context().split.train), learned)
    st.markdown(
        f"**{escape(person.name[:1].upper() + person.name[1:])}: {worked.n_ratings:,} ratings, k = {model.n_factors}, "
        f"λ for this person {worked.ridge:.4g}.** {_about_penalty(run, worked)}"
    )
    st.latex(_system(worked))
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
        key="als_update",
        column_config={
            "A₁f": st.column_config.NumberColumn(format="%.4f"),
            "p_f": st.column_config.NumberColumn(format="%.6f"),
            "A₁f · p_f": st.column_config.NumberColumn(format="%.10f"),
        },
    )
    moved = float(np.abs(worked.solution - model.user_factors[person.index]).max())
    st.caption(
        f"The first equation: the last column adds up to {worked.total:.4f}, and its right side is "
        f"{worked.right[0]:.4f}. This p is what the next half step would give; no factor moves by more than "
        f"{moved:.2g} from what the model has."
    )


def _about_penalty(run: Run, worked: WorkedUpdate) -> str:
    """What the other penalty would put in the same place."""
    recipe = run.recipe
    weighted = recipe.penalty == "weighted"
    if isinstance(recipe, ALS):
        plain = worked.ridge / worked.n_ratings if weighted else worked.ridge
        return escape(
            f"Its penalty is {recipe.penalty}: "
            + (f"λs times their {worked.n_ratings:,} ratings; " if weighted else "the same λs for everybody; ")
            + f"{'plain' if weighted else 'weighted'} it would be "
            + f"{plain if weighted else plain * worked.n_ratings:.4g}. "
            "Texts that write λI and programs that add λ times the number of ratings minimise different objectives. "
            "s is the standard deviation of the training ratings."
        )
    return f"Its penalty is {recipe.penalty}."


def _system(worked: WorkedUpdate) -> str:
    """The leading block of A p = b; dots stand for what is left out."""
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
