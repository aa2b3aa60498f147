"""The controls of Train: the algorithm, its settings, and the button that starts a run."""

import streamlit as st

from pages.shared.context import RUN_KEY, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.shell.pinned_models import pin_when_trained
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets, why_out_of_bounds
from pages.views.train.slow_motion import SLOW_KEY, draw_toggle, note_start
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.errors import InputError
from recsys_core.links.run_slug import SEED
from recsys_core.parameters import parameters

ALGORITHM_KEY, SEED_KEY, TRAIN_KEY = "algorithm", "seed", "train"
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
        if why := why_out_of_bounds(SEED, seed):
            raise InputError(why)
        recipe = recipe_from_widgets(defaults_of(algorithm), algorithm)
        run_id = store().queue.add_run(get_context().split, algorithm, recipe, seed)
    except InputError as error:
        st.session_state[_ERROR] = f"Nothing was trained. {error}"
    else:
        st.session_state[RUN_KEY] = run_id
        if st.session_state.get(SLOW_KEY):
            note_start(run_id)
        pin_when_trained(run_id)


def draw_controls() -> str:
    """Draw the algorithm, its settings and the button; return the key of the algorithm."""
    algorithm = st.selectbox(
        "Algorithm",
        list(ALGORITHMS),
        format_func=lambda key: ALGORITHMS[key].label,
        key=ALGORITHM_KEY,
        bind="query-params",
        persist_state="session",
    )
    recipe = defaults_of(algorithm)
    draw_parameter_widgets(recipe, algorithm, only=_ABOVE)
    others = [name for name in parameters(recipe) if name not in _ABOVE]
    with st.expander("More settings"):
        if others:
            draw_parameter_widgets(recipe, algorithm, only=others)
        seed = st.number_input(
            "Seed",
            value=0,
            key=SEED_KEY,
            bind="query-params",
            persist_state="session",
            help="The same seed trains the same model.",
        )
        if why := why_out_of_bounds(SEED, seed):
            st.error(escape(why))
    st.button("Train", key=TRAIN_KEY, type="primary", width="stretch", shortcut="T", on_click=start_run)
    draw_toggle()
    st.caption("Trains a new model. The previous run stays as a grey curve.")
    if error := st.session_state.pop(_ERROR, None):
        st.error(escape(error))
    return algorithm
