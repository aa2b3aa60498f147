"""Reading files of ratings and of items: from bytes to a Dataset and a receipt, and never silently wrong.

    dataset, receipt = read_file("ratings.csv")
    print(receipt.text())

bytes → kind → characters → lines → table of text with line numbers → columns by role → values → Dataset.
Each step is one file here. Every row is kept, merged as a duplicate, or named in the receipt with its
line; ids stay text; the only error is InputError. Reads CSV, TSV and their kin, MovieLens and Orange
files, user × item matrices, Parquet, XLSX, NPZ, Matrix Market, JSON lines, and one of these in .gz or .zip.
Binary kinds are parsed in a child process (recsys_core.data.sandbox).
"""

from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from recsys_core.data.dataset import Dataset
from recsys_core.data.reading.assemble import assemble
from recsys_core.data.reading.choices import NO_CHOICES, Choices
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.entries import entries_of
from recsys_core.data.reading.guess import guess_columns
from recsys_core.data.reading.items import ItemTable, items_of, named
from recsys_core.data.reading.kinds import MAX_BYTES
from recsys_core.data.reading.layout import DUPLICATES, Layout
from recsys_core.data.reading.preview import Preview
from recsys_core.data.reading.receipt import LeftOut, Merged, Receipt
from recsys_core.data.reading.source import open_table
from recsys_core.data.reading.table import Table, with_short_rows
from recsys_core.data.reading.value_doubts import HEAD, repeats_doubt, value_doubts
from recsys_core.errors import InputError

__all__ = [
    "DUPLICATES",
    "MAX_BYTES",
    "SUFFIXES",
    "Answer",
    "Choices",
    "Doubt",
    "ItemTable",
    "Layout",
    "LeftOut",
    "Merged",
    "Preview",
    "Receipt",
    "guess_layout",
    "read_file",
    "read_items",
    "read_ratings",
    "with_items",
]

SUFFIXES = (
    *("csv", "tsv", "txt", "dat", "data", "tab", "base", "test", "item", "inter", "rating", "qrels"),
    *("mtx", "json", "jsonl", "ndjson", "parquet", "xlsx", "npz", "gz", "zip"),
)
"""The endings of files that can be read, for a chooser of files."""


def guess_layout(content: bytes, filename: str, layout: Layout | None = None, choices: Choices = NO_CHOICES) -> Preview:
    """How a file of ratings would be read, for a person to look at and correct.

    With a layout, how it would be read by that one: only what is uncertain about it is guessed anew.
    What `choices` settle of the text is not guessed.
    """
    with _only_input_errors(filename):
        table, found = open_table(content, filename, layout, choices=choices)
        doubts = []
        if layout is None:
            found, doubts = guess_columns(table, found, choices.orientation)
        if found.orientation == "wide":
            table = with_short_rows(table)
        rows = tuple(tuple(row) for row in table.frame.head(5).itertuples(index=False, name=None))
        doubts = [*doubts, *_doubts_of(table, found)]
        sentence = " ".join([*table.sentences, _columns_in_words(found, table.names), *table.warnings])
        return Preview(found, table.names, rows, sentence, tuple(doubts), table.readings)


def _doubts_of(table: Table, layout: Layout) -> list[Doubt]:
    """What is uncertain about the values, ids and times of a layout; ids and times from the first rows only."""
    doubts = value_doubts(table, layout)
    try:
        doubts += entries_of(table.head(HEAD), layout).doubts
    except InputError as error:
        return [*doubts, Doubt("refused", str(error), must_answer=True)]
    repeats = repeats_doubt(table, layout)
    doubts += [repeats] if repeats else []
    return [doubt for doubt in doubts if doubt.key not in layout.settled]


def read_ratings(content: bytes, filename: str, layout: Layout | None = None) -> tuple[Dataset, Receipt]:
    """The ratings in a file and the receipt for every row of it; without a layout it is guessed.

    Of rows with the same user and item the layout's rule decides; the latest counts unless it says otherwise.
    """
    with _only_input_errors(filename):
        table, found = open_table(content, filename, layout)
        doubts = []
        if layout is None:
            found, doubts = guess_columns(table, found)
        if found.orientation == "wide":
            table = with_short_rows(table)
        doubts = [*doubts, *value_doubts(table, found)]
        return assemble(entries_of(table, found), table, found, filename, doubts)


def read_file(path: str | PathLike, layout: Layout | None = None) -> tuple[Dataset, Receipt]:
    """`read_ratings` of a file on this machine."""
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"A file of ratings must be there and may be opened. {str(path)!r} cannot be: {error.strerror}. "
            "Give the path of another."
        ) from error
    return read_ratings(content, path.name, layout)


def read_items(content: bytes, filename: str) -> tuple[ItemTable, Receipt]:
    """Titles and genres by item id: MovieLens' movies.csv, movies.dat and u.item, or any table with them."""
    with _only_input_errors(filename):
        return items_of(content, filename)


def with_items(dataset: Dataset, items: ItemTable) -> tuple[Dataset, str]:
    """The dataset with titles and genres, and a sentence on how many items got one.

    Ids are compared as text. Raises InputError where none matches.
    """
    return named(dataset, items)


def _columns_in_words(layout: Layout, names: tuple[str, ...]) -> str:
    kind = {"explicit": "ratings", "implicit": "counts"}[layout.feedback]
    if layout.orientation == "wide":
        return f"A matrix of people × items; the numbers are {kind}."
    roles = {"person": layout.user, "item": layout.item, "rating": layout.rating, "time": layout.time}
    columns = {**roles, "event": layout.event, "title": layout.title}
    listed = ", ".join(f"{role} = {names[place]!r}" for role, place in columns.items() if place is not None)
    return f"{listed}; the numbers are {kind}."


@contextmanager
def _only_input_errors(filename: str):
    """The edge of this room: what the checks did not foresee is still told as a sentence."""
    try:
        yield
    except InputError:
        raise
    except (Exception, MemoryError) as error:
        raise InputError(
            f"A file must be a table that can be read. {filename[:60]!r} could not be: it is damaged or of an "
            f"unknown kind ({type(error).__name__}). Export it again as CSV."
        ) from error
