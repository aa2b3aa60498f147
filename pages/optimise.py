"""Why does it converge?"""

import streamlit as st

from pages.shared.shell.navigation import ensure_in_app
from pages.views.optimise.blend import blend_models
from pages.views.optimise.effective_factors import newton_chooses
from pages.views.optimise.paths import many_paths
from pages.views.optimise.pca import pca_is_the_map
from pages.views.optimise.race import race_on_data
from pages.views.optimise.textbook import textbook
from pages.views.optimise.truncation import eckart_young

ensure_in_app()

SECTIONS = {
    "Many paths": many_paths,
    "Race on your data": race_on_data,
    "Newton chooses λ": newton_chooses,
    "SLSQP blends models": blend_models,
    "PCA is the map": pca_is_the_map,
    "Eckart–Young": eckart_young,
    "Textbook": textbook,
}

section = st.segmented_control(
    "Why does it converge?",
    list(SECTIONS),
    default=next(iter(SECTIONS)),
    required=True,
    key="optimise",
    bind="query-params",
    label_visibility="collapsed",
)
SECTIONS[section]()
