"""Train the first models of new data without being asked, say how far they are, and offer what was not started."""

from collections.abc import Sequence
from threading import Lock

import streamlit as st

from pages.shared.browser_memory import recall_from_browser
from pages.shared.context import DATA_KEY, RUN_KEY, SPLIT_KEYS, get_context, run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.links.refuse_link import WAITING_KEY
from pages.shared.results.comparison import chosen_margin, get_comparison
from pages.shared.results.plain_words import put_in_plain_words
from pages.shared.server import starts_first_models, store
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import duration, escape
from pages.shared.widgets.hold_values import hold_values
from recsys_core.runner.first_models import FirstModel, plan_first_models, queue_first_models
from recsys_core.runner.memory import N_WORKERS
from recsys_core.store.run import DIVERGED, FAILED, QUEUED, Run

SWITCH_KEY, TRAIN_FIRST_KEY, WITHHELD_KEY = "first_models_switch", "train_first_models", "train_withheld"
_REQUEST = "first_models_request"  # the data set to start them on, and whether the page then moves on
_TOLD_ON = "first_models_told"  # the page on which this session sees what came out
_FIRST = "first_models"  # the split that this session opened new data with, and the runs started on it
_REFRESH_SECONDS, _SIDEBAR_SECONDS = 1.0, 2.0  # every refresh costs the server a run of its own, in each session
_starting = Lock()  # two sessions that load the same file at the same time start them once


def is_switched_on() -> bool:
    """Return whether new data get their first models by themselves: as chosen here, else in this browser before."""
    kept = recall_from_browser(SWITCH_KEY)
    return st.session_state.get(SWITCH_KEY, kept == "on" if kept else starts_first_models())


def draw_first_models_switch() -> None:
    """Draw the switch beside everything that loads data."""
    st.toggle(
        "Train four models on new data at once",
        is_switched_on(),
        key=SWITCH_KEY,
        persist_state="session",
        help="ALS, SVD, BPR and LambdaRank at their defaults, in the background, so that every page has something to "
        "show. What would take longer than half a minute is offered instead. This browser remembers your choice.",
    )


def request_first_models(fingerprint: str, *, moves_on: bool) -> None:
    """In a callback: start the first models of this data set once it is shown; `moves_on` to Train then.

    Where a link waits for the data, its own runs are what is wanted.
    """
    if is_switched_on() and WAITING_KEY not in st.session_state:
        st.session_state[_REQUEST] = fingerprint, moves_on


def start_requested_models() -> None:
    """Start the first models that were requested for the data shown, where that is quick, and go to see them learn."""
    fingerprint, moves_on = st.session_state.pop(_REQUEST, ("", False))
    if fingerprint != get_context().dataset.fingerprint:
        return
    is_waiting = _start(lambda model: model.is_quick)
    if moves_on and is_waiting:
        hold_values(DATA_KEY, RUN_KEY, *SPLIT_KEYS)
        st.switch_page("pages/train.py", query_params={})


def _start(wanted) -> bool:
    """Queue the missing first models that are `wanted`; return whether there is something to see on Train now."""
    split = get_context().split
    with _starting:
        planned = plan_first_models(store(), split)
        started = queue_first_models(store(), split, filter(wanted, planned))
    before = _first_models()
    st.session_state.pop(_TOLD_ON, None)
    st.session_state[_FIRST] = split.fingerprint, [*(before or []), *started]
    if started:
        st.session_state[RUN_KEY] = started[0]
    return bool(started) or not planned


@error_boundary()
def _start_all() -> None:
    _start(lambda model: True)


def draw_training_bar(page_name: str) -> None:
    """Say what is being trained on the data shown; after the first models of new data also what came out.

    That stands above the page for whoever has just loaded the data, and in the sidebar otherwise. What came out is
    told until another page is opened.
    """
    live = [run.id for run in get_context().runs() if run.is_live and not run.in_background]
    first, side = _first_models(), st.sidebar.container()  # a place that is always there, see draw_app
    if first is not None and not set(first) & set(live):
        told_on = st.session_state.setdefault(_TOLD_ON, page_name)
        if live or page_name != told_on or page_name == "compare":
            del st.session_state[_FIRST], st.session_state[_TOLD_ON]
            first = None
    if first is None:
        with side:
            if live:
                _draw_bar(live, live, _SIDEBAR_SECONDS)
        return
    withheld = plan_first_models(store(), get_context().split)
    if first or withheld:
        with st.container(border=True, key="training_bar", gap="small"):
            if live:
                _draw_bar([*first, *live], live, _REFRESH_SECONDS)
            elif first:
                _draw_outcome(first)
            _offer_withheld(withheld)


