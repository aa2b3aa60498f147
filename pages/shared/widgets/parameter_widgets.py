"""From the fields of a recipe to widgets: everything a widget says stands in the field."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from recsys_core.parameters import Parameter, Recipe, parameters

_STEPS_PER_DECADE = (1, 2, 5)
_MOST_STEPS = 128
_HAND_SECONDS = 0.7


def parameter_widgets(
    recipe: Recipe,
    prefix: str,
    *,
    only: Sequence[str] | None = None,
    options: Mapping[str, Sequence] | None = None,
    typical: Mapping[str, tuple[float, float]] | None = None,
) -> Recipe:
    """Draw a widget for each field of `recipe`, at whose values they begin, and return the recipe that they describe.

    Where they begin may depend on the data: a widget that nobody has moved begins anew when that changes. `only`
    names the fields to draw (the others keep what they last had); `options` narrows a choice, `typical` says over which
    range the slider of a field goes where the data decide that.
    Keys are "<prefix>_<field>", in the URL too.
    """
    for name, parameter in parameters(recipe).items():
        if only is None or name in only:
            key, begin = f"{prefix}_{name}", getattr(recipe, name)
            _begin_anew(key, begin)
            parameter = replace(parameter, default=begin, typical=(typical or {}).get(name, parameter.typical))
            _draw(parameter, key, (options or {}).get(name, parameter.options))
    return recipe_from_widgets(recipe, prefix)


def recipe_from_widgets(recipe: Recipe, prefix: str) -> Recipe:
    """`recipe` with what the widgets under `prefix` say."""
    values = {name: st.session_state.get(f"{prefix}_{name}") for name in parameters(recipe)}
    return replace(recipe, **{name: value for name, value in values.items() if value is not None})


def _begin_anew(key: str, begin) -> None:
    began, now = st.session_state.get(f"{key}_began"), st.session_state.get(key)
    if began not in (None, begin) and now == began:
        st.session_state[key] = begin
    st.session_state[f"{key}_began"] = begin


def _draw(parameter: Parameter, key: str, options: Sequence[str]) -> None:
    if options:
        st.selectbox(
            parameter.label,
            list(options),
            index=list(options).index(parameter.default),
            key=key,
            help=parameter.help,
            bind="query-params",
        )
        return
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    low, high = parameter.bounds
    as_type = int if parameter.is_integer else float
    with right:
        value = st.number_input(
            parameter.label,
            min_value=as_type(low),
            max_value=as_type(high),
            value=parameter.default,
            step=1 if parameter.is_integer else None,
            format="%d" if parameter.is_integer else "%g",
            key=key,
            label_visibility="collapsed",
            bind="query-params",
            on_change=_was_typed,
            args=(key,),
        )
    stops = slider_stops(parameter)
    slider_key = f"{key}_slider"
    # The number is the truth; the slider shows the stop nearest to it and, when moved, sets it.
    st.session_state[slider_key] = min(
        stops, key=lambda stop: abs(stop - (parameter.default if value is None else value))
    )
    with left:
        st.select_slider(
            parameter.label + (f" ({parameter.unit})" if parameter.unit else ""),
            stops,
            format_func=lambda stop: f"{stop:g}",
            key=slider_key,
            help=parameter.help,
            on_change=_take_over,
            args=(key, slider_key),
        )


def _was_typed(key: str) -> None:
    st.session_state[f"{key}_typed_at"] = time.monotonic()


def _take_over(key: str, slider_key: str) -> None:
    # A click right after typing still carries where the slider stood before: no hand is that quick.
    if time.monotonic() - st.session_state.get(f"{key}_typed_at", -_HAND_SECONDS) >= _HAND_SECONDS:
        st.session_state[key] = st.session_state[slider_key]


def slider_stops(parameter: Parameter) -> list:
    """The values a slider offers: both ends and, between, 1-2-5 steps on a logarithmic scale, else even ones."""
    low, high = parameter.typical
    if parameter.log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        stops = {round(step * 10.0**decade, 12) for decade in decades for step in _STEPS_PER_DECADE}
    else:
        step = _nice((high - low) / _MOST_STEPS)
        if parameter.is_integer:
            step = max(1, round(step))
        stops = {round(place * step, 10) for place in range(math.ceil(low / step), math.floor(high / step) + 1)}
    as_type = int if parameter.is_integer else float
    between = {as_type(stop) for stop in stops if low < stop < high}
    return sorted(between | {as_type(low), as_type(high), parameter.default})


def _nice(step: float) -> float:
    decade = 10.0 ** math.floor(math.log10(step))
    return next(nice * decade for nice in (1, 2, 2.5, 5, 10) if nice * decade >= step * 0.999)
