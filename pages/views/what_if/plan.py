"""Plan a sweep: algorithms, hyperparameters, their values, seeds and a budget."""

from dataclasses import dataclass, replace

import streamlit as st

from pages.shared.cluster import n_at_once, where_trained
from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.shared.widgets.parameter_widgets import get_slider_stops
from pages.shared.widgets.set_widget import set_widget
from pages.views.what_if.guess import HIDDEN_KEY
from recsys_core.algorithms import ALGORITHMS
from recsys_core.errors import InputError
from recsys_core.parameters import parameters
from recsys_core.sweeps.plan import Sweep, plan_grid, plan_random, suggest_range
from recsys_core.sweeps.progress import Progress, deadline_after, estimate_seconds_left, match_runs
from recsys_core.sweeps.search import BATCH_SIZE, plan_search, queue_sweep

_FIRST = "n_factors"
_METHODS = {"grid": "Grid", "random": "Random", "search": "Search"}
SWEEP_KEY = "sweep"
_MUCH_ROOM = 2e8  # bytes of models in the database, about which one is told before a sweep


@dataclass(frozen=True)
class _Request:
    """The sweep that the controls describe, with its budget in runs and minutes."""

    sweep: Sweep
    most_runs: int
    minutes: float


def draw_plan() -> None:
    """Draw the controls of a sweep, what it would cost, and the button that starts it."""
    algorithms = st.multiselect(
        "Algorithms",
        list(ALGORITHMS),
        default=["implicit_als"],
        format_func=lambda key: ALGORITHMS[key].label,
        key="sweep_algorithms",
        persist_state="session",
    )
    names = _choose_varied(algorithms)
    st.segmented_control(
        "Method",
        list(_METHODS),
        default="grid",
        required=True,
        format_func=lambda method: _METHODS[method],
        key="sweep_how",
        help="Random settings cover more values of each hyperparameter than a grid with the same number of runs. "
        f"Search (Optuna's TPE) proposes {BATCH_SIZE} settings at a time, near those that did well before.",
        persist_state="session",
    )
    is_grid = st.session_state["sweep_how"] == "grid"
    for algorithm in algorithms:
        _ranges(algorithm, names, is_grid, with_name=len(algorithms) > 1)
    if not is_grid:
        st.number_input("Settings to try", 1, 200, 12, key="sweep_count", persist_state="session")
    with st.expander("Seeds and budget"):
        st.number_input(
            "Seeds per setting",
            1,
            10,
            1,
            key="sweep_seeds",
            help="Several seeds show how much of a difference is luck.",
            persist_state="session",
        )
        st.number_input("Maximum runs", 1, 2000, 60, key="sweep_most_runs", persist_state="session")
        st.number_input(
            "Maximum minutes",
            0.1,
            10_000.0,
            10.0,
            format="%g",
            key="sweep_minutes",
            help="After this time no new run starts. Finished runs are kept.",
            persist_state="session",
        )
    try:
        request = _read_controls()
    except InputError as error:
        st.info(escape(error))
        return
    cost, is_affordable = _estimate_cost(request)
    st.toggle(
        "Predict first",
        key="predict_first",
        disabled=_is_search(),  # nobody knows yet what it will try
        help="Guess the best setting before the results are shown.",
        persist_state="session",
    )
    st.button(
        "Start sweep", key="start_sweep", type="primary", width="stretch", on_click=start, disabled=not is_affordable
    )
    st.caption(escape(cost))


@error_boundary()
def start() -> None:
    """Queue the sweep that the controls describe, in a callback, and show it."""
    request, split = _read_controls(), get_context().split
    st.session_state[SWEEP_KEY] = store().add_sweep(split.fingerprint, request.sweep.description())
    is_hidden = st.session_state["predict_first"] and not _is_search()
    st.session_state[HIDDEN_KEY] = st.session_state[SWEEP_KEY] if is_hidden else None
    queue_sweep(store(), split, st.session_state[SWEEP_KEY], deadline=deadline_after(request.minutes))


def _choose_varied(algorithms: list[str]) -> list[str]:
    """Draw the choice of hyperparameters that all chosen algorithms have, and return their names."""
    shared = [
        name
        for name in (parameters(ALGORITHMS[algorithms[0]]) if algorithms else ())
        if all(name in parameters(ALGORITHMS[key]) for key in algorithms)
    ]
    labels = {name: parameters(ALGORITHMS[algorithms[0]])[name].label for name in shared}
    if "sweep_varied" not in st.session_state:
        st.session_state["sweep_varied"] = [_FIRST]
    kept = [name for name in st.session_state["sweep_varied"] if name in shared]
    set_widget("sweep_varied", kept or shared[:1])
    return st.multiselect(
        "Vary",
        shared,
        format_func=lambda name: labels[name],
        key="sweep_varied",
        help="A grid varies one or two; random settings and a search may vary all.",
        persist_state="session",
    )


