"""How an algorithm's objective leads to its updates, and the same with the numbers of one person."""

import streamlit as st

from pages.views.train.worked_prediction import show_worked_prediction
from pages.views.train.worked_update import show_worked_update
from recsys_core.algorithms.base import Algorithm
from recsys_core.store.run import Run


def show_derivation(recipe: Algorithm, run: Run | None) -> None:
    """Show the derivation of `recipe`; where `run` is a run of this algorithm with a model, with its numbers too."""
    st.markdown(recipe.derivation)
    if not recipe.has_normal_equations:
        return
    if run is None:
        st.caption("Show a finished run of this algorithm above to see it with the numbers of one person.")
    elif recipe.has_nested_factors:
        show_worked_prediction(run)
    else:
        show_worked_update(run)
