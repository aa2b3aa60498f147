"""One run of the history: its name, tags and notes, links to other pages, and its downloads."""

from collections.abc import Iterable

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import evaluation_of, model_of
from pages.shared.results.corrupted_runs import find_uncorrupted, open_on_what_if
from pages.shared.results.imported_models import warn_of_leaks
from pages.shared.results.open_run import open_run, pin_run
from pages.shared.results.report_buttons import copy_as_python, report_button
from pages.shared.results.sealed_test import visible_subset
from pages.shared.server import store
from pages.shared.text import escape
from pages.views.history.bulk_actions import draw_status_buttons
from pages.views.history.downloads import draw_downloads
from recsys_core.algorithms import ALGORITHMS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import KEPT, Entry, annotate
from recsys_core.store.kept_epoch import kept_sentence
from recsys_core.store.run import USABLE, Run

_PAGES = {
    "Train": "pages/train.py",
    "Factors": "pages/factors.py",
    "Person": "pages/person.py",
    "Compare": "pages/compare.py",
}


def draw_run_details(entry: Entry, status: str, tags: Iterable[str]) -> None:
    """Draw the details of a run; `tags` are the existing ones to choose from, others can be added."""
    run = entry.run
    st.markdown(f"**{escape(run.label)}** · {escape(_describe_end(run))}")
    warn_of_leaks([run])
    if run.credits:
        st.caption(escape(run.credits))
    if run.recipe.keeps_best_epoch and not run.is_live:
        st.caption(escape(kept_sentence(run.recipe, store().epochs(run.id))))
    has_model = run.state in USABLE and model_of(run.fingerprint, run.id) is not None
    words, look, files = st.columns([1.05, 0.85, 1.4], gap="medium")
    with words:
        _draw_annotations(run, tags)
    with look:
        if status == KEPT:
            _draw_links(run, has_model)
        draw_status_buttons([entry], status)
    with files:
        if has_model:
            draw_downloads(run)
            left, right = st.columns(2)
            with left:
                copy_as_python([run])
            with right:
                report_button([run])


def _describe_end(run: Run) -> str:
    """Say how the run ended, with its test result if the test has been revealed."""
    state = run.state.capitalize()
    text = run.message if run.message.startswith(state) else f"{state}. {run.message}".strip()
    is_open = run.split_fingerprint == get_context().split.fingerprint and visible_subset() == "test"
    evaluation = evaluation_of(run.fingerprint, run.id, "test") if is_open and run.state in USABLE else None
    if evaluation is None:
        return text
    return f"{text} NDCG@{CUTOFF} on the test set is {evaluation.mean('ndcg', CUTOFF):.3f}."


def _draw_annotations(run: Run, tags: Iterable[str]) -> None:
    def store_as(field: str) -> dict:
        return {"key": f"history_{field}_{run.id}", "on_change": _annotate, "args": (run.id, field)}

    st.text_input("Name", run.name, max_chars=100, placeholder="Name this run", **store_as("name"))
    st.multiselect("Tags", sorted(tags), list(run.tags), accept_new_options=True, **store_as("tags"))
    st.text_area("Notes", run.notes, height=70, **store_as("notes"))


@error_boundary()
def _annotate(run_id: int, field: str) -> None:
    annotate(store(), run_id, **{field: st.session_state[f"history_{field}_{run_id}"]})


def _draw_links(run: Run, has_model: bool) -> None:
    """Draw a button for each page that can show the run."""
    if run.split.learns_from_validation:
        st.caption(
            "This run was trained again on the training and validation data before the test was opened. Compare "
            "shows it once the test is revealed with that option switched on."
        )
        return
    if run.corruptions:
        _draw_link_to_what_if(run)
        return
    able = {"Train": run.algorithm in ALGORITHMS and not run.in_background}
    able |= {"Factors": run.has_factors and has_model}
    able |= {page: has_model for page in ("Person", "Compare")}
    st.caption("Open this run, with its data and split, on")
    left, right = st.columns(2)
    for index, (label, page) in enumerate(_PAGES.items()):
        (left, right)[index % 2].button(
            label,
            key=f"history_open_{label.lower()}",
            width="stretch",
            disabled=not able[label],
            on_click=open_run,
            args=(run, page, label in ("Person", "Compare")),
        )
    st.button(
        "Pin",
        key="history_pin",
        icon=":material/push_pin:",
        width="stretch",
        disabled=not has_model,
        on_click=pin_run,
        args=(run,),
    )


def _draw_link_to_what_if(run: Run) -> None:
    """Draw the button for What-if, as the other pages show only models of the data as they are."""
    uncorrupted = find_uncorrupted(run)
    corruptions = ", ".join(each.description for each in run.corruptions)
    st.caption(
        escape(
            f"This run was trained on data that were corrupted on purpose: {corruptions}. Only What-if shows such a "
            "run, beside one with the same settings and seed on the data as they are."
        )
    )
    st.button(
        "Open on What-if",
        key="history_open_what_if",
        width="stretch",
        disabled=uncorrupted is None,
        on_click=open_on_what_if,
        args=(run, uncorrupted),
    )
    if uncorrupted is None:
        st.caption("There is no such pair of finished runs by this version of the program.")
