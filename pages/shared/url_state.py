"""Keep selected session state in the URL query parameters, so that a copied link restores the page.

Streamlit drops what was written into the URL by hand whenever the page changes; here it is put back.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.cleaning import CLEANING_STEPS
from recsys_core.data.corruption import CORRUPTIONS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe
from recsys_core.parameters import Recipe, parameters

URL_PARAMS = {
    "data": "the data set, by how it is generated or by name, shape and fingerprint",
    "pin": "a pinned run; once for each, the baseline first",
    "trained_on": "the processor and libraries that the pinned runs were trained on",
    "run": "the run shown on Train, Factors and What-if",
    "person": "the person shown, by id",
    "item": "the item shown, by id or title",
    "k": "Start: the number of factors",
    "leak": "Start: 'yes' where the model is trained on the test data too",
    "hide": "the controls that are hidden for a talk, as 'data.split'",
    "present": "'yes' while the app is presented, without the sidebar and in larger type",
    "views": "the saved views of a talk, packed",
    "lesson": "a lesson and its step, as 'factors.2'",
}
"""The URL parameters that the app writes, on every page."""

TALK_PARAMS = ("present", "views", "hide")
"""Those that stay from one step of a lesson, or one view of a talk, to the next."""

WIDGET_PARAMS = {
    "plain_words": "every page: whether headlines are in plain words instead of metrics",
    "algorithm": "Train: the algorithm",
    "seed": "Train: the seed of the next run",
    "slow_motion": "Train: whether the next run is shown epoch by epoch",
    "one_step": "Train: whether one step is shown in numbers",
    "one_step_data": "Train: the data of that step",
    "one_step_k": "Train: its number of factors",
    "one_step_number": "Train: how many steps are taken",
    "person_view": "Person: the view",
    "compare_view": "Compare: the group of views, or one of them by name",
    "compare_verdict": "Compare: the view of the verdict",
    "compare_lists": "Compare: the view of the lists",
    "compare_details": "Compare: the view of the details",
    "compare_metrics": "Compare: the view of how metrics work",
    "metric": "Compare: the metric",
    "N": "Compare: the length of the lists",
    "smallest_difference": "Compare, What-if: the smallest difference that matters, in %",
    "convention": "Compare: the reference convention",
    "convention_measure": "Compare: the measure of the conventions",
    "relevances": "Compare: the list of the calculator",
    "relevances_missed": "Compare: relevant items that the calculator's list lacks",
    "truth_strength": "Compare: how strongly popularity decides what gets rated in the truth meter's data",
    "truth_picks": "Compare: the ratings per person in these data",
    "truth_split": "Compare: how these data are split",
    "truth_tests": "Compare: the other ways to test beside the truth",
    "truth_power": "Compare: the power of popularity that stands for propensities",
    "truth_oracle": "Compare: whether the worlds include the taste oracle",
    "beyond_measure": "Compare: the measure beyond accuracy",
    "beyond_against": "Compare: the metric that it is drawn against",
    "rerank_aim": "Compare: what lists are re-ranked for",
    "rerank_weight": "Compare: the weight of that aim",
    "rerank_attribute": "Compare: the attribute by which re-ranking describes items",
    "rerank_genres": "Compare: the genres, or values of that attribute, that re-ranked lists are limited to",
    "rerank_from": "Compare: the least number of that attribute in a re-ranked list",
    "rerank_to": "Compare: the largest number of that attribute in a re-ranked list",
    "rerank_popularity": "Compare: the share of people, in %, that an item in a re-ranked list may have at most",
    "rerank_per_genre": "Compare: how many items of a genre the first N may hold at most",
    "map_colour": "Factors: the attribute by which the map is coloured",
    "rotate": "Factors: whether the axes are rotated",
    "what_if": "What-if: the view",
    "optimise": "Optimise: the view",
    "example": "Optimise: the worked example",
    "blend_target": "Optimise: what an ensemble is fitted for",
    "landscape": "Optimise: the objective",
    "methods": "Optimise: the methods",
    "step_share": "Optimise: the step size",
    "start_a": "Optimise: where the methods start, across",
    "start_b": "Optimise: where the methods start, up",
    "rating": "Optimise: the rating of the two-factor objective",
    "ridge": "Optimise: the penalty of the surfaces",
    "young_k": "Optimise: the number of factors of the truncation",
    "young_hidden": "Optimise: the share of hidden cells, in %",
    "history_status": "History: kept, archived or deleted runs",
    "history_words": "History: the words searched for",
}
"""The URL parameters that Streamlit writes for widgets, on the page of the widget; they are the widgets' keys."""

