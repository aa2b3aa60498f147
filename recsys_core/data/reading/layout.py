"""The layout of a file: which column holds what, and what the values mean. A person may correct it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# The rules for rows of the same user and item; "latest" and "first" go by time where there is one.
DUPLICATES = {
    "last": "keep the latest",
    "first": "keep the first",
    "mean": "take the mean",
    "highest": "keep the highest",
    "count": "count them",
    "sum": "add them up",
}
ADDING = ("count", "sum")


@dataclass(frozen=True)
class Layout:
    """Where the ratings are in a file, and what their values mean.

    `user`, `item`, `rating`, `time`, `title` and `event` are column indices from 0, or None where the file has no such
    column. Without a rating, every row counts as one interaction.

    In a "wide" file each row is a user, each further column an item, and blank means unrated. There `user` is None if
    the rows have no ids and are numbered; the other indices are None.

    `first_line` is the line number of the header or, without one, of the first row. Kinds of files that settle these
    themselves (Parquet, NPZ, Matrix Market, JSON lines) ignore delimiter, header and first line. A delimiter "" is that
    of a kind or shape that separates by itself, such as the blocks of the Netflix Prize. `duplicates` is a key of
    DUPLICATES. `quotes` says whether quotes may enclose fields; otherwise they are letters.

    `unrated` are values that mean "not rated". `event_weights` are pairs (event, weight): a row counts as much as its
    event weighs, times its rating if there is one; a row whose event weighs 0 or is not named is not used.
    `time_format` is the chosen format of the times, a name in times.py, or "". `date_parts` are the columns of year,
    month, day and perhaps hour, minute and second, instead of `time`. `ignored` are columns of a wide file that are no
    items. With `tidy_users` or `tidy_items`, ids that look the same become one: their Unicode forms are unified and
    invisible characters removed. With `no_missing_users` or `no_missing_items`, ids such as NULL and n/a name nobody or
    nothing, as they always do beside numbers, and their rows are left out. `settled` are the keys of the doubts that a
    person has answered.
    """

    delimiter: str = ","
    encoding: str = "utf-8"
    header: bool = True
    first_line: int = 1
    orientation: str = "long"
    user: int | None = 0
    item: int | None = 1
    rating: int | None = 2
    time: int | None = None
    title: int | None = None
    decimal_comma: bool = False
    feedback: str = "explicit"
    duplicates: str = "last"
    quotes: bool = True
    unrated: tuple[float, ...] = ()
    event: int | None = None
    event_weights: tuple[tuple[str, float], ...] = ()
    time_format: str = ""
    date_parts: tuple[int, ...] = ()
    ignored: tuple[int, ...] = ()
    tidy_users: bool = False
    tidy_items: bool = False
    no_missing_users: bool = False
    no_missing_items: bool = False
    settled: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), list):  # JSON turns tuples into lists
                object.__setattr__(self, field.name, _as_tuple(value))


def restore_layout(settings: Mapping[str, Any]) -> Layout:
    """Return the layout with these `settings`, also where an earlier version wrote them."""
    values = dict(settings)
    if values.pop("zero_is_unrated", False) and values["orientation"] == "wide":
        values["unrated"] = (0.0,)
    return Layout(**values)


def _as_tuple(value: object) -> object:
    """Turn a list into a tuple, also the lists inside it."""
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
