"""The score of one person for one item, factor by factor, with its numbers, beside the curve."""

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.person_lists import load_person
from pages.shared.text import escape
from pages.shared.widgets.choose_person_item import choose_item, choose_person
from recsys_core.evaluation.significant_digits import round_keeping_sum
from recsys_core.per_user.worked_svd import worked_svd
from recsys_core.store.run import Run


def show_worked_prediction(run: Run) -> None:
    """Show the products U σ V that make the score of one person for one item in the model of `run`."""
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
    sigma = "σ − λs" if run.recipe.settings().get("regularization") else "σ"
    columns = {
        "U of the person": worked.left,
        sigma: worked.sigma,
        "V of the item": worked.right,
        "product": worked.products,
    }
    st.dataframe(
        pd.DataFrame({"factor f": range(1, len(worked.sigma) + 1), **columns}),
        hide_index=True,
        height=213,
        key="worked_prediction",
        alt="The terms of one score, factor by factor.",
        column_config={
            name: st.column_config.NumberColumn(format=f"%.{decimals}f")
            for name, decimals in zip(columns, worked.decimals, strict=True)
        },
    )
    digits = worked.score_decimals
    (averages, products), score = round_keeping_sum([worked.averages, worked.total], digits)
    adds_up = "the products add up to the score"
    if averages != 0:
        adds_up = f"{averages:.{digits}f} + {products:.{digits}f} ="
    title = get_context().dataset.titles[item]
    st.markdown(f"**{escape(f'{title} for {person.name}: {adds_up} {score:.{digits}f}')}.**")
