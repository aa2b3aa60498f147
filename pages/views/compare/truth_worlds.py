"""How often is the test right? A hundred worlds, measured in the background."""

import math

import pandas as pd
import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from recsys_core.evaluation.bootstrap import LEVEL
from recsys_core.figures.truth import outcome_shares
from recsys_core.percent import percent
from recsys_core.runner.worlds import WorldsJob
from recsys_core.truth.estimators import ESTIMATORS
from recsys_core.truth.meter import TASTE_ORACLE
from recsys_core.truth.sentences import describe_worlds, explain_confidence, mark_confidence
from recsys_core.truth.worlds import N_WORLDS, WorldSettings, tally

_POLL_SECONDS = 1.0


@st.cache_resource(max_entries=8, show_spinner=False)
def _job(settings: WorldSettings) -> WorldsJob:
    """The worlds of these settings, which all sessions share."""
    return WorldsJob(settings)


def draw_worlds(settings: WorldSettings) -> None:
    """Draw how often each test names the truly best model, and the button that measures it."""
    job = _job(settings)
    st.markdown("**How often is the test right?**")
    text, toggle, button = st.columns([3, 1.3, 1.1], vertical_alignment="center")
    text.caption(
        f"{N_WORLDS} worlds with other people and items, as set above. In each, the models of the chart, an SVD and "
        "random lists are compared, and every kind of test is held against the truth. This takes about a minute and "
        "goes on while you look elsewhere."
    )
    with_oracle = toggle.toggle(
        f"With the {TASTE_ORACLE.lower()}",
        True,
        key="truth_oracle",
        bind="query-params",
        persist_state="session",
        help="The model that knows what everyone prefers. Without it, only models that one can have are compared.",
    )
    if job.is_running:
        button.button("Stop", key="truth_stop", on_click=_stop, args=(job,), width="stretch")
    elif not job.is_done:
        label = f"Go on to {N_WORLDS} worlds" if job.worlds else f"Measure {N_WORLDS} worlds"
        button.button(label, key="truth_start", type="primary", on_click=_start, args=(job,), width="stretch")
    if job.has_failed:
        st.error("The worlds could not be measured: their process ended with an error. The server's log has it.")
    st.fragment(_draw_progress, run_every=_POLL_SECONDS if job.is_running else None)(job, with_oracle)


@error_boundary()
def _start(job: WorldsJob) -> None:
    job.start()


@error_boundary()
def _stop(job: WorldsJob) -> None:
    job.stop()


@error_boundary()
def _draw_progress(job: WorldsJob, with_oracle: bool) -> None:
    """Draw the progress while the job runs, and what its worlds say so far."""
    was_running = st.session_state.get("truth_was_running", False)
    st.session_state["truth_was_running"] = job.is_running
    if was_running and not job.is_running:
        st.rerun()
    with st.container():  # a place that is always there, see draw_app
        if job.is_running:
            st.progress(len(job.worlds) / job.n_worlds, f"{len(job.worlds)} of {job.n_worlds} worlds")
    worlds = [both if with_oracle else without for both, without in list(job.worlds)]
    tallies = tally(worlds)
    if not tallies:
        return
    sentence = describe_worlds(tallies)
    st.markdown(f"**{escape(sentence)}**")
    labels = [estimator.label for estimator in ESTIMATORS.values()]
    counted = list(tallies.values())
    left, right = st.columns([1.3, 1], gap="medium", vertical_alignment="center")
    with left:
        figure = outcome_shares(
            labels,
            [each.right for each in counted],
            [each.unclear for each in counted],
            [each.wrong for each in counted],
            title="Names the best model",
        )
        show_chart(figure, key="truth_outcomes", alt=sentence)
    with right:
        table = pd.DataFrame(
            {
                "test": labels,
                "verdicts “better”": [each.n_better for each in counted],
                "of them true": [
                    "–" if math.isnan(each.truly_better) else percent(each.truly_better) for each in counted
                ],
                "worlds with a false one": [each.n_misled for each in counted],
                f"≤ {1 - LEVEL:.0%}": [mark_confidence(each) for each in counted],
            }
        )
        st.dataframe(
            table,
            key="truth_confidence",
            hide_index=True,
            alt="How many of the verdicts “better” of each test are true, and in how many worlds one is false.",
        )
    st.caption(escape(explain_confidence(tallies)))
