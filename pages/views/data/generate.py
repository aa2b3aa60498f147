"""Generated data with planted tastes, and the small example."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets
from pages.views.data.upload import select_dataset
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError


@error_boundary()
def add_and_select(dataset) -> None:
    """Keep a data set and look at it from now on."""
    select_dataset(store().add_dataset(dataset))


@error_boundary()
def take_generated() -> None:
    try:
        add_and_select(generate(recipe_from_widgets(SyntheticRecipe(), "planted")))
    except InputError as error:
        st.session_state["generate_error"] = str(error)


def generate_view() -> None:
    """Planted data with sliders."""
    st.caption("Invented people with planted tastes: here the truth is known, so a model can be checked against it.")
    first, second = st.columns(2, gap="large")
    with first:
        draw_parameter_widgets(SyntheticRecipe(), "planted", only=("n_users", "n_items", "n_tastes", "picks"))
    with second:
        draw_parameter_widgets(SyntheticRecipe(), "planted", only=("popularity_skew", "noise", "seed", "feedback"))
    st.button("Generate", key="generate", type="primary", on_click=take_generated)
    if error := st.session_state.pop("generate_error", None):
        st.error(escape(error))


def textbook_view() -> None:
    """The small example."""
    st.caption("Five people and five items, small enough to follow by hand. An empty cell is unrated.")
    st.dataframe(_as_table(load_example_5x5()), width="content")
    st.button("Use it", key="textbook", type="primary", on_click=lambda: add_and_select(load_example_5x5()))


def _as_table(dataset) -> pd.DataFrame:
    data = dataset.interactions
    cells = np.full((data.n_users, data.n_items), np.nan)
    cells[data.users, data.items] = data.values
    return pd.DataFrame(cells, dataset.user_names, dataset.titles).map(
        lambda value: "" if np.isnan(value) else f"{value:g}"
    )
