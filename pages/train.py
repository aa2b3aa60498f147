"""The Train page: train a model, and watch what it is doing right now."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.first_models import offer_first_models
from pages.shared.results.imported_models import trained_here
from pages.shared.results.report_buttons import copy_as_python
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.widgets.choose_run import choose_among, undo_what_no_hand_did
from pages.views.train.controls import draw_controls
from pages.views.train.derivation import describe_algorithm, show_objective
from pages.views.train.film.show import show_film
from pages.views.train.live_run import show_run
from pages.views.train.one_step import show_one_step_panel
from pages.views.train.pair_forces import show_pair_forces
from recsys_core.algorithms import ALGORITHMS

ensure_in_app()

left, right = st.columns([1, 2.6], gap="medium")
with left:
    algorithm = draw_controls()
with right:
    runs = [run for run in trained_here(get_context().runs()) if not run.in_background]  # What-if shows those of sweeps
    run = None
    if runs:
        choice, copy = st.columns([3.4, 1])
        with choice:
            run = choose_among(runs, "Run shown", hide_label=True, on_change=undo_what_no_hand_did)
        with copy:
            copy_as_python([run])
        show_run(run)
        show_film(run)
    else:
        offer_first_models()
    with_model = run if run and run.id in {each.id for each in get_context().runs_with("model")} else None
    with st.container(border=True):
        describe_algorithm(run.algorithm if run else algorithm, with_model)
    if run and run.algorithm != algorithm:
        with st.expander(f"The objective of {ALGORITHMS[algorithm].label}, chosen on the left"):
            show_objective(algorithm)
show_one_step_panel(algorithm)
if with_model and with_model.recipe.trains_on_pairs:
    with st.expander("Which items are pushed up, and which down?", expanded=True):
        show_pair_forces(with_model)
