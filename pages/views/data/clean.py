"""Mend it here: steps on the data, what each takes away, and taking each back."""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.keep_cleaned import keep_cleaned, source_and_steps
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets
from pages.views.data.upload import select_dataset
from recsys_core.data.cleaning import (
    CLEANING_STEPS,
    Binarise,
    Effect,
    RelevantFrom,
    TimeWindow,
    clean,
    day_range,
    restore_steps,
    steps_to_settings,
)
from recsys_core.data.dataset import Dataset
from recsys_core.data.relevance import suggest_threshold
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe

_ERROR_KEY = "mend_error"


def cleaning_view(dataset: Dataset, effects: list[str]) -> None:
    """Left the next step with what it would do, right the steps taken and their `effects`."""
    left, right = st.columns(2, gap="large")
    with left:
        _draw_next(dataset)
    with right:
        _draw_taken(dataset, effects)
    if error := st.session_state.pop(_ERROR_KEY, None):
        st.error(escape(error))


def _draw_next(dataset: Dataset) -> None:
    kinds = [name for name, kind in CLEANING_STEPS.items() if _is_offered(kind, dataset)]
    name = st.selectbox("Next step", kinds, format_func=lambda name: CLEANING_STEPS[name].title, key="mend_step")
    try:
        if name == "window":
            _draw_window(dataset)
        else:
            _draw_parameters(dataset, name)
        step = _chosen_step(dataset)
        effect, sentence = _preview(dataset.fingerprint, tuple(steps_to_settings([step])[0].items()))
    except InputError as error:
        st.markdown(f":material/block: {escape(error)}")
        return
    st.markdown(escape(effect.sentence()) + (f" Leaves {escape(sentence)}." if effect.changed else ""))
    st.button("Do it", key="mend", type="primary", disabled=not effect.changed, on_click=_add)
    st.caption("The data before stays; models are trained anew on the mended data.")


def _is_offered(kind: type[Recipe], dataset: Dataset) -> bool:
    if kind is Binarise:  # where all values are alike, none is a threshold
        return bool(np.ptp(dataset.interactions.values) > 0)
    if kind is TimeWindow:
        return dataset.times is not None
    return kind is not RelevantFrom  # it has a control of its own


def _draw_parameters(dataset: Dataset, name: str) -> None:
    """The widgets of a step; a threshold lies on the scale of the ratings."""
    if name != "binarise":
        draw_parameter_widgets(CLEANING_STEPS[name](), f"mend_{name}")
        return
    values, suggestion = dataset.interactions.values, suggest_threshold(dataset)
    low, high = float(values.min()), float(values.max())
    begin = suggestion.threshold if suggestion else float(np.clip(Binarise().threshold, low, high))
    draw_parameter_widgets(Binarise(begin), f"mend_{name}", typical={"threshold": (low, high)})


@st.cache_data(max_entries=32, show_spinner=False)
def _preview(fingerprint: str, settings: tuple) -> tuple[Effect, str]:
    mended, (effect,) = clean(store().dataset(fingerprint), restore_steps([dict(settings)]))
    return effect, mended.sentence()


def _draw_window(dataset: Dataset) -> None:
    first, last = day_range(dataset)
    if first == last:
        raise InputError("A time window must have more than one day to choose from. All ratings are of one day.")
    st.slider("Days", first, last, (first, last), format="YYYY-MM-DD", key=_window_key(dataset))


def _window_key(dataset: Dataset) -> str:
    return f"mend_days_{dataset.fingerprint}"  # other data has other days


def _chosen_step(dataset: Dataset) -> Recipe:
    """The step that the widgets describe now."""
    name = st.session_state["mend_step"]
    if name == "window":
        return TimeWindow.of_days(*st.session_state[_window_key(dataset)])
    return recipe_from_widgets(CLEANING_STEPS[name](), f"mend_{name}")


def _draw_taken(dataset: Dataset, effects: list[str]) -> None:
    if dataset.origin.get("kind") != "mended":
        st.markdown("**Nothing is mended.** Each step makes a data set of its own, and each can be taken back.")
        return
    steps = restore_steps(dataset.origin["steps"])
    st.markdown("**Steps so far**")
    for place, (step, effect) in enumerate(zip(steps, effects, strict=True)):
        text, button = st.columns([5, 1], vertical_alignment="center")
        text.markdown(f"{place + 1}\\. **{escape(step.short_name)}** · {escape(effect)}")
        button.button("Undo", key=f"undo_{place}", on_click=_undo, args=(dataset.fingerprint, place))
    if len(steps) > 1:
        st.button("Undo all", key="undo_all", on_click=select_dataset, args=(dataset.origin["source"],))


@error_boundary()
def _add() -> None:
    dataset = get_context().dataset
    try:
        step = _chosen_step(dataset)
    except InputError as error:
        st.session_state[_ERROR_KEY] = str(error)
        return
    source, before = source_and_steps(dataset)
    _go_to(source, (*before, step))


@error_boundary()
def _undo(fingerprint: str, place: int) -> None:
    source, steps = source_and_steps(store().dataset(fingerprint))
    _go_to(source, steps[:place] + steps[place + 1 :])


def _go_to(source: str, steps: tuple[Recipe, ...]) -> None:
    """Look at the source with these steps; the result is kept, unless it is there already."""
    try:
        select_dataset(keep_cleaned(source, steps))
    except InputError as error:
        st.session_state[_ERROR_KEY] = str(error)
