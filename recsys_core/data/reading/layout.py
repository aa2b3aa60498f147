"""How a file is understood: the part of reading that a person may correct."""

from dataclasses import dataclass, fields

# What counts where several rows have the same user and item; earlier and later go by time where there is one.
DUPLICATES = {
    "last": "the latest counts",
    "first": "the first counts",
    "mean": "their mean counts",
    "highest": "the highest counts",
    "count": "their number counts",
    "sum": "their sum counts",
}
ADDING = ("count", "sum")


@dataclass(frozen=True)
class Layout:
    """Where the ratings stand in a file, and what their values mean.

    `user`, `item`, `rating`, `time`, `title` and `event` are column positions counted from 0, or None where
    the file has no such column. Without a rating every row counts as one interaction.

    In a "wide" file each row is a person, each further column an item, and blank means unrated.
    There `user` is 0, or None if the rows carry no ids and are numbered; the other positions are None.

    `first_line` is the line of the header or, without one, of the first row. Files whose kind settles
    these (Parquet, NPZ, Matrix Market, JSON lines) ignore delimiter, header and first line.
    `duplicates` is a key of DUPLICATES. `quotes` says whether quotes may enclose fields; else they are letters.
    A delimiter "" is that of a kind or shape that separates by itself, such as the blocks of the Netflix Prize.

    `unrated` are values that mean "not rated". `event_weights` are (event, weight): a row counts as much as its
    event weighs, times its rating where there is one; a row whose event weighs 0 or is not named is not used.
    `time_format` is how the times are written where it was chosen (a name in times.py). `date_parts` are the
    columns of year, month, day, and maybe hour, minute and second, instead of `time`. `ignored` are columns
    of a wide file that are no items. With `tidy_users` or `tidy_items`, ids that look the same are one: their
    Unicode forms are unified and invisible characters removed. `settled` are the keys of the doubts that a person
    has answered.
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
    settled: tuple[str, ...] = ()

    def __post_init__(self):
        for field in fields(self):
            if isinstance(value := getattr(self, field.name), list):  # as JSON keeps tuples
                object.__setattr__(self, field.name, _as_tuple(value))


def restore_layout(settings: dict) -> Layout:
    """Return the layout that `settings` were taken from, also where an earlier version wrote them."""
    values = dict(settings)
    if values.pop("zero_is_unrated", False) and values["orientation"] == "wide":
        values["unrated"] = (0.0,)
    return Layout(**values)


def _as_tuple(value):
    return tuple(map(_as_tuple, value)) if isinstance(value, list) else value
