"""Why does it converge?"""

import streamlit as st

from pages.shared.shell.navigation import ensure_in_app
from pages.shared.widgets.choose_one import choose_one
from pages.views.optimise.blend import draw_blend
from pages.views.optimise.effective_factors import draw_effective_factors
from pages.views.optimise.paths import draw_paths
from pages.views.optimise.pca import draw_pca
from pages.views.optimise.race import draw_race
from pages.views.optimise.textbook import draw_textbook
from pages.views.optimise.truncation import draw_truncation

ensure_in_app()

SECTIONS = {
    "Many paths": draw_paths,
    "Race on your data": draw_race,
    "Newton chooses λ": draw_effective_factors,
    "SLSQP blends models": draw_blend,
    "PCA is the map": draw_pca,
    "Eckart–Young": draw_truncation,
    "Textbook": draw_textbook,
}

section = choose_one(
    st.segmented_control,
    "Why does it converge?",
    list(SECTIONS),
    default=next(iter(SECTIONS)),
    key="optimise",
    label_visibility="collapsed",
)
SECTIONS[section]()
