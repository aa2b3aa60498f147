"""One run of the history: what people say of it, where to look at it, and its model and lists as files."""

from collections.abc import Iterable

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import evaluation_of, model_of
from pages.shared.results.imported_models import warn_of_leaks
from pages.shared.results.open_run import open_run, pin_run
from pages.shared.results.report_buttons import copy_as_python, report_button
from pages.shared.results.sealed_test import visible_subset
from pages.shared.server import store
from pages.shared.text import escape
from pages.views.history.bulk_actions import tidy_up
from pages.views.history.downloads import downloads
from recsys_core.algorithms import ALGORITHMS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import KEPT, Entry, annotate
from recsys_core.store.run import USABLE, Run

_PAGES = {
    "Train": "pages/train.py",
    "Factors": "pages/factors.py",
    "Person": "pages/person.py",
    "Compare": "pages/compare.py",
}


def one_run(entry: Entry, place: str, tags: Iterable[str]) -> None:
    """`tags` are those that can be chosen; others can be added."""
    run = entry.run
    st.markdown(f"**{escape(run.label)}** · {escape(_how_it_ended(run))}")
    warn_of_leaks([run])
    has_model = run.state in USABLE and model_of(run.fingerprint, run.id) is not None
    words, look, files = st.columns([1.05, 0.85, 1.4], gap="medium")
    with words:
        _words(run, tags)
    with look:
        if place == KEPT:
            _look(run, has_model)
        tidy_up([entry], place)
    with files:
        if has_model:
            downloads(run)
            left, right = st.columns(2)
            with left:
                copy_as_python([run])
            with right:
                report_button([run])


def _how_it_ended(run: Run) -> str:
    """State and test, which is told only where it has been revealed."""
    text = f"{run.state}. {run.message}".strip()
    is_open = run.split_fingerprint == get_context().split.fingerprint and visible_subset() == "test"
    evaluation = evaluation_of(run.fingerprint, run.id, "test") if is_open and run.state in USABLE else None
    if evaluation is not None:
        return f"{text} NDCG@{CUTOFF} on test ratings {evaluation.mean('ndcg', CUTOFF):.3f}."
    return text


def _words(run: Run, tags: Iterable[str]) -> None:
    for field, widget, extra in (
        ("name", st.text_input, {"value": run.name, "max_chars": 100, "placeholder": "A name of your own"}),
        ("tags", st.multiselect, {"options": sorted(tags), "default": list(run.tags), "accept_new_options": True}),
        ("notes", st.text_area, {"value": run.notes, "height": 70}),
    ):
        key = f"history_{field}_{run.id}"
        widget(field.capitalize(), key=key, on_change=_describe, args=(run.id, field), **extra)


@error_boundary()
def _describe(run_id: int, field: str) -> None:
    annotate(store(), run_id, **{field: st.session_state[f"history_{field}_{run_id}"]})


def _look(run: Run, has_model: bool) -> None:
    """Buttons for the pages that can show the run."""
    if run.split.learns_from_validation:
        st.caption(
            "It learned again from training and validation ratings, for a look at the test. Compare shows it beside "
            "the others when the test is revealed with that option on."
        )
        return
    able = {"Train": run.algorithm in ALGORITHMS and not run.in_background}
    able |= {"Factors": run.has_factors and has_model}
    able |= {page: has_model for page in ("Person", "Compare")}
    st.caption("Look at it, with its data and its split, on")
    left, right = st.columns(2)
    for place, (label, page) in enumerate(_PAGES.items()):
        (left, right)[place % 2].button(
            label,
            key=f"history_open_{label.lower()}",
            width="stretch",
            disabled=not able[label],
            on_click=open_run,
            args=(run, page, label in ("Person", "Compare")),
        )
    st.button(
        "Pin it",
        key="history_pin",
        icon=":material/push_pin:",
        width="stretch",
        disabled=not has_model,
        on_click=pin_run,
        args=(run,),
    )
