"""Try many settings: plan a sweep, and show one as its results come in."""

import streamlit as st

from pages.shared.cluster import draw_trouble, n_at_once
from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.results.plain_words import draw_headline, plain_headline, wants_plain_words
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.shared.widgets.remembered_select import remembered_select
from pages.views.what_if.guess import draw_guess, draw_guess_form, is_hidden
from pages.views.what_if.plan import SWEEP_KEY, draw_plan
from pages.views.what_if.results import SweepResults, draw_results, headline, score_sweep
from pages.views.what_if.use_setting import draw_use_of_setting, find_better_known_run, name_better_known_run
from recsys_core.data.nouns import join_words
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.store.run import DIVERGED, FAILED, FINISHED
from recsys_core.store.store import SweepRow
from recsys_core.sweeps.plan import Sweep, is_restorable, restore_sweep
from recsys_core.sweeps.progress import Progress, deadline_after, estimate_seconds_left, match_runs, stop_sweep
from recsys_core.sweeps.search import queue_sweep

_REFRESH_SECONDS = 1.0


def draw_sweep() -> None:
    """Draw the controls on the left and the results of the chosen sweep on the right."""
    if get_context().split.validation.relevant.n_interactions == 0:
        st.subheader("Settings are compared on the validation set, and this split has none.", anchor=False)
        st.write(f"{how_to_hold_out('validation')} The test stays sealed for the final comparison.")
        return
    left, right = st.columns([1.25, 2.6], gap="medium")
    with left:
        draw_plan()
    with right:
        row = _choose_sweep()
        if row is None:
            draw_trouble()
            st.subheader(_before_any_sweep(len(get_context().runs_with("model"))), anchor=False)
            st.write(
                "Choose what to vary and press **Start sweep**. Each setting is trained in the background, and its "
                "result appears here when it is done. Settings trained before are not trained again."
            )
        else:
            is_on = _match_progress(row).is_active
            st.fragment(_draw, run_every=_REFRESH_SECONDS if is_on else None)(row["id"], is_on)


def _before_any_sweep(count: int) -> str:
    models = "1 model has" if count == 1 else f"{count} models have"
    return f"{models} been trained on this data. How would other settings do?"


def _choose_sweep() -> SweepRow | None:
    """Draw the list of sweeps and return the chosen one, at first the newest; None if there is none."""
    rows = {
        row["id"]: row for row in store().sweeps(get_context().split.fingerprint) if is_restorable(row["description"])
    }
    if not rows:
        return None
    chosen = remembered_select(
        "Sweep shown",
        list(rows),
        key=SWEEP_KEY,
        format_func=lambda each: _describe_sweep(each, restore_sweep(rows[each]["description"])),
        label_visibility="collapsed",
    )
    return rows[chosen]


def _describe_sweep(number: int, sweep: Sweep) -> str:
    names = dict.fromkeys(parameter.label for plan in sweep.plans for parameter in plan.varied)
    varied = " and ".join(names) if len(names) <= 2 else f"{len(names)} hyperparameters"
    labels = join_words([plan.base.label for plan in sweep.plans])
    return f"Sweep {number}: {varied} of {labels}, {sweep.n_runs:,} {'run' if sweep.n_runs == 1 else 'runs'}"


def _match_progress(row: SweepRow) -> Progress:
    sweep = restore_sweep(row["description"])
    return match_runs(sweep, get_context().runs(), get_context().split.fingerprint, row["numerics_version"])


def _load_row(number: int) -> SweepRow:
    """Return the sweep as it is stored now: one that searches grows."""
    return next(row for row in store().sweeps(get_context().split.fingerprint) if row["id"] == number)


@error_boundary()
def _draw(number: int, was_on: bool) -> None:
    row = _load_row(number)
    sweep, progress = restore_sweep(row["description"]), _match_progress(row)
    if was_on != progress.is_active:
        st.rerun()
    results = score_sweep(sweep, progress)
    if is_hidden(number):
        _draw_status(row, progress)
        draw_guess_form(number, sweep, results, is_over=not progress.is_active)
        return
    leader = None if progress.is_active else find_better_known_run(results, progress)
    described = _plain_headline(results, progress)
    if leader and described:
        described += f" Outside this sweep, {leader.run.short_label} {leader.what_it_does}."
    known = name_better_known_run(leader) if leader else ""
    with st.container():  # of one or two lines: the buttons below stay where they are, see draw_app
        draw_headline(described, f"{headline(results, progress)} {known}".strip())
    _draw_status(row, progress)
    draw_guess(number, results)
    if results is not None:
        draw_use_of_setting(number, sweep, results, progress)
        draw_results(sweep, results)


def _plain_headline(results: SweepResults | None, progress: Progress) -> str:
    """Return what the lists of the best setting so far are worth; "" where metrics are asked for or nothing is done."""
    if results is None or not wants_plain_words():
        return ""
    best = results.settings[results.ranking.best].recipe
    run = next(run for task, run in progress.runs.items() if task.recipe == best and run and run.state == FINISHED)
    described = plain_headline(run)
    return described and f"The best setting so far is that of {described}"


def _draw_status(row: SweepRow, progress: Progress) -> None:
    """Say how far the sweep is, and draw the button that stops or resumes it."""
    above = st.container()
    with above:
        draw_trouble()
    words = [f"{len(progress.done):,} of {progress.n_runs:,} runs done"]
    for state in (DIVERGED, FAILED):
        if count := sum(run.state == state for run in progress.done):
            words.append(f"{count} {state}")
    if whys := dict.fromkeys(run.message for run in progress.done if run.state == FAILED):
        above.error(escape(" ".join(whys)))
    if progress.is_active:
        seconds = estimate_seconds_left(progress, [*get_context().runs(), *progress.done], n_at_once())
        words.append("time left unknown" if seconds is None else f"about {duration(seconds)} left")
    elif why := {run.message for run in progress.interrupted if run.message}:
        words.append("the others were interrupted. " + " ".join(sorted(why)))
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.caption(escape(" · ".join(words)))
    if progress.is_active:
        right.button(
            "Stop",
            key="stop_sweep",
            on_click=_stop,
            args=(row["id"],),
            help="Finished runs are kept. The rest can be resumed later.",
        )
    elif progress.n_missing and row["numerics_version"] == NUMERICS_VERSION:
        right.button(
            "Resume", key="resume_sweep", on_click=_resume, args=(row["id"],), help="Queues the remaining runs."
        )
    elif progress.n_missing:
        left.caption(
            "An earlier version of this program started this sweep. Press **Start sweep** to run it with this version."
        )


@error_boundary()
def _stop(number: int) -> None:
    stop_sweep(store(), _match_progress(_load_row(number)).live)


@error_boundary()
def _resume(number: int) -> None:
    minutes = float(st.session_state.get("sweep_minutes", 10.0))
    queue_sweep(store(), get_context().split, number, deadline=deadline_after(minutes))
