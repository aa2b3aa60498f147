"""What is the model doing right now?"""

import streamlit as st

from pages.shared.context import RUN_KEY, get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.imported_models import trained_here
from pages.shared.results.report_buttons import copy_as_python
from pages.shared.server import store
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import parameter_widgets, recipe_from_widgets
from pages.views.train.derivation import show_derivation
from pages.views.train.live_run import show_run
from pages.views.train.pair_forces import who_is_pushed
from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.errors import InputError
from recsys_core.parameters import parameters

ensure_in_app()

_MAIN = ("n_factors", "regularization", "learning_rate", "n_epochs")


def _beginning(algorithm: str) -> Algorithm:
    """Where the sliders begin on these data."""
    return ALGORITHMS[algorithm].defaults_for(get_context().split.train)


@error_boundary()
def start_run() -> None:
    """Queue a run of what the controls say now and show it from now on."""
    algorithm, seed = st.session_state["algorithm"], int(st.session_state["seed"])
    try:
        recipe = recipe_from_widgets(_beginning(algorithm), algorithm)
        st.session_state[RUN_KEY] = store().queue.add_run(get_context().split, algorithm, recipe, seed)
    except InputError as error:
        st.session_state["train_error"] = str(error)


def controls() -> str:
    """Algorithm, sliders and the button; returns the key of the algorithm."""
    algorithm = st.selectbox(
        "Algorithm",
        list(ALGORITHMS),
        format_func=lambda key: ALGORITHMS[key].label,
        key="algorithm",
        bind="query-params",
    )
    recipe = _beginning(algorithm)
    parameter_widgets(recipe, algorithm, only=_MAIN)
    others = [name for name in parameters(recipe) if name not in _MAIN]
    with st.expander("More settings"):
        if others:
            parameter_widgets(recipe, algorithm, only=others)
        st.number_input(
            "Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params", help="The same seed trains the same model."
        )
    st.button(
        "Train",
        key="train",
        type="primary",
        width="stretch",
        on_click=start_run,
    )
    st.caption("Restarts: a new model from the start. The run before stays as a grey curve.")
    if error := st.session_state.pop("train_error", None):
        st.error(escape(error))
    return algorithm


def run_to_show():
    """The run chosen in the list of runs; the newest where none is."""
    own = [
        run for run in trained_here(get_context().runs()) if not run.in_background
    ]  # those of sweeps stand on What-if
    runs = {run.id: run for run in own}
    if not runs:
        return None
    if st.session_state.get(RUN_KEY) not in runs:
        st.session_state[RUN_KEY] = next(iter(runs))
    left, right = st.columns([3.4, 1])
    chosen_id = left.selectbox(
        "Run shown",
        list(runs),
        format_func=lambda run_id: runs[run_id].label,
        key=RUN_KEY,
        persist_state="session",
        label_visibility="collapsed",
    )
    with right:
        copy_as_python([runs[chosen_id]])
    return runs[chosen_id]


left, right = st.columns([1, 2.6], gap="medium")
with left:
    algorithm = controls()
with right:
    run = run_to_show()
    has_model = run is not None and run.id in {each.id for each in get_context().runs_with("model")}
    if run is None:
        st.subheader("Nothing is trained on this data yet.", anchor=False)
        st.write("Choose an algorithm and press **Train**: the curves grow here while it learns.")
    else:
        show_run(run)
    with st.container(border=True):
        recipe = ALGORITHMS[algorithm]
        st.markdown(f"**{escape(recipe.label)}**")
        st.latex(recipe.equation)
        st.write(recipe.meaning)
        if recipe.caution:
            st.caption(recipe.caution)
        if recipe.derivation_title:
            own_run = run if has_model and run.algorithm == algorithm else None
            with st.expander(recipe.derivation_title):
                show_derivation(own_run.recipe if own_run else recipe(), own_run)
if has_model and run.recipe.trains_on_pairs:
    with st.expander("Who is pushed up, and who down?", expanded=True):
        who_is_pushed(run)
