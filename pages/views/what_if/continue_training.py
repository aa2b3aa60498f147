"""Continue training: repeat a finished run up to an epoch, then go on with another λ or learning rate."""

from dataclasses import replace

import streamlit as st

from pages.shared.context import get_context, run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import evaluation_of
from pages.shared.results.comparison import chosen_margin, get_comparison
from pages.shared.results.failed_runs import has_failed
from pages.shared.results.first_models import offer_first_models
from pages.shared.results.plain_words import describe_lists, draw_headline
from pages.shared.server import store
from pages.shared.shell.pinned_models import pin_when_trained
from pages.shared.text import duration, escape
from pages.shared.widgets.choose_run import choose_among
from pages.shared.widgets.parameter_widgets import get_slider_stops
from pages.shared.widgets.wait_for_runs import wait_for_runs
from pages.views.what_if.results import METRIC
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.sentences import what_matters
from recsys_core.data.nouns import write_number
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.figures.branches import branch_curves
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.parameters import parameters
from recsys_core.store.run import FINISHED, INTERRUPTED, LIVE, USABLE, Branch, Run

_FACTOR = 10  # the new value that an untouched page proposes, as a multiple of the run's own
_MAX_SHOWN = 5  # continued runs in the charts
_JUMPS = " The objective includes the current λ, so it jumps when λ changes."
_KEEPS_BEST = (
    " What continues is the training, not the kept model. Both runs keep their best epoch: if it lies before the "
    "change, both models are the same."
)


def draw_continued_training() -> None:
    """Draw the controls on the left, the curves of the run and of what continued it on the right."""
    runs = [run for run in get_context().runs_with("model") if can_continue(run)]
    able = ", ".join(recipe.label for recipe in ALGORITHMS.values() if recipe.adjustable)
    if not get_context().runs_with("model"):
        offer_first_models()
        return
    if not runs:
        st.subheader("No finished run on this data can be continued.", anchor=False)
        st.write(escape(f"Finished runs of {able} can be continued if this version of the program trained them."))
        st.page_link("pages/train.py", label="Train a model first", icon=":material/model_training:")
        return
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        run = choose_among(runs, "Run to continue")
        _draw_controls(run)
        why = "the others are solved in one step or have no setting to change midway"
        st.caption(escape(f"Only {able} can be continued: {why}."))
    with right:
        _draw_results(run)


def can_continue(run: Run) -> bool:
    """Return whether a run can be continued: it has several epochs, and this version of the numerics repeats them."""
    return (
        bool(run.recipe.adjustable)
        and run.branch is None
        and run.state == FINISHED
        and run.numerics_version == NUMERICS_VERSION
        and run.recipe.n_epochs > 1
    )


