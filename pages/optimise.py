"""Why does it converge?"""

import streamlit as st

from pages.shared.navigation import ensure_in_app
from pages.shared.optimise_paths import many_paths
from pages.shared.optimise_race import race_on_data

ensure_in_app()

SECTIONS = {
    "Many paths": many_paths,
    "Race on your data": race_on_data,
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
