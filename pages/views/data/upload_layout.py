"""What a person has settled about the columns of an upload: answers to doubts, and the widgets that correct a guess."""

from dataclasses import replace

import streamlit as st

from pages.shared.text import escape
from recsys_core.data.reading import DUPLICATES, Answer, Doubt, Layout, Preview

_ROLES = {"user": "Person", "item": "Item", "rating": "Rating", "time": "Time", "event": "Event"}
# Of these the widgets hold what is chosen, where a row is a rating.
_WIDGETS = (*_ROLES, "feedback")


def _key(name: str, reading: str) -> str:
    return f"upload_{name}_{reading}"  # another file, or another way to read it, starts from its own guess


def answers_of(reading: str) -> dict[str, tuple[Doubt, Answer]]:
    """The doubts that were answered, by key, with the answer of each."""
    return {key: (doubt, answer) for key, (doubt, answer, _) in _answered(reading).items()}


def _answered(reading: str) -> dict:
    return st.session_state.get(_key("answers", reading), {})


def answer_doubt(reading: str, guess: Layout, doubt: Doubt, answer: Answer) -> None:
    """In a callback: settle a doubt; the widgets show what it changes."""
    before = {}
    for field, value in answer.changes:
        for widget, shown in _shown_by_widgets(field, value, guess, reading):
            before[widget] = st.session_state.get(widget)
            st.session_state[widget] = shown
    st.session_state[_key("answers", reading)] = {**_answered(reading), doubt.key: (doubt, answer, before)}


def undo_answer(reading: str, key: str) -> None:
    """In a callback: the doubt is open again, and the widgets show what they showed before."""
    answers = dict(_answered(reading))
    _, _, before = answers.pop(key)
    for widget, shown in before.items():
        if shown is None:
            st.session_state.pop(widget, None)
        else:
            st.session_state[widget] = shown
    st.session_state[_key("answers", reading)] = answers


def _shown_by_widgets(field: str, value, guess: Layout, reading: str):
    """Yield (widget, what it shows) for a field of the layout."""
    if field == "event_weights":
        for event, weight in value:
            yield _key(f"weight_{event}", reading), weight
    elif field == "duplicates":
        for feedback in ("explicit", "implicit"):
            yield _key(f"duplicates_{feedback}", reading), value
    elif field in _WIDGETS and guess.orientation == "long":
        yield _key(field, reading), value


def chosen_layout(guess: Layout, reading: str) -> Layout:
    """The guess with what was answered and what the widgets say now."""
    layout = guess
    for doubt, answer in answers_of(reading).values():
        layout = doubt.settle(layout, answer)

    def now(name: str, default):
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
    """Of a column that is chosen where none was found the numbers are taken for ratings."""
    return guess.feedback if guess.rating is not None else "explicit"


def _rule(layout: Layout, feedback: str, has_amounts: bool) -> str:
    if feedback == layout.feedback:
        return layout.duplicates
    return "last" if feedback == "explicit" else "sum" if has_amounts else "count"


def draw_corrections(guess: Layout, preview: Preview, reading: str) -> None:
    """A widget for everything about the columns that a person may correct."""
    layout = preview.layout
    names = [name or f"column {place + 1}" for place, name in enumerate(preview.columns)]
    if layout.orientation == "wide":
        st.checkbox("Decimal comma (4,5)", guess.decimal_comma, key=_key("decimal", reading))
        return
    for box, (role, label) in zip(st.columns(len(_ROLES)), _ROLES.items(), strict=True):
        choices = [*range(len(names))] if role in ("user", "item") else [None, *range(len(names))]
        _select(box, label, choices, getattr(layout, role), lambda place: _column(place, names), _key(role, reading))
    boxes = list(st.columns([3, 3, 2], vertical_alignment="bottom"))
    if layout.rating is not None and layout.event is None:
        kinds = {"explicit": "ratings (opinions)", "implicit": "counts (plays, purchases)"}
        _select(boxes.pop(0), "The numbers are", list(kinds), layout.feedback, kinds.get, _key("feedback", reading))
    rules = _key(f"duplicates_{layout.feedback}", reading)
    _select(boxes.pop(0), "Same person and item twice", list(DUPLICATES), layout.duplicates, DUPLICATES.get, rules)
    boxes[0].checkbox("Decimal comma (4,5)", guess.decimal_comma, key=_key("decimal", reading))
    if layout.event is not None and len(layout.event_weights) > 1:
        st.caption("How much does one event of each kind count? Rows of a kind that counts 0 are left out.")
        for box, (event, weight) in zip(
            st.columns(max(5, len(layout.event_weights))), layout.event_weights, strict=False
        ):
            key = _key(f"weight_{event}", reading)
            box.number_input(
                escape(event), min_value=0.0, max_value=1000.0, value=float(weight), step=1.0, format="%g", key=key
            )


def _select(box, label: str, choices: list, value, format_func, key: str) -> None:
    """A select box that shows what is chosen, also to a browser that missed the run in which it was first drawn."""
    box.selectbox(label, choices, choices.index(value) if value in choices else 0, format_func=format_func, key=key)


def _column(place: int | None, names: list[str]) -> str:
    return "none" if place is None else names[place]
