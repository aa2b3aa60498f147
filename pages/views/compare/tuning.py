"""How much each model was tuned, and one button that gives all the same budget."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import evaluation_of
from pages.shared.server import store
from pages.shared.shell.pin_list import MAX_PINNED
from pages.shared.shell.pinned_models import pin_runs
from pages.shared.text import duration, escape
from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.tuning import MOST_SETTINGS, budget_sentence
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.runner.memory import N_WORKERS
from recsys_core.store.history import validation_scores
from recsys_core.store.run import Run
from recsys_core.sweeps.equal_budget import (
    EqualBudget,
    find_better_settings,
    lacking_minutes,
    plan_equal_budget,
    plan_equal_minutes,
    settings_alike,
)
from recsys_core.sweeps.plan import Sweep, is_restorable, restore_sweep
from recsys_core.sweeps.progress import Progress, estimate_seconds, match_runs
from recsys_core.sweeps.search import queue_sweep, seconds_tried

_N_SETTINGS, _N_MINUTES = 20, 3
_SETTINGS, _MINUTES = "settings", "minutes"
_METHODS = {"random": "Random", "search": "Search (Optuna's TPE)"}


def draw_tuning(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Say how much each model was tuned and, on a split with a validation set, offer to tune all alike."""
    if not comparison.tuning:  # without validation nothing was chosen
        return
    box = st.expander("How much each model was tuned", icon=":material/tune:", key="tuning", on_change="rerun")
    if not box.open:  # to plan a budget and to rank all settings takes time that only those who ask should wait
        return
    with box:
        st.markdown(f"**{escape(budget_sentence(comparison.tuning))}**")
        _draw_records(comparison)
        _draw_settings_alike(runs)
        if get_context().split.validation.relevant.n_interactions == 0:
            return
        if _active_sweeps():
            _wait_for_sweeps()
            return
        _draw_budget(runs)
        _draw_best(runs)


def _draw_records(comparison: Comparison) -> None:
    rows = []
    for label, record in zip(comparison.labels, comparison.tuning, strict=True):
        ranges = ", ".join(f"{name} {values}" for name, values in record.ranges)
        tried = ":orange-badge[untuned] 1" if record.is_untuned else escape(record.count)
        time = duration(record.seconds) if record.is_known and record.can_be_tuned else "–"
        rows.append((escape(label), tried, escape(ranges or "–"), time, str(record.n_seeds or "–")))
    columns = ["model", "settings tried", "over which values", "time spent", "seeds"]
    st.table(
        pd.DataFrame(rows, columns=columns).set_index("model"),
        alt="How many settings of each model were tried, and over which values.",
    )


def _draw_settings_alike(runs: Sequence[Run]) -> None:
    """Say where settings of a pinned algorithm made no difference, so that it had less of a chance than it seems."""
    fingerprint, pinned = get_context().split.selection_fingerprint, {run.algorithm for run in runs}
    tried = [run for run in store().tried_runs(fingerprint) if run.algorithm in pinned]
    if alike := settings_alike(tried, validation_scores(store(), fingerprint)):
        st.caption(escape(alike))


# The budget


def _draw_budget(runs: Sequence[Run]) -> None:
    """Draw how many settings or minutes each algorithm gets, what that costs, and the button that queues the rest."""
    first, second, third, last = st.columns([1.1, 1, 1.5, 1.6], vertical_alignment="bottom")
    with first:
        unit = _choose("Budget", {_SETTINGS: "Settings", _MINUTES: "Minutes"}, key="budget_unit")
    if unit == _MINUTES:
        second.number_input("Minutes each", 1, 120, _N_MINUTES, key="budget_minutes", persist_state="session")
    else:
        second.number_input(
            "Settings each", 2, MOST_SETTINGS, _N_SETTINGS, key="budget_settings", persist_state="session"
        )
    with third:
        if find_spec("optuna"):
            _choose("Method", _METHODS, key="budget_method")
    is_complete, description = _describe_minutes(runs) if unit == _MINUTES else _describe_settings(runs)
    last.button(
        "Give all the same budget",
        key="give_budget",
        on_click=_give_budget,
        args=(runs,),
        disabled=is_complete,
        width="stretch",
        help="Tries further settings of every pinned algorithm in the background. Settings tried before count, also "
        "those of runs that were archived or deleted.",
    )
    st.caption(escape(description))


def _choose(label: str, options: Mapping[str, str], *, key: str) -> str:
    return st.segmented_control(
        label,
        list(options),
        default=next(iter(options)),
        required=True,
        format_func=lambda option: options[option],
        key=key,
        persist_state="session",
    )


def _plan_settings(runs: Sequence[Run], *, is_search: bool = False) -> EqualBudget:
    n_settings = int(st.session_state["budget_settings"])
    return plan_equal_budget(store(), get_context().split, runs, n_settings, is_search=is_search)


