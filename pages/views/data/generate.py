"""Generate synthetic data with planted tastes, and offer the small example."""

from contextlib import suppress

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets
from pages.views.data.loading import open_loaded
from recsys_core.data.dataset import Dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.synthetic import SyntheticRecipe, expected_picks, generate
from recsys_core.errors import InputError

_CLEARLY_FEWER = 0.95  # of the picks asked for


@error_boundary()
def add_and_select(dataset: Dataset) -> None:
    """Store a data set and select it on every page."""
    open_loaded(store().add_dataset(dataset))


@error_boundary()
def _generate() -> None:
    """In a callback: generate the data that the widgets describe, and select it."""
    try:
        add_and_select(generate(recipe_from_widgets(SyntheticRecipe(), "planted")))
    except InputError as error:
        st.session_state["generate_error"] = str(error)


def generate_view() -> None:
    """Draw the parameters of synthetic data and the button that generates it."""
    st.caption("Invented people with planted tastes. The ground truth is known, so a model can be checked against it.")
    first, second = st.columns(2, gap="large")
    with first:
        draw_parameter_widgets(SyntheticRecipe(), "planted", only=("n_users", "n_items", "n_tastes", "picks"))
    with second:
        draw_parameter_widgets(
            SyntheticRecipe(), "planted", only=("popularity_skew", "popularity_strength", "noise", "seed", "feedback")
        )
    with suppress(InputError):  # it is told when Generate is pressed
        _describe_picks(recipe_from_widgets(SyntheticRecipe(), "planted"))
    st.button("Generate", key="generate", type="primary", on_click=_generate)
    if error := st.session_state.pop("generate_error", None):
        st.error(escape(error))


def _describe_picks(recipe: SyntheticRecipe) -> None:
    """Say how many picks a person makes on average, where that is clearly fewer than asked for."""
    expected = expected_picks(recipe)
    if expected < _CLEARLY_FEWER * recipe.picks:
        st.caption(
            f"With {recipe.n_items:,} items, a person picks about {expected:,.0f} of them on average, since nobody "
            "picks more than half."
        )


def textbook_view() -> None:
    """Draw the small example and the button that selects it."""
    st.caption("Five people and five items, small enough to follow by hand. Empty cells are unrated.")
    st.dataframe(_as_table(load_example_5x5()), width="content", alt="The example: five people and five items.")
    st.button("Use this data", key="textbook", type="primary", on_click=lambda: add_and_select(load_example_5x5()))


def _as_table(dataset: Dataset) -> pd.DataFrame:
    """Return the ratings as a table of people × items."""
    data = dataset.interactions
    cells = np.full((data.n_users, data.n_items), np.nan)
    cells[data.users, data.items] = data.values
    return pd.DataFrame(cells, dataset.user_names, dataset.titles).map(
        lambda value: "" if np.isnan(value) else f"{value:g}"
    )
