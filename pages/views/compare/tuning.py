"""How much each model was tuned, and one button that gives all the same budget."""

from collections.abc import Sequence
from importlib.util import find_spec

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import evaluation_of
from pages.shared.server import store
from pages.shared.shell.pinned_models import MAX_PINNED, pin_runs
from pages.shared.text import duration, escape
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.tuning import budget_sentence
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.runner.memory import N_WORKERS
from recsys_core.store.run import Run
from recsys_core.sweeps.equal_budget import EqualBudget, find_best_settings, plan_equal_budget
from recsys_core.sweeps.plan import Sweep, is_restorable, restore_sweep
from recsys_core.sweeps.progress import Progress, estimate_seconds, match_runs
from recsys_core.sweeps.search import queue_sweep

_N_SETTINGS = 20
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
        rows.append((escape(label), tried, escape(ranges or "–"), str(record.n_seeds or "–")))
    st.table(pd.DataFrame(rows, columns=["model", "settings tried", "over which values", "seeds"]).set_index("model"))


# The budget


def _draw_budget(runs: Sequence[Run]) -> None:
    """Draw how many settings each algorithm gets, what that costs, and the button that queues what is missing."""
    left, middle, right = st.columns([1, 1.4, 1.6], vertical_alignment="bottom")
    left.number_input("Settings of each algorithm", 2, 200, _N_SETTINGS, key="budget_settings", persist_state="session")
    with middle:
        if find_spec("optuna"):
            st.segmented_control(
                "Method",
                list(_METHODS),
                default="random",
                required=True,
                format_func=lambda method: _METHODS[method],
                key="budget_method",
                persist_state="session",
            )
    budget = _plan_budget(runs)
    right.button(
        "Give all the same budget",
        key="give_budget",
        on_click=_give_budget,
        args=(runs,),
        disabled=not budget.n_new,
        width="stretch",
        help="Tries further settings of every pinned algorithm in the background. Settings tried before count.",
    )
    st.caption(escape(_describe_cost(budget)))


def _plan_budget(runs: Sequence[Run], *, is_search: bool = False) -> EqualBudget:
    n_settings = int(st.session_state["budget_settings"])
    return plan_equal_budget(store(), get_context().split, runs, n_settings, is_search=is_search)


def _describe_cost(budget: EqualBudget) -> str:
    if not budget.n_new:
        return f"Every pinned algorithm has {budget.n_settings} settings or has none to choose."
    tasks = Sweep(budget.plans).tasks()
    seconds = estimate_seconds(tasks, get_context().runs(), N_WORKERS)
    time = "the duration is unknown" if seconds is None else f"about {duration(seconds)}"
    return (
        f"Each algorithm will have {budget.n_settings} settings: {budget.n_new} are new, {time} in the background. "
        "Choices such as the kind of penalty stay as pinned."
    )


@error_boundary()
def _give_budget(runs: Sequence[Run]) -> None:
    split = get_context().split
    budget = _plan_budget(runs, is_search=st.session_state.get("budget_method") == "search")
    if budget.plans:
        queue_sweep(store(), split, store().add_sweep(split.fingerprint, Sweep(budget.plans).description()))


# Progress


def _active_sweeps() -> list[Progress]:
    """Return the progress of every sweep on this split that is being trained."""
    fingerprint, runs = get_context().split.fingerprint, get_context().runs()
    progress = (
        match_runs(restore_sweep(row["description"]), runs, fingerprint, row["numerics_version"])
        for row in store().sweeps(fingerprint)
        if is_restorable(row["description"])
    )
    return [each for each in progress if each.is_active]


@st.fragment(run_every=1.0)
@error_boundary()
def _wait_for_sweeps() -> None:
    """Show how far the sweeps are, and redraw the page when they have ended."""
    active = _active_sweeps()
    if not active:
        st.rerun()
    n_done, n_runs = sum(len(each.done) for each in active), sum(each.n_runs for each in active)
    st.progress(n_done / n_runs, f"{n_done} of {n_runs} runs of the sweeps are done. What-if shows their results.")


# The best


def _draw_best(runs: Sequence[Run]) -> None:
    """Offer to pin the best setting of each algorithm, where another than the pinned one is best on validation."""
    best = _find_best()
    better = [best[key] for key in dict.fromkeys(run.algorithm for run in runs) if key in best]
    pinned = {(run.algorithm, run.recipe) for run in runs}
    if new := [run for run in better if (run.algorithm, run.recipe) not in pinned]:
        names = ", ".join(run.label for run in new)
        left, right = st.columns([3, 1.6], vertical_alignment="center")
        left.caption(escape(f"Better on validation (NDCG@{CUTOFF}) than what is pinned: {names}."))
        right.button("Pin the best of each", key="pin_best", on_click=_pin_best, args=(runs,), width="stretch")


def _find_best() -> dict[str, Run]:
    with_model = {run.id for run in get_context().runs_with("model")}
    runs = [run for run in get_context().runs_with("validation") if run.id in with_model]
    return find_best_settings(runs, lambda run: _score(run.fingerprint, run.id))


@st.cache_data(max_entries=5_000, show_spinner=False)
def _score(fingerprint: str, run_id: int) -> float:
    evaluation = evaluation_of(fingerprint, run_id, "validation")
    assert evaluation is not None, "only scored runs are ranked"
    return evaluation.mean("ndcg", CUTOFF)


@error_boundary()
def _pin_best(runs: Sequence[Run]) -> None:
    """Pin the best setting of each algorithm instead of its pinned runs; what cannot be trained stays."""
    best = _find_best()
    chosen = dict.fromkeys(best.get(run.algorithm, run).id for run in runs)
    pin_runs(list(chosen)[:MAX_PINNED], get_context().split.fingerprint)