def _draw_controls(run: Run) -> None:
    last = run.recipe.n_epochs
    if last > 2:  # else there is one epoch to continue from, and a slider needs two
        st.slider("From epoch", 1, last - 1, max(1, last // 3), key=f"branch_epoch_{run.id}")
    known = parameters(run.recipe)
    field = st.segmented_control(
        "Setting to change",
        list(run.recipe.adjustable),
        default=run.recipe.adjustable[0],
        required=True,
        format_func=lambda name: known[name].label,
        key=f"branch_field_{run.algorithm}",
    )
    now = getattr(run.recipe, field)
    stops = [stop for stop in get_slider_stops(known[field]) if stop != now]
    st.select_slider(
        f"New value, instead of {now:g}",
        stops,
        value=min(stops, key=lambda stop: abs(stop - min(_FACTOR * now, known[field].typical[1]))),
        format_func=lambda stop: f"{stop:g}",
        key=f"branch_value_{run.id}_{field}",
    )
    label = "Continue training"
    st.button(label, key="continue_training", type="primary", width="stretch", on_click=_start, args=(run.id,))
    seconds = store().epochs(run.id)[-1].seconds
    st.caption(
        f"Trains a new run in the background, in about {duration(seconds)}. It repeats the original exactly up to that "
        "epoch, then uses the new value." + (_KEEPS_BEST if run.recipe.keeps_best_epoch else "")
    )


@error_boundary()
def _start(run_id: int) -> None:
    """Queue the continued run, in a callback, unless it exists already."""
    run, state = run_or_none(run_id), st.session_state
    if run is None:
        return
    field = state[f"branch_field_{run.algorithm}"]
    recipe = replace(run.recipe, **{field: state[f"branch_value_{run_id}_{field}"]})
    branch = Branch(run_id, int(state.get(f"branch_epoch_{run_id}", 1)), run.recipe)
    same = [
        other
        for other, its_branch in _continued_runs(run)
        if (other.recipe, its_branch) == (recipe, branch) and other.state in (*LIVE, *USABLE)
    ]
    if not same:
        pin_when_trained(store().queue.add_run(get_context().split, run.algorithm, recipe, run.seed, branch=branch))


def _continued_runs(run: Run) -> list[tuple[Run, Branch]]:
    """Return the runs that continue `run`, the oldest first, with where they branch off."""
    runs = reversed(get_context().runs())
    return [(other, other.branch) for other in runs if other.branch is not None and other.branch.parent == run.id]


def _draw_results(run: Run) -> None:
    continued = _continued_runs(run)
    with st.container():  # a place that is always there, see draw_app
        if live := [each.id for each, _ in continued if each.is_live]:
            wait_for_runs(live)
    ended = [(each, branch) for each, branch in continued if not each.is_live]
    ended = [(each, branch) for each, branch in ended if store().epochs(each.id) or has_failed(each)]
    draw_headline(_plain_headline(run, ended), _headline(run, ended))
    shown = ended[-_MAX_SHOWN:]
    names = {run.id: f"{run.label} (original)"} | {
        each.id: f"#{each.id} with {_describe_change(each, branch)}" for each, branch in shown
    }
    records = {run_id: store().epochs(run_id) for run_id in names}
    for column, field, title in zip(
        st.columns(2), ("validation", "objective"), (f"{METRIC} on the validation set", "Objective"), strict=True
    ):
        curves = {
            names[run_id]: [
                (point.number, getattr(point, field)) for point in points if getattr(point, field) is not None
            ]
            for run_id, points in records.items()
        }
        with column:
            st.markdown(f"**{title}**")
            chart = branch_curves(curves, branch_epochs=[branch.epoch for _, branch in shown])
            last = ", ".join(
                f"{name} ends at {write_number(points[-1][1], '.4g')}" for name, points in curves.items() if points
            )
            st.vega_lite_chart(chart, width="stretch", key=f"branch_{field}", alt=f"{title}: {last}.")
    if ended:
        shared = ended[-1][1].epoch
        first = "first epoch is" if shared == 1 else f"first {shared} epochs are"
        changes_penalty = any(
            each.recipe.settings().get("regularization") != branch.recipe.settings().get("regularization")
            for each, branch in shown
        )
        st.caption(
            f"Before the grey line the curves coincide: the {first} identical to the last digit."
            # What training does not lower is a measure of lists, without a penalty.
            + (_JUMPS if changes_penalty and run.recipe.objective_falls else "")
        )


def _describe_change(run: Run, branch: Branch) -> str:
    """Return what a continued run does differently: 'λ = 5 from epoch 3 on'."""
    known = parameters(run.recipe)
    changes = ", ".join(
        f"{known[name].symbol} = {getattr(run.recipe, name):g}"
        for name in run.recipe.adjustable
        if getattr(run.recipe, name) != getattr(branch.recipe, name)
    )
    return f"{changes} from epoch {branch.epoch} on"


def _plain_headline(run: Run, ended: list[tuple[Run, Branch]]) -> str:
    """Return the headline in plain words, where the last continued run has a result."""
    if not ended:
        return f"What if {run.short_label} had continued with another setting?"
    last = ended[-1][0]
    after, before = (evaluation_of(each.fingerprint, each.id, "validation") for each in (last, run))
    if after is None or before is None:
        return f"Continued with another setting, {last.short_label} has no result."
    described = describe_lists(last.short_label, before, after, run.short_label)
    return described and f"Continued with another setting, {described}"


def _headline(run: Run, ended: list[tuple[Run, Branch]]) -> str:
    """Say what the last continued run gained or lost; ask the question if there is none."""
    if not ended:
        return f"What if {run.label} had continued with another setting?"
    last, branch = ended[-1]
    after, before = (evaluation_of(each.fingerprint, each.id, "validation") for each in (last, run))
    if after is None or before is None:
        how = "was interrupted" if last.state == INTERRUPTED else last.state
        return f"With {_describe_change(last, branch)}, the run {how}. {last.message}".strip()
    verdict = get_comparison([run, last], "validation", margin=chosen_margin()).verdicts[1, 0]
    verb = "of the best epoch is" if run.recipe.keeps_best_epoch else "ends at"
    return (
        f"With {_describe_change(last, branch)}, {METRIC} {verb} "
        f"{after.mean('ndcg', CUTOFF):.3f} instead of {before.mean('ndcg', CUTOFF):.3f}: "
        f"{format_interval(verdict.difference, sign=True)}, {verdict.marked}. "
        f"{what_matters(METRIC, verdict.band, chosen_margin())}"
    )
