"""Preview how a file would be read, so that a person can correct it."""

from dataclasses import dataclass

from recsys_core.data.reading.doubts import Doubt
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.receipt import quote


@dataclass(frozen=True)
class Preview:
    """A layout, with what a person needs to see whether it is right.

    `rows` are the first five rows as text, `columns` the names of the columns; both are shortened where they are long.
    `sentence` says how the file is read, `doubts` what is uncertain. `readings` are (encoding, some texts as they read
    in it) where the encoding had to be guessed.
    """

    layout: Layout
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentence: str
    doubts: tuple[Doubt, ...] = ()
    readings: tuple[tuple[str, tuple[str, ...]], ...] = ()


def describe_row(layout: Layout, names: tuple[str, ...]) -> str:
    """Say what a row means, as "Each row is a rating ('stars') that a person ('user') gave an item ('film')."."""
    if layout.orientation == "wide":
        kind = {"explicit": "ratings", "implicit": "counts"}[layout.feedback]
        return f"Each row is a person, each column an item; the numbers are {kind}."

    def column(index: int | None) -> str:
        return "(none)" if index is None else f"({quote(names[index], 30)})"

    person, item = f"a person {column(layout.user)}", f"an item {column(layout.item)}"
    if layout.event is not None:
        sentence = f"Each row is an event {column(layout.event)} of {person} with {item}"
    elif layout.feedback == "explicit" and layout.rating is not None:
        sentence = f"Each row is a rating {column(layout.rating)} that {person} gave {item}"
    elif layout.rating is not None:
        sentence = f"Each row counts {column(layout.rating)} how much {person} used {item}"
    else:
        sentence = f"Each row says that {person} used {item}"
    if layout.date_parts:
        sentence += ", with a date in several columns"
    elif layout.time is not None:
        sentence += f", with a time {column(layout.time)}"
    return f"{sentence}."
