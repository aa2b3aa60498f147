"""Why does it converge?"""

import streamlit as st

from pages.shared.navigation import ensure_in_app
from pages.shared.optimise_blend import blend_models
from pages.shared.optimise_degrees import newton_chooses
from pages.shared.optimise_paths import many_paths
from pages.shared.optimise_pca import pca_is_the_map
from pages.shared.optimise_race import race_on_data
from pages.shared.optimise_textbook import textbook
from pages.shared.optimise_truncation import eckart_young

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
