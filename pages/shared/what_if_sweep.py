"""Many settings tried: the sweeps of this data, and the one shown as its results stream in."""

import streamlit as st

from pages.shared.edge import edge
from pages.shared.session import current, store
from pages.shared.text import as_text, duration
from pages.shared.what_if_guess import covered, reveal_or_guess, show_guess
from pages.shared.what_if_plan import SWEEP_KEY, plan_controls
from pages.shared.what_if_results import headline, show_results, tried
from recsys_core.errors import InputError
from recsys_core.runner.workers import N_WORKERS
from recsys_core.store.run import DIVERGED, FAILED, code_version
from recsys_core.sweeps.plan import Sweep, restore_sweep
from recsys_core.sweeps.progress import Progress, deadline_in, progress, queue_missing, seconds_expected, stop

_REFRESH_SECONDS = 1.0


def sweep() -> None:
    """Controls on the left, what came of the chosen sweep on the right."""
    if current().split.validation.n_interactions == 0:
        st.subheader("Settings are chosen on validation ratings, and none are held out.", anchor=False)
        st.write("Raise the validation share in the sidebar. The test ratings stay sealed for the final comparison.")
        return
    left, right = st.columns([1.25, 2.6], gap="medium")
    with left:
        plan_controls()
    with right:
        row = _choose_sweep()
        if row is None:
            st.subheader(_before_any_sweep(len(current().runs())), anchor=False)
            st.write(
                "Choose what to change and press **Try them**: every setting is trained in the background and its "
                "result appears here as soon as it is there. What was trained before is not trained again."
            )
        else:
            _show(row["id"], restore_sweep(row["description"]), row["code_version"])


def _before_any_sweep(count: int) -> str:
    models = "1 model has" if count == 1 else f"{count} models have"
    return f"{models} been trained on this data: what would other settings have done?"


def _choose_sweep() -> dict | None:
    """The sweep chosen in the list; the newest where none is."""
    rows = {row["id"]: row for row in store().sweeps(current().split.fingerprint) if _is_readable(row)}
    if not rows:
        return None
    if st.session_state.get(SWEEP_KEY) not in rows:
        st.session_state[SWEEP_KEY] = next(iter(rows))
    chosen = st.selectbox(
        "Sweep shown",
        list(rows),
        format_func=lambda each: _name(each, restore_sweep(rows[each]["description"])),
        key=SWEEP_KEY,
        bind="query-params",
        label_visibility="collapsed",
    )
    return rows[chosen]


def _is_readable(row: dict) -> bool:
    """Not so where this code no longer has an algorithm or a field that the sweep names."""
    try:
        restore_sweep(row["description"])
    except (KeyError, TypeError, InputError):
        return False
    return True


def _name(number: int, sweep: Sweep) -> str:
    plan = sweep.plans[0]
    varied = " and ".join(parameter.label for parameter in plan.varied)
    labels = " and ".join(plan.base.label for plan in sweep.plans)
    return f"Sweep {number}: {varied} of {labels}, {len(sweep.tasks())} runs"


def _show(number: int, sweep: Sweep, version: str) -> None:
    is_live = bool(_progress(sweep, version).live)
    st.fragment(_draw, run_every=_REFRESH_SECONDS if is_live else None)(number, sweep, version, is_live)


def _progress(sweep: Sweep, version: str) -> Progress:
    return progress(sweep, current().runs(), current().split.fingerprint, version)


@edge()
def _draw(number: int, sweep: Sweep, version: str, was_live: bool) -> None:
    found = _progress(sweep, version)
    if was_live != bool(found.live):
        st.rerun()
    results = tried(sweep, found)
    if covered(number):
        _status(number, sweep, found, version)
        reveal_or_guess(number, sweep, results, is_over=not found.live)
        return
    st.subheader(as_text(headline(results, found)), anchor=False)
    _status(number, sweep, found, version)
    show_guess(number, results)
    if results.settings:
        show_results(sweep, results)


def _status(number: int, sweep: Sweep, found: Progress, version: str) -> None:
    """How far it is, and the button that stops it or goes on with it."""
    done = len(found.done)
    words = [f"{done} of {len(found.runs)} runs done"]
    for state in (DIVERGED, FAILED):
        if count := sum(run.state == state for run in found.done):
            words.append(f"{count} {state}")
    waiting = [task for task, run in found.runs.items() if run is not None and run.is_live]
    if waiting:
        seconds = seconds_expected(waiting, [*current().runs(), *found.done], N_WORKERS)
        words.append("how long is unknown yet" if seconds is None else f"about {duration(seconds)} left")
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.caption(as_text(" · ".join(words)))
    if found.live:
        right.button(
            "Stop",
            key="stop_sweep",
            on_click=lambda: stop(store(), _progress(sweep, version).live),
            help="What is done is kept; the rest can be gone on with later.",
        )
    elif found.missing and version == code_version():
        right.button("Go on", key="resume_sweep", on_click=_resume, args=(sweep,), help="Queues the unfinished runs.")
    elif found.missing:
        left.caption("It was begun by an earlier version of this program: press **Try them** to begin it anew.")


@edge()
def _resume(sweep: Sweep) -> None:
    minutes = float(st.session_state.get("sweep_minutes", 10.0))
    queue_missing(store(), current().split, sweep, deadline=deadline_in(minutes))