def _ranges(algorithm: str, names: list[str], is_grid: bool, *, with_name: bool) -> None:
    defaults = ALGORITHMS[algorithm].defaults_for(get_context().split.train)
    for name in names:
        parameter = replace(parameters(defaults)[name], default=getattr(defaults, name))
        if parameter.options:
            continue
        key, label = f"sweep_{algorithm}_{name}", parameter.label
        if with_name:
            label = f"{ALGORITHMS[algorithm].label}: {label}"
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        with left:
            stops = get_slider_stops(parameter)
            st.select_slider(
                escape(label) + ", range",
                stops,
                value=_around_default(parameter, stops),
                format_func=lambda stop: f"{stop:g}",
                key=f"{key}_range",
                persist_state="session",
            )
        with right:
            if is_grid:
                st.number_input("Values", 1, 30, 6 if len(names) == 1 else 4, key=f"{key}_count_{len(names)}")


def _around_default(parameter, stops: list) -> tuple:
    """Return the range that the slider shows first: from well below to well above the default."""
    low, high = suggest_range(parameter)
    nearest = lambda wanted: min(stops, key=lambda stop: abs(stop - wanted))  # noqa: E731
    return nearest(low), nearest(high)


def _read_controls() -> _Request:
    """Return the sweep that the widgets describe now. Raises InputError if they describe none."""
    state = st.session_state
    names, plans = state["sweep_varied"], []
    if not names:
        raise InputError("A sweep must vary at least one hyperparameter. Choose it.")
    for algorithm in state["sweep_algorithms"]:
        keys = [f"sweep_{algorithm}_{name}" for name in names]
        ranges = [state.get(f"{key}_range", (0, 0)) for key in keys]
        if state["sweep_how"] == "grid":
            counts = [int(state.get(f"{key}_count_{len(names)}") or 1) for key in keys]
            plan = plan_grid(algorithm, names, ranges, counts)
        else:
            draw = plan_search if _is_search() else plan_random
            plan = draw(algorithm, names, ranges, int(state["sweep_count"]))
        plans.append(plan.with_defaults_for(get_context().split.train))
    sweep = Sweep(tuple(plans), tuple(range(int(state["sweep_seeds"]))))
    return _Request(sweep, int(state["sweep_most_runs"]), float(state["sweep_minutes"]))


def _is_search() -> bool:
    return st.session_state["sweep_how"] == "search"


def _describe_room(progress: Progress) -> str:
    """Return how much the database grows by, where it is much: every setting can be opened, so its model is kept."""
    train, missing = get_context().split.train, [task.recipe for task, run in progress.runs.items() if run is None]
    each = [recipe.model_bytes(train) for recipe in missing]
    n_bytes = sum(each) + (progress.n_to_propose * sum(each) / len(each) if each else 0)
    return f" The models take about {n_bytes / 1e9:.1f} GB in the database." if n_bytes >= _MUCH_ROOM else ""


def _estimate_cost(request: _Request) -> tuple[str, bool]:
    """Return what the sweep would cost, in sentences, and whether the budget allows it."""
    runs = get_context().runs()
    progress = match_runs(request.sweep, runs, get_context().split.fingerprint)
    n_runs, n_done = progress.n_runs, progress.n_runs - progress.n_missing
    text = f"{n_runs:,} {'run' if n_runs == 1 else 'runs'}"
    if not progress.n_missing:
        return ("The run exists already." if n_runs == 1 else f"All {text} exist already."), True
    if n_done:
        at_least = "at least " if progress.n_to_propose else ""
        text += f", of which {at_least}{n_done:,} {'exists' if n_done == 1 else 'exist'} already"
    if progress.n_missing > request.most_runs:
        over = f"More than the budget of {request.most_runs:,}: choose fewer values or seeds, or raise it."
        return f"{text}. {over}", False
    seconds = estimate_seconds_left(progress, runs, n_at_once())
    known = "the duration is unknown until the first has finished" if seconds is None else f"about {duration(seconds)}"
    text += f"; {known}. {where_trained()}{_describe_room(progress)}"
    return f"{text} No new run starts after {request.minutes:g} min.", True
