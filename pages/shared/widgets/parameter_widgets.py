"""Draw a widget for each parameter of a recipe; its label, range and help come from the parameter."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import streamlit as st

from pages.shared.text import escape
from recsys_core.data.nouns import write_number
from recsys_core.errors import InputError
from recsys_core.parameters import Parameter, Recipe, parameters

_STEPS_PER_DECADE = (1, 2, 5)
_MAX_STEPS = 128
_TYPING_SECONDS = 2.0  # in which no hand that moves a slider types a number and leaves the box
_MOST_SHOWN = 50  # values, of which a slider that keys move has many in a few seconds
AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)


def draw_parameter_widgets(
    recipe: AnyRecipe,
    prefix: str,
    *,
    only: Sequence[str] | None = None,
    options: Mapping[str, Sequence] | None = None,
    typical: Mapping[str, tuple[float, float]] | None = None,
    at_once: bool = False,
    disabled: bool = False,
) -> None:
    """Draw a widget for each parameter, starting at the values of `recipe`; `recipe_from_widgets` reads them.

    The starting values may depend on the data: a widget that nobody has moved starts again when they change. `only`
    names the parameters to draw, the others keep their last values; `options` narrows a choice; `typical` replaces the
    range of a slider where it depends on the data. Widget keys and URL parameters are "<prefix>_<parameter>".

    A number out of bounds is said to be so, and refused when it is read. Where values take effect `at_once`, without a
    button, the browser refuses it and the number before stays in effect. Numbers that are `disabled` cannot be set.
    """
    for name, parameter in parameters(recipe).items():
        if only is None or name in only:
            key, initial = f"{prefix}_{name}", getattr(recipe, name)
            _restart_if_unmoved(key, initial)
            parameter = replace(parameter, default=initial, typical=(typical or {}).get(name, parameter.typical))
            _draw(parameter, key, (options or {}).get(name, parameter.options), is_bounded=at_once, disabled=disabled)


def recipe_from_widgets(recipe: AnyRecipe, prefix: str) -> AnyRecipe:
    """Return `recipe` with the values of the widgets under `prefix`. Raises InputError for values out of bounds."""
    known = parameters(recipe)
    values = {name: st.session_state.get(f"{prefix}_{name}") for name in known}
    shown = {name: value for name, value in values.items() if value is not None}
    for name, value in shown.items():
        if why := why_out_of_bounds(known[name], value):
            raise InputError(why)
    return replace(recipe, **shown)


def why_out_of_bounds(parameter: Parameter, value: float | str) -> str:
    """Return what must hold of a number and what it is, '' where it holds; with the label that is on the screen."""
    if parameter.options or isinstance(value, str):
        return ""
    low, high = parameter.bounds
    if low <= value <= high:
        return ""
    bound = f"at least {_exactly(low)}" if value < low else f"at most {_exactly(high)}"
    return f"{parameter.label} must be {bound}. Got {value:,.12g}: enter another number.".replace("-", "−")


def _exactly(bound: float) -> str:
    return f"{bound:,.0f}" if float(bound).is_integer() else write_number(bound, ".6g")


def _restart_if_unmoved(key: str, initial: str | float) -> None:
    """Set the widget to its new initial value where it still shows the one before."""
    before, now = st.session_state.get(f"{key}_initial"), st.session_state.get(key)
    if before not in (None, initial) and now == before:
        st.session_state[key] = initial
    st.session_state[f"{key}_initial"] = initial


def _draw(parameter: Parameter, key: str, options: Sequence[str], *, is_bounded: bool, disabled: bool) -> None:
    if options:
        st.selectbox(
            parameter.label,
            list(options),
            index=list(options).index(parameter.default),
            key=key,
            help=parameter.help,
            bind="query-params",
            persist_state="session",
        )
        return
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    low, high = parameter.bounds
    as_type = int if parameter.is_integer else float
    with right:
        value = st.number_input(
            parameter.label,
            # The browser keeps a number that it refuses on the screen, and sends nothing.
            min_value=as_type(low) if is_bounded else None,
            max_value=as_type(high) if is_bounded else None,
            value=parameter.default,
            step=1 if parameter.is_integer else None,
            format="%d" if parameter.is_integer else "%g",
            key=key,
            label_visibility="collapsed",
            disabled=disabled,
            bind="query-params",
            persist_state="session",
            on_change=_keep_choice,
            args=(key,),
        )
    stops = get_slider_stops(parameter)
    number = parameter.default if value is None else value
    why = why_out_of_bounds(parameter, number)
    # The number decides: the slider shows it, as a stop of its own if need be, and sets it when moved.
    stops = stops if why else sorted({*stops, number})
    shown = min(stops, key=lambda stop: abs(stop - number))
    slider_key = _slider_key(key, shown)
    _note_shown(key)
    with left:
        st.select_slider(
            parameter.label + (f" ({parameter.unit})" if parameter.unit else ""),
            stops,
            shown,
            format_func=lambda stop: f"{stop:g}",
            key=slider_key,
            help=parameter.help,
            disabled=disabled,
            on_change=_set_number,
            args=(key, slider_key),
        )
    if why:
        st.error(escape(why))


def _slider_key(key: str, shown: float) -> str:
    """Return the key of the slider beside a number: that of a new slider where the one before shows another value.

    A browser that has not heard of the new number yet reports the value of the slider before, however long that takes.
    Were it the same slider, that would be a hand that has moved it back.
    """
    slider_key = st.session_state.get(f"{key}_slider", f"{key}_slider_1")
    if st.session_state.get(slider_key, shown) != shown:
        stem, number = slider_key.rsplit("_", 1)
        slider_key = f"{stem}_{int(number) + 1}"
    st.session_state[f"{key}_slider"] = slider_key
    return slider_key


def _set_number(key: str, slider_key: str) -> None:
    """In a callback of a slider, which a hand has moved: the number is what it shows.

    Streamlit calls back for a slider that is no longer drawn, too, where a browser still reports it.
    """
    if slider_key == st.session_state[f"{key}_slider"]:
        st.session_state[key] = st.session_state[slider_key]
        _note_shown(key)


def _keep_choice(key: str) -> None:
    """In a callback of the number: undo what no hand has typed.

    The number follows the slider through the server. Where a hand is quicker than that, the browser still reports the
    number before, which is then one that the server had set until a moment ago.
    """
    now, shown = time.monotonic(), st.session_state.get(f"{key}_shown", [])
    until = [*(since for _, since in shown[1:]), now]
    recent = [value for (value, _), end in zip(shown, until, strict=False) if now - end < _TYPING_SECONDS]
    if st.session_state[key] in recent:
        st.session_state[key] = shown[-1][0]
    else:
        st.session_state[f"{key}_shown"] = []
    _note_shown(key)


def _note_shown(key: str) -> None:
    """Note what the number is from now on."""
    shown = st.session_state.get(f"{key}_shown", [])
    if not shown or shown[-1][0] != st.session_state[key]:
        st.session_state[f"{key}_shown"] = [*shown[-_MOST_SHOWN:], (st.session_state[key], time.monotonic())]


def get_slider_stops(parameter: Parameter) -> list[float]:
    """Return the values that a slider offers: both ends and the default, between them 1-2-5 or even steps."""
    low, high = parameter.typical
    if parameter.log:
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        stops = {round(step * 10.0**decade, 12) for decade in decades for step in _STEPS_PER_DECADE}
    else:
        step = _nice((high - low) / _MAX_STEPS)
        if parameter.is_integer:
            step = max(1, round(step))
        stops = {round(number * step, 10) for number in range(math.ceil(low / step), math.floor(high / step) + 1)}
    as_type = int if parameter.is_integer else float
    between = {as_type(stop) for stop in stops if low < stop < high}
    return sorted(between | {as_type(low), as_type(high), parameter.default})


def _nice(step: float) -> float:
    decade = 10.0 ** math.floor(math.log10(step))
    return next(nice * decade for nice in (1, 2, 2.5, 5, 10) if nice * decade >= step * 0.999)
