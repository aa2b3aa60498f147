"""The Train page: train a model, and watch what it is doing right now."""

import streamlit as st

from pages.shared.context import RUN_KEY, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.imported_models import trained_here
from pages.shared.results.report_buttons import copy_as_python
from pages.shared.server import store
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.text import escape
from pages.shared.widgets.choose_run import choose_among
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets
from pages.views.train.derivation import show_derivation
from pages.views.train.keys import ALGORITHM_KEY, SEED_KEY, TRAIN_KEY
from pages.views.train.live_run import show_run
from pages.views.train.pair_forces import show_pair_forces
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.errors import InputError
from recsys_core.parameters import parameters
from recsys_core.store.run import Run

ensure_in_app()

_ABOVE = ("n_factors", "regularization", "learning_rate", "n_epochs")  # the others are under "More settings"
_ERROR = "train_error"


def defaults_of(algorithm: str) -> Algorithm:
    """Return the settings that suit the current training data, at which the sliders start."""
    return ALGORITHMS[algorithm].defaults_for(get_context().split.train)


@error_boundary()
def start_run() -> None:
    """Queue a run with the settings of the controls, and show it."""
    algorithm, seed = st.session_state[ALGORITHM_KEY], int(st.session_state[SEED_KEY])
    try:
        recipe = recipe_from_widgets(defaults_of(algorithm), algorithm)
        st.session_state[RUN_KEY] = store().queue.add_run(get_context().split, algorithm, recipe, seed)
    except InputError as error:
        st.session_state[_ERROR] = str(error)


def draw_controls() -> str:
    """Draw the algorithm, its settings and the button; return the key of the algorithm."""
    algorithm = st.selectbox(
        "Algorithm",
        list(ALGORITHMS),
        format_func=lambda key: ALGORITHMS[key].label,
        key=ALGORITHM_KEY,
        bind="query-params",
    )
    recipe = defaults_of(algorithm)
    draw_parameter_widgets(recipe, algorithm, only=_ABOVE)
    others = [name for name in parameters(recipe) if name not in _ABOVE]
    with st.expander("More settings"):
        if others:
            draw_parameter_widgets(recipe, algorithm, only=others)
        st.number_input(
            "Seed", 0, 2**31 - 1, 0, key=SEED_KEY, bind="query-params", help="The same seed trains the same model."
        )
    st.button("Train", key=TRAIN_KEY, type="primary", width="stretch", on_click=start_run)
    st.caption("Trains a new model. The previous run stays as a grey curve.")
    if error := st.session_state.pop(_ERROR, None):
        st.error(escape(error))
    return algorithm


def choose_shown_run() -> Run | None:
    """Let the person choose a run that was started by hand; None where there is none. What-if shows those of sweeps."""
    runs = [run for run in trained_here(get_context().runs()) if not run.in_background]
    if not runs:
        return None
    left, right = st.columns([3.4, 1])
    with left:
        run = choose_among(runs, "Run shown", hide_label=True)
    with right:
        copy_as_python([run])
    return run


def describe_algorithm(algorithm: str, run: Run | None) -> None:
    """Show an algorithm's equation, what it means, and its derivation with the numbers of `run`, if there is one."""
    recipe = ALGORITHMS[algorithm]
    st.markdown(f"**{escape(recipe.label)}**")
    st.latex(recipe.equation)
    st.write(recipe.meaning)
    if recipe.caution:
        st.caption(recipe.caution)
    if recipe.derivation_title:
        with st.expander(recipe.derivation_title):
            show_derivation(run.recipe if run else recipe(), run)


left, right = st.columns([1, 2.6], gap="medium")
with left:
    algorithm = draw_controls()
with right:
    run = choose_shown_run()
    with_model = run if run is not None and run.id in {each.id for each in get_context().runs_with("model")} else None
    if run is None:
        st.subheader("Nothing is trained on this data yet.", anchor=False)
        st.write("Choose an algorithm and press **Train**. Its learning curves appear here.")
    else:
        show_run(run)
    with st.container(border=True):
        describe_algorithm(algorithm, with_model if with_model and with_model.algorithm == algorithm else None)
if with_model and with_model.recipe.trains_on_pairs:
    with st.expander("Which items are pushed up, and which down?", expanded=True):
        show_pair_forces(with_model)
