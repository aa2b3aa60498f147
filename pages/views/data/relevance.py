"""Choose what counts as relevant: every rating, or those from a threshold on."""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.first_models import request_first_models
from pages.shared.results.keep_cleaned import source_and_steps
from pages.shared.text import escape
from pages.views.data.loading import is_loading, load_cleaned, select_dataset
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.cleaning import RelevantFrom
from recsys_core.data.dataset import Dataset
from recsys_core.data.relevance import (
    Suggestion,
    describe_relevance,
    describe_threshold,
    suggest_threshold,
    threshold_choices,
)
from recsys_core.errors import InputError
from recsys_core.percent import percent

_KEY, _ERROR_KEY, _EVERY = "relevant_from", "relevance_error", "every"


def relevance_control(dataset: Dataset) -> None:
    """Draw the choice of a threshold, what follows from it, and the suggestion if it is not in use.

    Draws nothing for data whose values are all equal.
    """
    choices = threshold_choices(dataset)
    if not choices:
        return
    suggestion = suggest_threshold(dataset)
    key = f"{_KEY}_{dataset.fingerprint}"  # other data has other ratings
    left, right = st.columns([1, 2.2], gap="medium")
    with left:
        st.selectbox(
            "Counts as relevant",
            [_EVERY, *choices],
            index=0 if dataset.relevance_threshold is None else 1 + choices.index(dataset.relevance_threshold),
            format_func=lambda threshold: _option(dataset, threshold, suggestion),
            key=key,
            on_change=_set_chosen,
            args=(key,),
            disabled=is_loading(),
            help="Which ratings count as a choice for models that learn from choices, and as right for ranking "
            "metrics. An item with a lower rating is still left out of the person's lists, as everything they have "
            "seen, and models that predict ratings learn from all ratings. This makes a new data set, on which models "
            "have to be trained again.",
        )
    with right:
        _explain(dataset, suggestion)
    if error := st.session_state.pop(_ERROR_KEY, None):
        st.error(escape(error))


def _option(dataset: Dataset, threshold: float | str, suggestion: Suggestion | None) -> str:
    """Return the label of a threshold."""
    if isinstance(threshold, str):
        return "ratings of at least 0" if _has_dislikes(dataset) else "every rating"
    suggested = " (suggested)" if suggestion and suggestion.threshold == threshold else ""
    return f"ratings {describe_threshold(dataset, threshold)}{suggested}"


def _has_dislikes(dataset: Dataset) -> bool:
    return bool(dataset.interactions.distinct_values[0][0] < 0)


def _explain(dataset: Dataset, suggestion: Suggestion | None) -> None:
    """Draw what the rule in use means, and the suggestion if it is another one."""
    values, words = dataset.interactions.values, describe_relevance(dataset)
    if dataset.relevance_threshold is None and not _has_dislikes(dataset):
        first = "Every rating counts as relevant, even the lowest."
        low, high = values.min(), values.max()
        then = f"Models that learn from choices and ranking metrics treat {low:g} and {high:g} alike."
    else:
        first = f"Only {words} count as relevant: {percent(np.mean(dataset.interactions.is_relevant))} of all."
        compare = " and ".join(recipe.label for recipe in ALGORITHMS.values() if recipe.trains_on_pairs)
        then = (
            f"{compare} learn that lower-rated items are liked less; to other models that learn from choices they are "
            "items not chosen. To recommend one counts as a mistake."
        )
    other = suggestion if suggestion and suggestion.threshold != dataset.relevance_threshold else None
    if other is not None:
        words = describe_threshold(dataset, other.threshold)
        share = np.mean(values >= np.float32(other.threshold))
        then += f" We suggest ratings {words}, {other.reason}; these are {percent(share)} of all."
    st.markdown(f"**{escape(first)}** {escape(then)}")
    if other is not None:
        st.button(
            f"Use ratings {words}",
            key="use_suggestion",
            on_click=_set_threshold,
            args=(other.threshold,),
            disabled=is_loading(),
        )


@error_boundary()
def _set_chosen(key: str) -> None:
    threshold = st.session_state[key]
    _set_threshold(None if threshold == _EVERY else threshold)


@error_boundary()
def _set_threshold(threshold: float | None) -> None:
    """Select the same data with this threshold; it replaces another threshold among the cleaning steps."""
    source, steps = source_and_steps(get_context().dataset)
    steps = tuple(step for step in steps if not isinstance(step, RelevantFrom))
    if threshold is not None:
        steps = (*steps, RelevantFrom(threshold))
    try:
        if steps:
            load_cleaned(source, steps, _show)
        else:
            _show(source)
    except InputError as error:
        st.session_state[_ERROR_KEY] = str(error)


def _show(fingerprint: str) -> None:
    select_dataset(fingerprint)
    request_first_models(fingerprint, moves_on=False)
