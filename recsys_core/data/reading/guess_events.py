"""Guess the weights in a log of events, and whether its numbers are all of one kind."""

from dataclasses import replace

import numpy as np

from recsys_core.data.reading import events
from recsys_core.data.reading.columns import sample_column
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.receipt import quote
from recsys_core.data.reading.table import Table


def guess_event_weights(table: Table, layout: Layout, event_column: int) -> tuple[Layout, list[Doubt]]:
    """Give each event in a column its usual weight; return the layout and the doubts.

    A column whose numbers vary for one kind of event only holds two different things, and is not used.
    """
    codes, texts = table.column(event_column)
    weights, counts = events.weights_of(texts), np.bincount(codes, minlength=len(texts))
    counted = layout.rating
    known = (layout.user, layout.item, layout.time, layout.event, layout.title)
    others = [index for index in range(table.n_columns) if index not in known]
    numeric = [index for index in others if sample_column(table, index).is_numeric] if counted is None else [counted]
    varying = {index: events.varies_for_one(codes, *table.column(index)) for index in numeric}
    mixed, code = next(((index, code) for index, code in varying.items() if code is not None), (None, -1))
    layout = replace(layout, event_weights=weights, feedback="implicit", duplicates="sum")
    if counted is not None and mixed is None:
        return layout, []
    layout = replace(layout, rating=None)
    how_often = ", ".join(f"{quote(text.strip(), 30)} ({count:,} ×)" for text, count in zip(texts, counts, strict=True))
    weighed = ", ".join(f"{quote(event, 30)} {weight:g}" for event, weight in weights)
    doubts = [
        Doubt(
            "events",
            f"Each row is an event: {how_often}. It counts with the weight of the event: {weighed}.",
            layout.event,
            _answers(weights),
            must_answer=len(weights) > 1,
        )
    ]
    if mixed is not None:
        event = texts[code].strip()
        short = quote(event, 30)
        amounts = {
            "rating": mixed, "event_weights": _only(event, weights), "feedback": "implicit", "duplicates": "sum",
        }  # fmt: skip
        doubts.append(
            Doubt(
                "two things",
                f"The numbers in {quote(table.names[mixed], 30)} vary for {short} only and are the same for all other "
                "events, so they mean two different things. They are not used; the events are counted.",
                mixed,
                (
                    Answer("Count the events"),
                    Answer(f"Use the numbers of {short} only", tuple(amounts.items())),
                ),
                must_answer=True,
            )
        )
    return layout, doubts


def _answers(weights: tuple[tuple[str, float], ...]) -> tuple[Answer, ...]:
    """Return the ways to weigh events with these usual weights."""
    once = (("event_weights", tuple((event, 1.0) for event, _ in weights)),)
    if len(weights) == 1:
        return (Answer("Count the rows", once),)
    heaviest = [event for event, weight in weights[::-1] if weight > 0][:2]
    return (
        Answer("Add up these weights"),
        Answer("Count every row as 1", once),
        *(Answer(f"Use {quote(event, 30)} only", (("event_weights", _only(event, weights)),)) for event in heaviest),
    )


def _only(event: str, weights: tuple[tuple[str, float], ...]) -> tuple[tuple[str, float], ...]:
    """Return the weights in which only `event` counts."""
    return tuple((other, float(other == event)) for other, _ in weights)
