"""How a file is understood: the part of reading that a person may correct."""

from dataclasses import dataclass

# Which of several rows with the same user and item counts; earlier and later go by time where there is one.
DUPLICATES = {
    "last": "the latest counts",
    "first": "the first counts",
    "mean": "their mean counts",
    "highest": "the highest counts",
}


@dataclass(frozen=True)
class Layout:
    """Where the ratings stand in a file.

    `user`, `item`, `rating`, `time` and `title` are column positions counted from 0, or None where
    the file has no such column. Without a rating every row counts as one interaction.

    In a "wide" file each row is a person, each further column an item, and blank means unrated.
    There `user` is 0, or None if the rows carry no ids and are numbered; the other positions are None.

    `first_line` is the line of the header or, without one, of the first row. Files whose kind settles
    these (Parquet, NPZ, Matrix Market, JSON lines) ignore delimiter, header and first line.
    `duplicates` is a key of DUPLICATES. `quotes` says whether quotes may enclose fields; else they are letters.
    A delimiter "" is that of a kind or shape that separates by itself, such as the blocks of the Netflix Prize.
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
    zero_is_unrated: bool = False
    feedback: str = "explicit"
    duplicates: str = "last"
    quotes: bool = True


@dataclass(frozen=True)
class Choices:
    """What a person settled about the text of a file; what is None is guessed."""

    delimiter: str | None = None
    encoding: str | None = None
    header: bool | None = None
    orientation: str | None = None
    quotes: bool | None = None


NO_CHOICES = Choices()


@dataclass(frozen=True)
class Preview:
    """A guessed Layout with what a person needs to see whether it is right.

    `rows` are the first five rows as text; `sentence` says what is assumed and what is uncertain.
    """

    layout: Layout
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentence: str