def _draw_bar(run_ids: Sequence[int], live: Sequence[int], seconds: float) -> None:
    st.fragment(_draw_progress, run_every=seconds)(sorted(set(run_ids)), len(live))


def _first_models() -> list[int] | None:
    """Return the runs that were started on these data as their first; None where this session did not load them."""
    split, run_ids = st.session_state.get(_FIRST, ("", []))
    return run_ids if split == get_context().split.fingerprint else None


@error_boundary()
def _draw_progress(batch: Sequence[int], n_live: int) -> None:
    runs = [run for run in map(run_or_none, batch) if run is not None]
    live = [run for run in runs if run.is_live]
    if len(live) != n_live:
        st.rerun()
    reached = {run.id: _last_epoch(run) for run in live}
    done = [_share_done(run, reached[run.id]) if run.is_live else 1.0 for run in runs]
    count = "1 model" if len(runs) == 1 else f"{len(runs)} models"
    ready = f", {len(runs) - len(live)} ready" if len(live) < len(runs) else ""
    parts = [escape(f"{run.short_label} {_describe_progress(run, reached[run.id])}") for run in live]
    st.progress(sum(done) / len(done), f"**Training {count}{ready}:** {' · '.join(parts)}")


def _share_done(run: Run, reached: int) -> float:
    return min(1.0, reached / max(1, run.recipe.last_epoch(get_context().split.train)))


def _describe_progress(run: Run, reached: int) -> str:
    if run.state == QUEUED:
        return "queued"
    return f"epoch {reached} of {run.recipe.last_epoch(get_context().split.train)}"


def _last_epoch(run: Run) -> int:
    last = store().last_epoch(run.id)
    return last.number if last else 0


def _draw_outcome(batch: Sequence[int]) -> None:
    """Say what came of the first models, in the words of Compare, and where to look at them."""
    runs = [run for run in map(run_or_none, batch) if run is not None]
    failed = [run for run in runs if run.state in (FAILED, DIVERGED)]
    subset = get_context().open_subset
    scored = {run.id for run in get_context().runs_with(subset)}
    compared = [run for run in pinned_runs() if run.id in scored]
    if len(compared) > 1:
        comparison = get_comparison(compared, subset, margin=chosen_margin())
        st.markdown(f"**The first models are trained.** {escape(put_in_plain_words(comparison, compared).text)}")
        st.caption(escape(comparison.headline))
    elif len(failed) < len(runs):
        st.markdown("**The first models are trained.**")
    for run in failed:
        st.markdown(f":material/error: {escape(f'{run.short_label} {run.state}. {run.message}')}")
    with st.container(horizontal=True):
        st.page_link("pages/compare.py", label="Compare them", icon=":material/leaderboard:")
        st.page_link("pages/person.py", label="One person's lists", icon=":material/person_search:")
        st.page_link("pages/factors.py", label="What they learned", icon=":material/scatter_plot:")
        st.page_link("pages/data.py", label="What is in the data", icon=":material/table_view:")


def _offer_withheld(withheld: Sequence[FirstModel]) -> None:
    """Offer the first models of these data that were not started because they would take long."""
    for model in withheld:
        if model.obstacle:
            st.caption(f":material/block: {escape(model.obstacle)}")
    slow = [model for model in withheld if not model.obstacle]
    if not slow:
        return
    left, right = st.columns([4, 1], vertical_alignment="center")
    times = " · ".join(f"{model.recipe.label} about {duration(model.seconds)}" for model in slow)
    left.caption(f":material/hourglass: Not started, because it takes a while: {escape(times)}.")
    right.button("Train", key=WITHHELD_KEY, on_click=_start_all, width="stretch")


def offer_first_models() -> None:
    """Say on a page that needs a model why there is none yet, and offer to train the first ones."""
    if any(run.is_live and not run.in_background for run in get_context().runs()):
        st.subheader("The first models are being trained.", anchor=False)
        st.write("This page shows them as soon as the first one is ready.")
        return
    st.subheader("No model is trained on this data and split yet.", anchor=False)
    planned = [model for model in plan_first_models(store(), get_context().split) if not model.obstacle]
    if planned:
        names = ", ".join(model.recipe.label for model in planned)
        seconds = sum(model.seconds for model in planned) / min(N_WORKERS, len(planned))
        st.write(f"{escape(names)} at their defaults take about {duration(max(1.0, seconds))} here.")
        label = "Train this model" if len(planned) == 1 else f"Train these {len(planned)} models"
        st.button(label, key=TRAIN_FIRST_KEY, type="primary", on_click=_start_all)
    st.page_link("pages/train.py", label="Choose an algorithm and its settings", icon=":material/model_training:")