SETTINGS: dict[str, type[Recipe]] = {
    "split": SplitRecipe,
    "planted": SyntheticRecipe,
    **ALGORITHMS,
    **{f"cleaning_{name}": step for name, step in CLEANING_STEPS.items()},
    **{f"corruption_{name}": corruption for name, corruption in CORRUPTIONS.items()},
}
"""The recipes whose settings are widgets: their URL parameters are '<prefix>_<setting>', as 'split_test=0.3'."""

_WITHOUT_WIDGET = {"split_learn_from"}  # of SETTINGS: whether models learn again is asked on Compare
_SELECTED = ("person", "item", "run")  # keys of widgets, too
_PARAMS, _PENDING, _PAGE = "url_params", "url_params_pending", "page_drawn_before"
_WRITTEN = "url_params_written"
_is_batched: ContextVar[bool] = ContextVar("url_is_batched", default=False)


@contextmanager
def keep_url_in_sync() -> Iterator[None]:
    """Read a URL that was opened or gone back to, run the app inside, and then write the URL.

    All is written at once, since each change of the URL is a step for the browser's Back button.
    """
    opened = {name: st.query_params.get_all(name) for name in URL_PARAMS if name in st.query_params}
    is_new = _PARAMS not in st.session_state
    st.session_state.setdefault(_PARAMS, {})
    st.session_state.setdefault(_PENDING, {})
    if is_new or (opened and _is_back_or_forward()):
        request_url_params(opened)
        st.session_state[_WRITTEN] = None
    _carry_to_another_page()
    token = _is_batched.set(True)
    try:
        yield
    finally:
        _is_batched.reset(token)
    _write_url()


def _carry_to_another_page() -> None:
    """Set what is selected again on the first run of another page, which else would draw the widgets' defaults.

    On no other run: what a script sets replaces what a hand has chosen in the browser while the script ran.
    """
    page = getattr(get_script_run_ctx(), "page_script_hash", "")
    if st.session_state.get(_PAGE) == page:
        return
    st.session_state[_PAGE] = page
    for key in _SELECTED:
        if key in st.session_state:
            st.session_state[key] = st.session_state[key]


def _is_back_or_forward() -> bool:
    """Return whether the browser's Back or Forward button led here: only then is the URL newer than the session."""
    return getattr(get_script_run_ctx(), "is_history_navigation", False)


def unknown_params() -> list[str]:
    """Return the names in the URL that no part of the app reads, as of a mistyped or an older link."""
    settings = {f"{prefix}_{name}" for prefix, recipe in SETTINGS.items() for name in parameters(recipe)}
    known = {*URL_PARAMS, *WIDGET_PARAMS, *settings} - _WITHOUT_WIDGET
    return [name for name in st.query_params if name not in known]


def request_url_params(values: Mapping[str, Sequence[str]]) -> None:
    """Ask for what these parameters say, as if a URL with them had been opened; an empty value says nothing."""
    said = {name: [text for text in texts if text.strip()] for name, texts in values.items()}
    st.session_state[_PENDING] = {name: texts for name, texts in said.items() if texts}
    st.session_state[_PARAMS] = dict(st.session_state[_PENDING])


def talk_params() -> dict[str, list[str]]:
    """Return the URL parameters that belong to the talk rather than to what it shows at the moment."""
    return {name: url_param(name) for name in TALK_PARAMS}


def pending_param(name: str) -> list[str]:
    """Return the values of a parameter that were asked for and are not shown yet."""
    return st.session_state[_PENDING].get(name, [])


def consume_params(*names: str) -> None:
    """Note that what these parameters asked for is shown now, or given up."""
    for name in names:
        st.session_state[_PENDING].pop(name, None)


def url_param(name: str) -> list[str]:
    """Return the values that a parameter has in the URL; [] where it is not there."""
    return st.session_state[_PARAMS].get(name, [])


def set_url_param(name: str, *values: str) -> None:
    """Set the values of a parameter in the URL; without any it is removed."""
    st.session_state[_PARAMS][name] = list(values)
    if not _is_batched.get():  # in a fragment, which runs outside keep_url_in_sync
        _write_url()


def _write_url() -> None:
    wanted = {name: values for name, values in st.session_state[_PARAMS].items() if values}
    for name in URL_PARAMS:
        if name in st.query_params and name not in wanted:
            del st.query_params[name]
    changed = {name: values for name, values in wanted.items() if st.query_params.get_all(name) != values}
    # Whoever presses before the browser has heard what was last written sends the address from before that. It may say
    # what is wanted now, and is overwritten the moment after.
    is_old = st.session_state.get(_WRITTEN) not in (None, wanted)
    if changed or is_old:
        st.query_params.update(changed)
    st.session_state[_WRITTEN] = wanted
