"""What tastes did it find?"""

import numpy as np
import streamlit as st

from pages.shared.baseline import show_against_baseline
from pages.shared.choose_run import choose_run
from pages.shared.factor_axes import axes_and_meanings
from pages.shared.factor_map import map_and_neighbours
from pages.shared.factor_space import map_of, strongest_first
from pages.shared.factor_stability import stability
from pages.shared.navigation import ensure_in_app
from pages.shared.trained_elsewhere import say_trained_elsewhere
from recsys_core.figures.factors import TasteMap

ensure_in_app()

_NOTHING = 1e-12  # of squared strength


def headline(mapped: TasteMap, strengths: np.ndarray) -> str:
    energy = np.cumsum(strengths.astype(float) ** 2)
    if energy[-1] < _NOTHING:
        return "This model has learned nothing: all its factors are 0. Its regularisation λ is too strong."
    needed = int(np.searchsorted(energy / energy[-1], 0.8)) + 1
    shown = 100 * (1 - mapped.projection.hidden)
    return (
        f"{needed} of {len(strengths)} factors carry 80 % of the pattern; "
        f"this flat map shows {shown:.0f} % of it and hides {100 - shown:.0f} %."
    )


run = choose_run()
if run is not None:
    st.subheader(headline(map_of(run), strongest_first(run).strengths), anchor=False)
    say_trained_elsewhere([run])
    show_against_baseline(run)
    map_and_neighbours(run)
    axes_and_meanings(run)
    with st.expander("How stable is this map?"):
        stability(run)
