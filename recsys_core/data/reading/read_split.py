"""Read a split that somebody else made: a file for each part, or one file with a column that says the part."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.given_split import GivenSplitReport, combine_subsets
from recsys_core.data.reading.column_roles import normalise
from recsys_core.data.reading.guess_columns import guess_columns
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.open_table import open_table
from recsys_core.data.reading.opened import OpenedFile, only_input_errors, open_file
from recsys_core.data.reading.receipt import Receipt, list_quoted
from recsys_core.data.reading.stray_rows import without_stray_rows
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError

_COLUMNS = {"split", "subset", "part", "partition", "fold", "set", "dataset", "phase", "usage", "istest", "istrain"}
_WORDS = {
    "training": {"train", "training", "tr", "trn", "learn", "fit"},
    "validation": {"validation", "valid", "val", "dev", "develop", "development", "tune", "tuning"},
    "test": {"test", "testing", "te", "tst", "eval", "evaluation", "holdout", "heldout"},
}
_FLAGS = {"istest": {"0": "training", "false": "training", "1": "test", "true": "test"},
          "istrain": {"1": "training", "true": "training", "0": "test", "false": "test"}}  # fmt: skip


def read_split_files(files: Mapping[str, tuple[bytes, str]]) -> tuple[Dataset, GivenSplitReport, dict[str, Receipt]]:
    """Read (content, file name) of "training", "test" and maybe "validation".

    A file with the columns of the training file is read as that one; any other is guessed by itself. Returns the data
    set with the split, what is wrong with it, and the receipt of every file. Raises InputError for what is no file of
    ratings, naming the part, and for what is no split.
    """
    parts: dict[str, tuple[Dataset, Receipt]] = {}
    training: OpenedFile | None = None
    for name in sorted(files, key=lambda name: name != "training"):
        content, filename = files[name]
        try:
            with only_input_errors(filename):
                opened = open_file(content, filename) if training is None else _open_like(training, content, filename)
                parts[name] = opened.read()
                training = opened if name == "training" else training
        except InputError as error:
            raise InputError(f"{name.capitalize()} ratings: {error}") from error
    return _combine(parts, in_one_file=False)


def read_split_column(content: bytes, filename: str) -> tuple[Dataset, GivenSplitReport, dict[str, Receipt]]:
    """Read one file of ratings in which a column (split, subset, part, fold, …) says train, validation or test.

    Returns as `read_split_files` does. Raises InputError where there is no such column or it says something else.
    """
    with only_input_errors(filename):
        table, found = _open_rows(content, filename)
        column, part_of = _find_column(table)
        table = _without(table, column)
        opened = _guessed(filename, table, found)
        parts: dict[str, tuple[Dataset, Receipt]] = {}
        for name in _WORDS:
            if np.any(mask := part_of == name):
                parts[name] = replace(opened, table=_rows(table, mask, is_first=not parts)).read()
    return _combine(parts, in_one_file=True)


def _open_like(training: OpenedFile, content: bytes, filename: str) -> OpenedFile:
    """Open another part, which may be too short for a guess: columns with the names of training hold the same."""
    table, found = _open_rows(content, filename)
    if table.names != training.table.names or found.header != training.guess.header:
        return _guessed(filename, table, found)
    text = {name: getattr(found, name) for name in ("delimiter", "encoding", "first_line", "quotes")}
    return OpenedFile(filename, table, replace(training.guess, event_weights=(), **text))


def _open_rows(content: bytes, filename: str) -> tuple[Table, Layout]:
    table, found = open_table(content, filename)
    return without_stray_rows(table, found.header), found


def _guessed(filename: str, table: Table, found: Layout) -> OpenedFile:
    layout, doubts = guess_columns(table, found)
    return OpenedFile(filename, table, layout, tuple(doubts))


def _combine(
    parts: Mapping[str, tuple[Dataset, Receipt]], *, in_one_file: bool
) -> tuple[Dataset, GivenSplitReport, dict[str, Receipt]]:
    """Return the data set of the parts, which remembers how many files they came in, the report and the receipts."""
    dataset, report = combine_subsets({name: dataset for name, (dataset, _) in parts.items()})
    dataset = replace(dataset, origin={**dataset.origin, "in_one_file": in_one_file})
    return dataset, report, {name: receipt for name, (_, receipt) in parts.items()}


def _find_column(table: Table) -> tuple[int, np.ndarray]:
    """The column that says the part, and the part of each row."""
    named = [index for index, name in enumerate(table.names) if normalise(name) in _COLUMNS]
    others = [index for index in range(table.n_columns) if index not in named]
    unknown: list[str] = []
    for index in [*named, *others]:
        codes, texts = table.column(index)
        if len(texts) > 20:
            continue
        words = _FLAGS.get(normalise(table.names[index]), {})
        found = [words.get(text.strip().casefold()) or _part_named(text) for text in texts]
        if all(found) and "training" in found:
            return index, np.array(found, object)[codes]
        if index in named:
            unknown += [text for text, part in zip(texts, found, strict=True) if part is None]
    told = f" Column {list_quoted([table.names[named[0]]])} has {list_quoted(unknown)}." if unknown else ""
    raise InputError(
        "One column must say of each rating whether it is for train, validation or test. None of "
        f"{list_quoted(table.names)} does.{told} Name the column 'split' and write train, validation and test in it."
    )


def _part_named(text: str) -> str | None:
    word = normalise(text)
    return next((part for part, words in _WORDS.items() if word in words), None)


def _without(table: Table, column: int) -> Table:
    """The table without the column that says the part, which is neither user nor item; its short rows stay left out."""
    names = (*table.names[:column], *table.names[column + 1 :])
    return replace(table, names=names, frame=table.frame.drop(columns=table.frame.columns[column]), delimiter="")


def _rows(table: Table, mask: np.ndarray, *, is_first: bool) -> Table:
    """The rows of a part; what the file has beside rows is accounted for with the first part only."""
    beside = {} if is_first else {"ragged": (), "left_out": (), "elsewhere": (), "warnings": ()}
    return replace(table, frame=table.frame[mask], lines=table.lines[mask], n_lines=None, **beside)  # type: ignore[arg-type]
