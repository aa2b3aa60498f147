"""Clean the data by steps: preview what each takes away, apply it, and undo it."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.large_data import cleaning_effect
from pages.shared.results.keep_cleaned import source_and_steps
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets
from pages.views.data.loading import is_loading, load_cleaned, select_dataset
from recsys_core.comparison.split_sentences import CORE_CAUTION
from recsys_core.data.cleaning import (
    CLEANING_STEPS,
    Binarise,
    CleaningStep,
    KCore,
    RelevantFrom,
    TimeWindow,
    day_range,
    restore_steps,
)
from recsys_core.data.dataset import Dataset
from recsys_core.data.relevance import suggest_threshold
from recsys_core.errors import InputError

CLEANED_HERE = "cleaned_here"
"""Holds the fingerprint of the data that this session's last step has led to, until they are shown."""
_ERROR_KEY = "cleaning_error"


def cleaning_view(dataset: Dataset, effects: list[str]) -> None:
    """Draw the next step with what it would do on the left, the steps so far with their `effects` on the right."""
    left, right = st.columns(2, gap="large")
    with left:
        _draw_next(dataset)
    with right:
        _draw_steps(dataset, effects)
    if error := st.session_state.pop(_ERROR_KEY, None):
        st.error(escape(error))


def _draw_next(dataset: Dataset) -> None:
    """Draw the choice of the next step, its parameters, its effect and the button that applies it."""
    kinds = [name for name, kind in CLEANING_STEPS.items() if _is_offered(kind, dataset)]
    name = st.selectbox("Next step", kinds, format_func=lambda name: CLEANING_STEPS[name].title, key="cleaning_step")
    try:
        if name == "window":
            _draw_window(dataset)
        else:
            _draw_parameters(dataset, name)
        step = _chosen_step(dataset)
        effect, sentence = cleaning_effect(dataset, step)
    except InputError as error:
        st.markdown(f":material/block: {escape(error)}")
        return
    st.markdown(escape(effect.sentence()) + (f" Leaves {escape(sentence)}." if effect.changed else ""))
    st.button("Apply", key="apply_step", type="primary", disabled=not effect.changed or is_loading(), on_click=_add)
    st.caption("The original data is kept. Models have to be trained again on the cleaned data.")
    if isinstance(step, KCore):
        st.caption(CORE_CAUTION)


def _is_offered(kind: type[CleaningStep], dataset: Dataset) -> bool:
    """Tell whether a step is possible on this data."""
    if kind is Binarise:  # where all values are equal, none can be a threshold
        return bool(np.ptp(dataset.interactions.values) > 0)
    if kind is TimeWindow:
        return dataset.times is not None
    return kind is not RelevantFrom  # has its own control


def _draw_parameters(dataset: Dataset, name: str) -> None:
    """Draw the widgets of a step; a threshold is on the scale of the ratings."""
    if name != "binarise":
        draw_parameter_widgets(_mild_enough(dataset, CLEANING_STEPS[name]()), f"cleaning_{name}")
        return
    values, suggestion = dataset.interactions.values, suggest_threshold(dataset)
    low, high = float(values.min()), float(values.max())
    begin = suggestion.threshold if suggestion else float(np.clip(Binarise().threshold, low, high))
    draw_parameter_widgets(Binarise(begin), f"cleaning_{name}", typical={"threshold": (low, high)})


def _mild_enough(dataset: Dataset, step: CleaningStep) -> CleaningStep:
    """Return the step, with a smaller minimum count where the default would leave nothing of these data."""
    if not isinstance(step, KCore):
        return step
    for n in range(step.n, 1, -1):
        with suppress(InputError):
            cleaning_effect(dataset, replace(step, n=n))
            return replace(step, n=n)
    return replace(step, n=1)


def _draw_window(dataset: Dataset) -> None:
    """Draw the slider for the days of a time window."""
    first, last = day_range(dataset)
    if first == last:
        raise InputError("For a time window, the data must be from more than one day. All are from the same day.")
    st.slider("Days", first, last, (first, last), format="YYYY-MM-DD", key=_window_key(dataset))


def _window_key(dataset: Dataset) -> str:
    return f"cleaning_days_{dataset.fingerprint}"  # other data has other days


def _chosen_step(dataset: Dataset) -> CleaningStep:
    """Return the step that the widgets describe now."""
    name = st.session_state["cleaning_step"]
    if name == "window":
        return TimeWindow.of_days(*st.session_state[_window_key(dataset)])
    return recipe_from_widgets(CLEANING_STEPS[name](), f"cleaning_{name}")


def _draw_steps(dataset: Dataset, effects: list[str]) -> None:
    """Draw the steps that led to this data, each with a button that undoes it."""
    if dataset.origin.get("kind") != "mended":
        st.markdown("**No steps yet.** Each step makes a new data set, and each can be undone.")
        return
    steps = restore_steps(dataset.origin["steps"])
    st.markdown("**Steps so far**")
    for index, (step, effect) in enumerate(zip(steps, effects, strict=True)):
        text, button = st.columns([5, 1], vertical_alignment="center")
        text.markdown(f"{index + 1}\\. **{escape(step.short_name)}** · {escape(effect)}")
        button.button(
            "Undo", key=f"undo_{index}", on_click=_undo, args=(dataset.fingerprint, index), disabled=is_loading()
        )
    if len(steps) > 1:
        st.button(
            "Undo all",
            key="undo_all",
            on_click=_show_steps,
            args=(dataset.origin["source"],),
            disabled=is_loading(),
        )


@error_boundary()
def _add() -> None:
    dataset = get_context().dataset
    try:
        step = _chosen_step(dataset)
    except InputError as error:
        st.session_state[_ERROR_KEY] = str(error)
        return
    source, before = source_and_steps(dataset)
    _apply(source, (*before, step))


def _show_steps(fingerprint: str) -> None:
    """Select the data that a step has led to, with the tab of the steps open: it closes while large data are opened."""
    select_dataset(fingerprint)
    st.session_state[CLEANED_HERE] = fingerprint


@error_boundary()
def _undo(fingerprint: str, index: int) -> None:
    source, steps = source_and_steps(store().dataset(fingerprint))
    _apply(source, steps[:index] + steps[index + 1 :])


def _apply(source: str, steps: tuple[CleaningStep, ...]) -> None:
    """Store the source after these steps, unless it is stored already, and select it."""
    try:
        load_cleaned(source, steps, _show_steps)
    except InputError as error:
        st.session_state[_ERROR_KEY] = str(error)
