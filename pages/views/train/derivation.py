"""What an algorithm minimises and how that leads to its updates; for an SVD with the numbers of one person."""

import streamlit as st

from pages.shared.text import escape
from pages.views.train.worked_prediction import show_worked_prediction
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.store.run import Run


def describe_algorithm(algorithm: str, run: Run | None) -> None:
    """Show an algorithm's equation, what it means, and its derivation with the numbers of `run`, if there is one."""
    recipe = ALGORITHMS[algorithm]
    st.markdown(f"**{escape(recipe.label)}**")
    show_objective(algorithm)
    if recipe.derivation_title:
        with st.expander(recipe.derivation_title):
            show_derivation(run.recipe if run else recipe(), run)


def show_objective(algorithm: str) -> None:
    """Show an algorithm's equation, and what it means."""
    recipe = ALGORITHMS[algorithm]
    st.latex(recipe.equation)
    st.write(recipe.meaning)
    if recipe.caution:
        st.caption(recipe.caution)


def show_derivation(recipe: Algorithm, run: Run | None) -> None:
    """Show the derivation of `recipe`; where `run` is a run of this algorithm with a model, with its numbers too."""
    st.markdown(recipe.derivation)
    if not recipe.has_nested_factors:
        return
    if run is None:
        st.caption("Show a finished run of this algorithm above to see it with the numbers of one person.")
    else:
        show_worked_prediction(run)
