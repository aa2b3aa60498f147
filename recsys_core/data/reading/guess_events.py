"""A log of events: how much does each event weigh, and are its numbers of one kind?"""

from dataclasses import replace

import numpy as np

from recsys_core.data.reading import events
from recsys_core.data.reading.columns import sample_column
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.table import Table


def guess_event_weights(table: Table, layout: Layout) -> tuple[Layout, list[Doubt]]:
    """Each event with its usual weight; a column whose numbers vary for one event only holds two things."""
    codes, texts = table.column(layout.event)
    weights, counts = events.weights_of(texts), np.bincount(codes, minlength=len(texts))
    counted = layout.rating
    known = (layout.user, layout.item, layout.time, layout.event, layout.title)
    others = [place for place in range(table.n_columns) if place not in known]
    places = [place for place in others if sample_column(table, place).is_numeric] if counted is None else [counted]
    mixed = next((place for place in places if events.varies_for_one(codes, *table.column(place)) is not None), None)
    layout = replace(layout, event_weights=weights, feedback="implicit", duplicates="sum")
    if counted is not None and mixed is None:
        return layout, []
    layout = replace(layout, rating=None)
    how_often = ", ".join(f"{text.strip()!r} ({count:,} ×)" for text, count in zip(texts, counts, strict=True))
    weighed = ", ".join(f"{event!r} {weight:g}" for event, weight in weights)
    doubts = [
        Doubt(
            "events",
            f"Each row is an event: {how_often}. It counts as much as the event weighs: {weighed}.",
            layout.event,
            _answers(weights),
            must_answer=len(weights) > 1,
        )
    ]
    if mixed is not None:
        event = texts[events.varies_for_one(codes, *table.column(mixed))].strip()
        amounts = {
            "rating": mixed, "event_weights": _only(event, weights), "feedback": "implicit", "duplicates": "sum",
        }  # fmt: skip
        doubts.append(
            Doubt(
                "two things",
                f"The numbers in {table.names[mixed]!r} vary for {event!r} only and are the same for all other events: "
                "these are two different things. They are not used; the events are counted.",
                mixed,
                (Answer("Count the events"), Answer(f"Use the numbers of {event!r} only", tuple(amounts.items()))),
                must_answer=True,
            )
        )
    return layout, doubts


def _answers(weights: tuple[tuple[str, float], ...]) -> tuple[Answer, ...]:
    once = (("event_weights", tuple((event, 1.0) for event, _ in weights)),)
    if len(weights) == 1:
        return (Answer("Count the rows", once),)
    heaviest = [event for event, weight in weights[::-1] if weight > 0][:2]
    return (
        Answer("Add up these weights"),
        Answer("Every row counts 1", once),
        *(Answer(f"Only {event!r}", (("event_weights", _only(event, weights)),)) for event in heaviest),
    )


def _only(event: str, weights: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    return tuple((other, float(other == event)) for other, _ in weights)