def _describe_settings(runs: Sequence[Run]) -> tuple[bool, str]:
    """Return whether nothing is left to try, and what the budget of settings means and costs."""
    budget = _plan_settings(runs)
    if not budget.n_new:
        return True, f"Every pinned algorithm has {budget.n_settings} settings or has none to choose."
    tasks = Sweep(budget.plans).tasks()
    seconds = estimate_seconds(tasks, get_context().runs(), N_WORKERS)
    time = "the duration is unknown" if seconds is None else f"about {duration(seconds)}"
    return False, (
        f"Each algorithm will have {budget.n_settings} settings: {budget.n_new} are new, {time} in the background. "
        "Choices such as the kind of penalty stay as pinned."
    )


def _describe_minutes(runs: Sequence[Run]) -> tuple[bool, str]:
    """Return whether nothing is left to try, and what the budget of minutes means and costs."""
    budget = lacking_minutes(store(), get_context().split, runs, int(st.session_state["budget_minutes"]))
    minutes = f"{budget.minutes} {'minute' if budget.minutes == 1 else 'minutes'}"
    if not budget.seconds:
        return True, f"Every pinned algorithm has had {minutes} of search, or has nothing left to try."
    total = sum(budget.seconds.values())
    return False, (
        f"Each algorithm will have {minutes} of search, what was trained before included: about "
        f"{duration(total / min(N_WORKERS, len(budget.seconds)))} in the background. A search starts no setting once "
        f"its minutes are over, and ends with {MOST_SETTINGS} settings. Choices such as the kind of penalty stay as "
        "pinned."
    )


@error_boundary()
def _give_budget(runs: Sequence[Run]) -> None:
    split, is_search = get_context().split, st.session_state.get("budget_method") == "search"
    if st.session_state["budget_unit"] == _MINUTES:
        minutes = int(st.session_state["budget_minutes"])
        plans = plan_equal_minutes(store(), split, runs, minutes, is_search=is_search).plans
    else:
        plans = _plan_settings(runs, is_search=is_search).plans
    if plans:
        queue_sweep(store(), split, store().add_sweep(split.fingerprint, Sweep(plans).description()))


# Progress


def _active_sweeps() -> list[tuple[Sweep, Progress]]:
    """Return every sweep on this split that is being trained, with its progress."""
    fingerprint, runs = get_context().split.fingerprint, get_context().runs()
    sweeps = (
        (restore_sweep(row["description"]), row["numerics_version"])
        for row in store().sweeps(fingerprint)
        if is_restorable(row["description"])
    )
    progress = ((sweep, match_runs(sweep, runs, fingerprint, version)) for sweep, version in sweeps)
    return [(sweep, each) for sweep, each in progress if each.is_active]


@st.fragment(run_every=1.0)
@error_boundary()
def _wait_for_sweeps() -> None:
    """Show how far the sweeps are, and redraw the page when they have ended."""
    active = _active_sweeps()
    if not active:
        st.rerun()
    n_done, n_runs = sum(len(each.done) for _, each in active), sum(each.n_runs for _, each in active)
    seconds = {
        plan.algorithm: plan.search.seconds
        for sweep, _ in active
        for plan in sweep.plans
        if plan.search is not None and plan.search.seconds is not None
    }
    if not seconds:
        st.progress(n_done / n_runs, f"{n_done} of {n_runs} runs of the sweeps are done. What-if shows their results.")
        return
    tried = seconds_tried(store(), get_context().split.fingerprint)
    spent = {key: min(tried.get(key, 0.0), most) for key, most in seconds.items()}
    minutes = ", ".join(
        f"{ALGORITHMS[key].label} {spent[key] / 60:.1f} of {most / 60:.0f}" for key, most in seconds.items()
    )
    text = f"Minutes of search: {minutes}. {n_done} settings are done. What-if shows their results."
    st.progress(sum(spent.values()) / sum(seconds.values()), escape(text))


# The best


def _draw_best(runs: Sequence[Run]) -> None:
    """Offer to pin the best setting of each algorithm, where another than the pinned one is best on validation."""
    if better := _find_better(runs):
        names = ", ".join(run.label for run in better.values())
        left, right = st.columns([3, 1.6], vertical_alignment="center")
        left.caption(escape(f"Better on validation (NDCG@{CUTOFF}) than what is pinned: {names}."))
        right.button("Pin the best of each", key="pin_best", on_click=_pin_best, args=(runs,), width="stretch")


def _find_better(pinned: Sequence[Run]) -> dict[str, Run]:
    with_model = {run.id for run in get_context().runs_with("model")}
    runs = [run for run in get_context().runs_with("validation") if run.id in with_model]
    return find_better_settings(runs, pinned, lambda run: _score(run.fingerprint, run.id))


@st.cache_data(max_entries=5_000, show_spinner=False)
def _score(fingerprint: str, run_id: int) -> float:
    evaluation = evaluation_of(fingerprint, run_id, "validation")
    assert evaluation is not None, "only scored runs are ranked"
    return evaluation.mean("ndcg", CUTOFF)


@error_boundary()
def _pin_best(runs: Sequence[Run]) -> None:
    """Pin the best setting of each algorithm instead of its pinned runs, where it is better than these."""
    better = _find_better(runs)
    chosen = dict.fromkeys(better.get(run.algorithm, run).id for run in runs)
    pin_runs(list(chosen)[:MAX_PINNED], get_context().split.fingerprint)
