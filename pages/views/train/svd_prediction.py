"""SVD's prediction beside the curve: the formula, and one person's score for one item, factor by factor."""

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.person_lists import load_person
from pages.shared.text import escape
from pages.shared.widgets.choose_person_item import choose_item, choose_person
from recsys_core.evaluation.significant_digits import rounded
from recsys_core.per_user.score_terms import bias_terms
from recsys_core.per_user.worked_svd import worked_svd
from recsys_core.store.run import Run

_AVERAGES = {
    "none": ("", "Nothing is taken away before the factorisation, so the score is this product alone."),
    "user mean": (r"\bar r_u+", "r̄ᵤ is the person's mean rating."),
    "item mean": (r"\bar r_i+", "r̄ᵢ is the item's mean rating."),
    "biases": (r"\mu+b_u+b_i+", "μ is the overall mean, b the biases of the person and of the item."),
}


def svd_prediction(algorithm: str, run: Run | None) -> None:
    """Show the prediction, and where `run` is an SVD its numbers for the person and the item looked at."""
    is_shown = run is not None and run.algorithm == algorithm
    centering = run.recipe.centering if is_shown else "user mean"
    averages, meaning = _AVERAGES[centering]
    shrunk = is_shown and run.recipe.regularization > 0
    sigma = r"(\Sigma_k-\lambda s I)_+" if shrunk else r"\Sigma_k"
    st.latex(rf"\hat r_{{ui}}={averages}\big(U_k\,{sigma}\,V_k^{{\top}}\big)_{{ui}}")
    st.write(
        f"{meaning} "
        + (
            "Every singular value is shrunk by λs, where s is the standard deviation of the ratings, or 1 where who "
            "chose what is factorised; with λ = 0 it is the plain truncated SVD."
            if shrunk
            else ""
        )
    )
    if not is_shown:
        st.caption("Show a finished run of SVD above to see it with the numbers of one person and one item.")
        return
    left, right = st.columns(2)
    with left:
        person = load_person(choose_person())
    with right:
        item = choose_item()
    model = model_of(run.fingerprint, run.id)
    if model.n_factors == 0 or not model.item_factors.any():
        st.info("λ has shrunk every singular value to 0, so only the averages are left.")
        return
    worked = worked_svd(model, person.index, item)
    table = pd.DataFrame(
        {
            "factor f": range(1, len(worked.sigma) + 1),
            "U of the person": worked.left,
            "σ − λs" if shrunk else "σ": worked.sigma,
            "V of the item": worked.right,
            "product": worked.products,
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height=213,
        key="svd_prediction",
        column_config={
            name: st.column_config.NumberColumn(format="%.6f")
            for name in ("U of the person", "σ − λs", "σ", "V of the item", "product")
        },
    )
    (averages, products), score = rounded([sum(bias_terms(model, person.index, item).values()), worked.total], 4)
    adds_up = "the products add up to the score" if averages == 0 else f"{averages:.4f} + {products:.4f} ="
    title = get_context().dataset.titles[item]
    st.markdown(f"**{escape(f'{title} for {person.name}: {adds_up} {score:.4f}')}.**")
