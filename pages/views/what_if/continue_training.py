"""Continue from here: a finished training goes on from an epoch with another λ or learning rate."""

from dataclasses import replace

import streamlit as st

from pages.shared.context import get_context, run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import evaluation_of
from pages.shared.results.comparison import chosen_margin, get_comparison
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.shared.widgets.choose_run import choose_among
from pages.shared.widgets.parameter_widgets import slider_stops
from pages.shared.widgets.wait_for_runs import wait_for_runs
from pages.views.what_if.results import METRIC
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.sentences import what_matters
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.figures.fork import forked_curves
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.parameters import parameters
from recsys_core.store.run import FINISHED, LIVE, USABLE, Branch, Run

_MUCH = 10  # times its λ: the example that an untouched page shows


def continue_from_here() -> None:
    """Controls on the left, the curves of the run and of its forks on the right."""
    runs = {run.id: run for run in get_context().runs_with("model") if _can_go_on(run)}
    able = ", ".join(recipe.label for recipe in ALGORITHMS.values() if recipe.adjustable)
    if not runs:
        st.subheader("No finished training on this data can be gone on with.", anchor=False)
        st.write(escape(f"It takes one that learns in steps and was trained by this version of the program: {able}."))
        st.page_link("pages/train.py", label="Train a model first", icon=":material/model_training:")
        return
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        run = choose_among(runs.values(), "Go on with")
        _controls(run)
        st.caption(escape(f"Only {able} can: the others solve their problem at once, or have no λ to change midway."))
    with right:
        _show(run)


def _can_go_on(run: Run) -> bool:
    """A fork shares its first points only with what the same code has trained."""
    return (
        bool(run.recipe.adjustable)
        and run.branch is None
        and run.state == FINISHED
        and run.numerics_version == NUMERICS_VERSION
        and run.recipe.n_epochs > 1
    )


def _controls(run: Run) -> None:
    last = run.recipe.n_epochs
    if last > 2:  # else there is one epoch to part at, and a slider needs two
        st.slider("From epoch", 1, last - 1, max(1, last // 3), key=f"fork_epoch_{run.id}")
    known = parameters(run.recipe)
    field = st.segmented_control(
        "with another",
        list(run.recipe.adjustable),
        default=run.recipe.adjustable[0],
        required=True,
        format_func=lambda name: known[name].label,
        key=f"fork_field_{run.algorithm}",
    )
    now = getattr(run.recipe, field)
    stops = [stop for stop in slider_stops(known[field]) if stop != now]
    st.select_slider(
        f"instead of {now:g}",
        stops,
        value=min(stops, key=lambda stop: abs(stop - min(_MUCH * now, known[field].typical[1]))),
        format_func=lambda stop: f"{stop:g}",
        key=f"fork_value_{run.id}_{field}",
    )
    st.button("Go on from here", key="fork", type="primary", width="stretch", on_click=_start, args=(run.id,))
    seconds = store().epochs(run.id)[-1].seconds
    st.caption(
        f"Continues: a new run of about {duration(seconds)} in the background. It trains the same epochs again up to "
        "there, to the last bit, and then goes its own way."
    )


@error_boundary()
def _start(run_id: int) -> None:
    run, state = run_or_none(run_id), st.session_state
    if run is None:
        return
    field = state[f"fork_field_{run.algorithm}"]
    after = replace(run.recipe, **{field: state[f"fork_value_{run_id}_{field}"]})
    fork = Branch(run_id, int(state.get(f"fork_epoch_{run_id}", 1)), run.recipe)
    same = [
        other
        for other in _forks(run)
        if (other.recipe, other.branch) == (after, fork) and other.state in (*LIVE, *USABLE)
    ]
    if not same:
        store().queue.add_run(get_context().split, run.algorithm, after, run.seed, branch=fork)


def _forks(run: Run) -> list[Run]:
    """The forks of a run, the oldest first."""
    return [
        other for other in reversed(get_context().runs()) if other.branch is not None and other.branch.parent == run.id
    ]


def _show(run: Run) -> None:
    forks = _forks(run)
    if live := [fork.id for fork in forks if fork.is_live]:
        wait_for_runs(live)
    ended = [fork for fork in forks if not fork.is_live and store().epochs(fork.id)]
    st.subheader(escape(_headline(run, ended)), anchor=False)
    names = {run.id: f"{run.label}, as it was"} | {fork.id: _name(fork) for fork in ended[-5:]}
    records = {run_id: store().epochs(run_id) for run_id in names}
    partings = [fork.branch.epoch for fork in ended[-5:]]
    columns = st.columns(2)
    for column, field, title in (
        (columns[0], "validation", f"{METRIC} on validation ratings"),
        (columns[1], "objective", "Objective"),
    ):
        curves = {
            names[run_id]: [
                (point.number, getattr(point, field)) for point in points if getattr(point, field) is not None
            ]
            for run_id, points in records.items()
        }
        with column:
            st.markdown(f"**{title}**")
            chart = forked_curves(curves, partings=partings)
            last = ", ".join(f"{name} ends at {points[-1][1]:.4g}" for name, points in curves.items() if points)
            st.vega_lite_chart(chart, width="stretch", key=f"fork_{field}", alt=f"{title}: {last}.")
    if ended:
        shared = ended[-1].branch.epoch
        st.caption(
            f"Up to the grey line the curves are one: the first {shared} epochs agree to the last digit. "
            "The objective counts the λ in force, so another λ makes it jump."
        )


def _name(fork: Run) -> str:
    return f"#{fork.id}, {_change(fork)} from epoch {fork.branch.epoch} on"


def _change(fork: Run) -> str:
    known = parameters(fork.recipe)
    return ", ".join(
        f"{known[name].symbol} = {getattr(fork.recipe, name):g}"
        for name in fork.recipe.adjustable
        if getattr(fork.recipe, name) != getattr(fork.branch.recipe, name)
    )


def _headline(run: Run, ended: list[Run]) -> str:
    if not ended:
        return f"{run.label} as it went. What if it had gone on differently from some epoch?"
    fork = ended[-1]
    ours, theirs = (evaluation_of(each.fingerprint, each.id, "validation") for each in (fork, run))
    if ours is None or theirs is None:
        return f"With {_change(fork)} from epoch {fork.branch.epoch} on, it ended as {fork.state}."
    verdict = get_comparison([run, fork], "validation", margin=chosen_margin()).verdicts[1, 0]
    return (
        f"With {_change(fork)} from epoch {fork.branch.epoch} on, {METRIC} ends at "
        f"{ours.mean('ndcg', CUTOFF):.3f} instead of {theirs.mean('ndcg', CUTOFF):.3f}: "
        f"{format_interval(verdict.difference, sign=True)}, {verdict.marked}. "
        f"{what_matters(METRIC, verdict.band, chosen_margin())}"
    )
