"""What tastes did it find?"""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.against_baseline import show_against_baseline
from pages.shared.results.factor_axes_of_run import map_of, strongest_first
from pages.shared.results.first_models import offer_first_models
from pages.shared.results.imported_models import warn_of_leaks
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.widgets.choose_run import choose_run
from pages.views.factors.axes import axes_and_meanings
from pages.views.factors.map import map_and_neighbours
from pages.views.factors.seed_stability import stability
from recsys_core.figures.taste_map import TasteMap
from recsys_core.percent import percent
from recsys_core.store.run import Run

ensure_in_app()

_NOTHING = 1e-12  # a sum of squared strengths, of the mean square of what is learned
_MOST_OF_IT = 0.8


def headline(run: Run, mapped: TasteMap, strengths: np.ndarray) -> str:
    """Say how many directions show most of the differences between people and items, and how much the map shows.

    Both are shares of one variance: that of the points of all people and items in all k factors.
    """
    projection = mapped.projection
    k = len(projection.spectrum)
    learned = get_context().split.train.values if run.recipe.learns_ratings else np.ones(1)
    if np.sum(strengths.astype(float) ** 2) <= _NOTHING * np.mean(learned.astype(float) ** 2):
        why = " Its regularisation may be too strong." if run.recipe.settings().get("regularization") else ""
        return f"This model has learned nothing: all its factors are 0.{why}"
    if projection.spectrum[0] == 0:
        return "All people and items are at one point: this model cannot tell them apart."
    if k <= 2:
        return f"This model has {'a single factor' if k == 1 else 'two factors'}, so the map shows everything."
    needed, shown = projection.n_directions(_MOST_OF_IT), 1 - projection.hidden
    takes = "One direction of taste is enough" if needed == 1 else f"It takes {needed} of {k} directions of taste"
    what = f"{_MOST_OF_IT:.0%} of how people and items differ"
    return f"{takes} to show {what}. This map has two and shows {percent(shown)}."


run = None
if any(each.has_factors for each in get_context().runs_with("model")):
    run = choose_run()
else:
    offer_first_models()
if run is not None:
    st.subheader(headline(run, map_of(run), strongest_first(run).strengths), anchor=False)
    warn_of_leaks([run])
    show_against_baseline(run)
    map_and_neighbours(run)
    axes_and_meanings(run)
    with st.expander("How stable is this map?"):
        stability(run)
