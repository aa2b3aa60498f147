"""Let a person correct the guess about the columns of an upload, by answering doubts and by widgets."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.shared.text import escape
from recsys_core.data.reading import DUPLICATES, Answer, Doubt, Layout, Preview

_ROLES = {"user": "Person", "item": "Item", "rating": "Rating", "time": "Time", "event": "Event"}
# The fields of the layout whose value is that of a widget, where a row is a rating.
_WIDGETS = (*_ROLES, "feedback")


def _key(name: str, reading: str) -> str:
    return f"upload_{name}_{reading}"  # so that another file, or another way to read it, starts from its own guess


def answers_of(reading: str) -> dict[str, tuple[Doubt, Answer]]:
    """Return the answered doubts by key, each with its answer."""
    return {key: (doubt, answer) for key, (doubt, answer, _) in _answered(reading).items()}


def _answered(reading: str) -> dict[str, tuple[Doubt, Answer, dict[str, object]]]:
    """Return the answered doubts by key, with the answer and what the widgets showed before."""
    return st.session_state.get(_key("answers", reading), {})


def answer_doubt(reading: str, guess: Layout, doubt: Doubt, answer: Answer) -> None:
    """In a callback: settle a doubt, and let the widgets show what the answer changes."""
    before: dict[str, object] = {}
    for field, value in answer.changes:
        for widget, shown in _shown_by_widgets(field, value, guess, reading):
            before[widget] = st.session_state.get(widget)
            st.session_state[widget] = shown
    st.session_state[_key("answers", reading)] = {**_answered(reading), doubt.key: (doubt, answer, before)}


def undo_answer(reading: str, key: str) -> None:
    """In a callback: reopen a doubt, and let the widgets show what they showed before."""
    answers = dict(_answered(reading))
    _, _, before = answers.pop(key)
    for widget, shown in before.items():
        if shown is None:
            st.session_state.pop(widget, None)
        else:
            st.session_state[widget] = shown
    st.session_state[_key("answers", reading)] = answers


def _shown_by_widgets(field: str, value: Any, guess: Layout, reading: str) -> Iterator[tuple[str, object]]:
    """Yield (key of a widget, what it shows) for a field of the layout."""
    if field == "event_weights":
        for event, weight in value:
            yield _key(f"weight_{event}", reading), weight
    elif field == "duplicates":
        for feedback in ("explicit", "implicit"):
            yield _key(f"duplicates_{feedback}", reading), value
    elif field in _WIDGETS and guess.orientation == "long":
        yield _key(field, reading), value


def chosen_layout(guess: Layout, reading: str) -> Layout:
    """Return the guess, changed by the answers and by what the widgets show now."""
    layout = guess
    for doubt, answer in answers_of(reading).values():
        layout = doubt.settle(layout, answer)

    def now(name: str, default: Any) -> Any:
        return st.session_state.get(_key(name, reading), default)

    layout = replace(layout, decimal_comma=now("decimal", layout.decimal_comma))
    if layout.orientation == "wide":
        return layout
    chosen = replace(layout, **{role: now(role, getattr(layout, role)) for role in _ROLES})
    if chosen.event != guess.event:
        chosen = replace(chosen, event_weights=())
    weights = tuple((event, now(f"weight_{event}", weight)) for event, weight in chosen.event_weights)
    if chosen.date_parts and chosen.time is not None:
        chosen = replace(chosen, date_parts=())
    has_amounts = chosen.rating is not None
    feedback = now("feedback", _feedback(guess)) if has_amounts and chosen.event is None else "implicit"
    rule = now(f"duplicates_{feedback}", _rule(layout, feedback, has_amounts or chosen.event is not None))
    return replace(chosen, feedback=feedback, duplicates=rule, event_weights=weights)


def _feedback(guess: Layout) -> str:
    """Return the feedback of a rating column that was guessed; one that was chosen has ratings."""
    return guess.feedback if guess.rating is not None else "explicit"


def _rule(layout: Layout, feedback: str, has_amounts: bool) -> str:
    """Return the default rule for duplicates."""
    if feedback == layout.feedback:
        return layout.duplicates
    return "last" if feedback == "explicit" else "sum" if has_amounts else "count"


def draw_corrections(guess: Layout, preview: Preview, reading: str) -> None:
    """Draw a widget for everything about the columns that a person may correct."""
    layout = preview.layout
    names = [name or f"column {index + 1}" for index, name in enumerate(preview.columns)]
    if layout.orientation == "wide":
        st.checkbox("Decimal comma (4,5)", guess.decimal_comma, key=_key("decimal", reading))
        return
    for box, (role, label) in zip(st.columns(len(_ROLES)), _ROLES.items(), strict=True):
        choices = [*range(len(names))] if role in ("user", "item") else [None, *range(len(names))]
        _select(box, label, choices, getattr(layout, role), lambda index: _column(index, names), _key(role, reading))
    boxes = list(st.columns([3, 3, 2], vertical_alignment="bottom"))
    if layout.rating is not None and layout.event is None:
        kinds = {"explicit": "ratings (opinions)", "implicit": "counts (plays, purchases)"}
        _select(boxes.pop(0), "The numbers are", list(kinds), layout.feedback, kinds.get, _key("feedback", reading))
    rules = _key(f"duplicates_{layout.feedback}", reading)
    _select(boxes.pop(0), "Duplicates", list(DUPLICATES), layout.duplicates, DUPLICATES.get, rules)
    boxes[0].checkbox("Decimal comma (4,5)", guess.decimal_comma, key=_key("decimal", reading))
    if layout.event is not None and len(layout.event_weights) > 1:
        st.caption("How much does an event of each kind count? Events that count 0 are left out.")
        for box, (event, weight) in zip(
            st.columns(max(5, len(layout.event_weights))), layout.event_weights, strict=False
        ):
            key = _key(f"weight_{event}", reading)
            box.number_input(
                escape(event), min_value=0.0, max_value=1000.0, value=float(weight), step=1.0, format="%g", key=key
            )


def _select(box, label: str, choices: list, value, format_func, key: str) -> None:
    """Draw a select box that shows `value`, also in a browser that missed the run in which it was first drawn."""
    box.selectbox(label, choices, choices.index(value) if value in choices else 0, format_func=format_func, key=key)


def _column(index: int | None, names: list[str]) -> str:
    return "none" if index is None else names[index]
