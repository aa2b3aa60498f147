"""Read files of ratings, of items and of people: from bytes to a Dataset and a receipt, never silently wrong.

    dataset, receipt = read_file("ratings.csv")
    print(receipt.text())

bytes → kind of file → characters → lines → table of text with line numbers → columns by role → values → Dataset.
Each step is one module here. Every row is kept, merged as a duplicate, or named in the receipt with its line, and every
line of a text file is counted. Ids stay text. The only error raised is InputError.

Reads CSV, TSV and similar files, MovieLens, RecBole and Orange files, user × item matrices, blocks of the Netflix
Prize, lists of LightGCN, TREC qrels, UCI's web log, Parquet, XLSX, NPZ, Matrix Market, JSON lines, and one of these in
.gz or .zip. Binary kinds are parsed in a child process (recsys_core.data.sandbox).
"""

from os import PathLike
from pathlib import Path

from recsys_core.data.dataset import Dataset
from recsys_core.data.reading.choices import NO_CHOICES, Choices
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.file_kinds import MAX_BYTES
from recsys_core.data.reading.items_file import (
    ItemTable,
    add_titles,
    attributes_of_people,
    describe_attributes,
    read_item_table,
)
from recsys_core.data.reading.layout import DUPLICATES, Layout
from recsys_core.data.reading.opened import OpenedFile, only_input_errors, open_file
from recsys_core.data.reading.preview import Preview
from recsys_core.data.reading.receipt import LeftOut, Merged, Receipt
from recsys_core.data.reading.user_file import UserTable, add_user_attributes, read_user_table
from recsys_core.data.sandbox.archives import ARCHIVES, TABLES
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
    "OpenedFile",
    "Preview",
    "Receipt",
    "UserTable",
    "attributes_of_people",
    "describe_attributes",
    "guess_layout",
    "open_ratings",
    "read_bytes",
    "read_file",
    "read_items",
    "read_ratings",
    "read_users",
    "with_items",
    "with_user_attributes",
]

SUFFIXES = tuple(ending.removeprefix(".") for ending in (*TABLES, *ARCHIVES))
"""The file name endings that can be read, for a file chooser."""


def open_ratings(content: bytes, filename: str, choices: Choices = NO_CHOICES, *, is_head: bool = False) -> OpenedFile:
    """Split a file of ratings into columns and guess what they hold, so that the guess can be seen and corrected.

    What `choices` settle is not guessed. Of a large file the head is enough to see that; its `table.is_whole` is then
    False. Raises InputError where the file is no table of ratings.
    """
    with only_input_errors(filename):
        return open_file(content, filename, choices, is_head=is_head)


def guess_layout(content: bytes, filename: str, choices: Choices = NO_CHOICES) -> Preview:
    """Return a preview of how a file of ratings would be read; what `choices` settle is not guessed."""
    return open_ratings(content, filename, choices).preview()


def read_ratings(content: bytes, filename: str, layout: Layout | None = None) -> tuple[Dataset, Receipt]:
    """Read the ratings in a file; return the data set and the receipt that accounts for every row.

    Without a `layout`, one is guessed. Of rows with the same user and item, the layout's rule for duplicates decides
    which counts: the latest, unless it says otherwise. Raises InputError where no rating can be read.
    """
    with only_input_errors(filename):
        return open_file(content, filename, layout=layout).read()


def read_file(path: str | PathLike[str], layout: Layout | None = None) -> tuple[Dataset, Receipt]:
    """Read the ratings in a file on this machine, as `read_ratings` does."""
    return read_ratings(*read_bytes(path), layout)


def read_bytes(path: str | PathLike[str], what: str = "ratings") -> tuple[bytes, str]:
    """Return the content and the name of a file of `what` on this machine. Raises InputError where it has none."""
    path = Path(path)
    try:
        return path.read_bytes(), path.name
    except OSError as error:
        raise InputError(
            f"The file of {what} must exist and be readable. {str(path)!r} cannot be opened: {error.strerror}. "
            "Give another path."
        ) from error


def read_items(content: bytes, filename: str) -> tuple[ItemTable, Receipt]:
    """Read titles, genres and other columns by item id from MovieLens' movies.csv, movies.dat or u.item, or any table
    keyed by item."""
    with only_input_errors(filename):
        return read_item_table(content, filename)


def with_items(dataset: Dataset, items: ItemTable) -> tuple[Dataset, str]:
    """Add titles, genres and attributes to a data set; return it and a sentence on how many items matched and what was
    left out.

    Ids are compared as text. Raises InputError where none matches, or where the file has nothing to use.
    """
    return add_titles(dataset, items)


def read_users(content: bytes, filename: str) -> UserTable:
    """Read what is known of people by user id from MovieLens' u.user or users.dat, or any table keyed by user."""
    with only_input_errors(filename):
        return read_user_table(content, filename)


def with_user_attributes(dataset: Dataset, people: UserTable) -> tuple[Dataset, str]:
    """Add attributes of people to a data set; return it and a sentence on how many users matched and what was left out.

    Ids are compared as text. Raises InputError where none matches, or where no column makes groups.
    """
    return add_user_attributes(dataset, people)
