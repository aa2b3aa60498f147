"""Split lines into a table of text in which each row knows its line."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from recsys_core.data.reading.numbers import ManyTexts
from recsys_core.data.reading.quotes import Quoting, ends_blank, split_line, split_quoted_rows, trailing_warning
from recsys_core.data.reading.receipt import LeftOut, list_lines, quote
from recsys_core.data.sandbox.limits import check_columns
from recsys_core.data.sandbox.marks import CELL_END
from recsys_core.errors import InputError

MAX_ROWS = 5_000_000
FIELD_MARK = CELL_END
COMMENT_SIGNS = ("#", "%")
CodedTexts = tuple[np.ndarray, np.ndarray]
"""Distinct texts and, for each row, the index into them: (codes, texts)."""
NUL = "it contains a NUL, a control character that no text has"


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of text and the line number of each, from 1; `unit` is what a line is called, "line" or "row".

    `ragged` are the rows that do not fit the table, as (line, text, number of fields), and `misfit` says why;
    `left_out` are rows left out for another reason. `sentences`, `understood` (label, value) and `warnings` tell how
    the file became this table.

    For a text file, `n_lines` counts all lines, and `elsewhere` those that are neither rows nor left out, by what they
    are, such as (("header", 1), ("blank", 2)). `readings` are (encoding, some texts as they read in it) where the
    encoding had to be guessed. `is_whole` is False where this is only the head of the file.
    """

    names: tuple[str, ...]
    frame: pd.DataFrame
    lines: np.ndarray
    ragged: tuple[tuple[int, str, int], ...] = ()
    unit: str = "line"
    sentences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()
    misfit: str = ""
    left_out: tuple[LeftOut, ...] = ()
    delimiter: str = ""
    n_lines: int | None = None
    elsewhere: tuple[tuple[str, int], ...] = ()
    readings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    is_whole: bool = True

    @property
    def n_columns(self) -> int:
        """The number of columns."""
        return len(self.names)

    @property
    def n_left_out(self) -> int:
        """The number of rows that are not in the table, for any reason."""
        return len(self.ragged) + sum(group.count for group in self.left_out)

    def column(self, index: int) -> CodedTexts:
        """Return (codes, texts) of a column: its distinct texts, untrimmed, and for each row the index into them."""
        if index in self._large_columns and index not in self._columns:
            codes, texts = self._large_columns[index]
            self._columns[index] = codes, texts[:]
        if index not in self._columns:
            self._columns[index] = factorise(self.frame.iloc[:, index])
        return self._columns[index]

    def column_of_times(self, index: int) -> tuple[np.ndarray, np.ndarray | ManyTexts]:
        """Return what `column` does, where there are very many texts without making an object of each."""
        return self._large_columns[index] if index in self._large_columns else self.column(index)

    def keep_large_columns(self, coded: Mapping[int, tuple[np.ndarray, ManyTexts]]) -> None:
        """Keep (codes, texts) of columns with very many texts, so that `column` need not find them."""
        self._large_columns.update(coded)

    def cells(self, indices: tuple[int, ...]) -> CodedTexts:
        """Return (codes, texts) of several columns at once, row by row."""
        if indices not in self._columns:
            self._columns[indices] = factorise(self.frame.iloc[:, list(indices)].to_numpy(object).ravel())
        return self._columns[indices]

    def head(self, n_rows: int) -> "Table":
        """Return the table with its first rows only."""
        if len(self.lines) <= n_rows:
            return self
        return replace(self, frame=self.frame.iloc[:n_rows], lines=self.lines[:n_rows])

    @cached_property
    def _large_columns(self) -> dict[int, tuple[np.ndarray, ManyTexts]]:
        return {}

    @cached_property
    def _columns(self) -> dict[int | tuple[int, ...], CodedTexts]:
        return {}

    def all_left_out(self) -> list[LeftOut]:
        """Return the rows that are not in the table, in groups by reason."""
        if not self.ragged:
            return list(self.left_out)
        lines = np.array([line for line, _, _ in self.ragged])
        texts = np.array([_ragged_text(n_fields, text) for _, text, n_fields in self.ragged], object)
        group = LeftOut(self.misfit, lines, texts, self.unit)
        return [group, *self.left_out]


@dataclass(frozen=True, eq=False)
class SplitLines:
    """The rows of a text, and what became of its other lines."""

    frame: pd.DataFrame
    lines: np.ndarray
    ragged: tuple[tuple[int, str, int], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    n_blank: int = 0
    n_comments: int = 0
    n_continued: int = 0


def factorise(texts: np.ndarray | pd.Series) -> CodedTexts:
    """Return (codes, distinct texts). Reading is fast because only distinct texts are parsed."""
    codes, distinct = pd.factorize(texts)
    return codes, np.asarray(distinct, dtype=object)


def split_lines(
    lines: list[str], first: int, n_fields: int, delimiter: str, quoting: Quoting | None = None
) -> SplitLines:
    """Split `lines[first:]` into fields; blank lines are counted, and lines that do not fit are named.

    Raises InputError for too many rows or columns.
    """
    if len(lines) - first > MAX_ROWS + 1:
        raise InputError(f"A file must have at most {MAX_ROWS:,} rows. This one has more: take a sample of it.")
    check_columns(n_fields)
    n_blank = 0
    numbers, body, left_out = _without_nul(np.arange(first + 1, len(lines) + 1), lines[first:])
    if quoting is not None and quoting.encloses and any('"' in line for line in body):
        found = split_quoted_rows(numbers, body, n_fields, delimiter, quoting)
        columns = list(zip(*found.rows, strict=True)) or [()] * n_fields
        frame = pd.DataFrame({index: pd.Series(column, dtype="str") for index, column in enumerate(columns)})
        done = SplitLines(frame, np.array(found.lines, np.int64), n_continued=found.n_continued)
        misfits, warnings = found.misfits, found.warnings
    else:
        widths = np.array([line.count(delimiter) for line in body], np.int64) + 1
        trimmed = []
        for row in np.flatnonzero(widths > n_fields):
            fields = body[row].split(delimiter)
            if ends_blank(fields, n_fields):
                body[row], widths[row] = delimiter.join(fields[:n_fields]), n_fields
                trimmed.append(int(numbers[row]))
        fits = widths == n_fields
        others = np.flatnonzero(~fits)  # without the blank ones, which may be millions
        misfits = [(int(numbers[row]), body[row], int(widths[row])) for row in others if body[row].strip()]
        n_blank = len(others) - len(misfits)
        rows = body if fits.all() else [body[row] for row in np.flatnonzero(fits)]
        done = SplitLines(_frame_of_lines(rows, n_fields, delimiter), numbers[fits])
        warnings = quoting.letters_warning(numbers[fits], rows, delimiter) if quoting is not None else []
        warnings += trailing_warning(trimmed, len(rows), n_fields, delimiter)
    filled = [misfit for misfit in misfits if misfit[1].strip()]
    ragged = tuple(misfit for misfit in filled if not misfit[1].startswith(COMMENT_SIGNS))
    return replace(
        done,
        ragged=ragged,
        left_out=left_out,
        warnings=tuple(warnings),
        n_blank=n_blank + len(misfits) - len(filled),
        n_comments=len(filled) - len(ragged),
    )


def with_short_rows(table: Table) -> Table:
    """Return a matrix with its short rows too: the cells that they lack at the end are unrated."""
    short = [row for row in table.ragged if 1 < row[2] < table.n_columns]
    if not short or not table.delimiter:
        return table
    cells = [split_line(text, table.delimiter) for _, text, _ in short]
    padded = [row + [""] * (table.n_columns - len(row)) for row in cells]
    more = pd.DataFrame(padded, columns=table.frame.columns, dtype="str")
    lines = np.concatenate([table.lines, [line for line, _, _ in short]]).astype(np.int64)
    order = np.argsort(lines, kind="stable")
    rows = "1 row is" if len(short) == 1 else f"{len(short):,} rows are"
    return replace(
        table,
        frame=pd.concat([table.frame, more], ignore_index=True).iloc[order].reset_index(drop=True),
        lines=lines[order],
        ragged=tuple(row for row in table.ragged if not 1 < row[2] < table.n_columns),
        warnings=(
            *table.warnings,
            f"{rows} shorter than the {table.n_columns:,} columns. The cells missing at the end are unrated "
            f"({list_lines([line for line, _, _ in short], table.unit)}).",
        ),
    )


def _without_nul(numbers: np.ndarray, body: list[str]) -> tuple[np.ndarray, list[str], tuple[LeftOut, ...]]:
    """Separate the damaged lines, those with a NUL: (line numbers, lines, damaged lines as a group)."""
    if "\0" not in "".join(body):
        return numbers, body, ()
    damaged = np.array(["\0" in line for line in body])
    texts = np.array([line for line in body if "\0" in line], object)
    body = [line for line in body if "\0" not in line]
    return numbers[~damaged], body, (LeftOut(NUL, numbers[damaged], texts),)


def _frame_of_lines(rows: list[str], n_fields: int, delimiter: str) -> pd.DataFrame:
    """Split rows without quotes, each of `n_fields`, into columns of text."""
    if not rows:
        return pd.DataFrame({index: pd.Series([], dtype="str") for index in range(n_fields)})
    text = "\n".join(rows)
    is_marked = FIELD_MARK in text and delimiter != FIELD_MARK
    if text.count("\n") >= len(rows) or (is_marked and len(delimiter) > 1):
        # A cell of a workbook may hold a line break, a MovieLens title Arrow's separator.
        return pd.DataFrame([row.split(delimiter) for row in rows], dtype="str")
    if len(delimiter) > 1:
        # Arrow reads fast, but only where one character separates.
        text, delimiter = text.replace(delimiter, FIELD_MARK), FIELD_MARK
    names = [str(index) for index in range(n_fields)]
    content = text.encode()
    block = max(1 << 22, 4 * max(map(len, rows)) + 16)
    # One block hardly gains from threads, and a program that ends while these run may abort (apache/arrow#34314).
    read = arrow_csv.read_csv(
        io.BytesIO(content),
        arrow_csv.ReadOptions(column_names=names, block_size=block, use_threads=len(content) > block),
        arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return pd.DataFrame({index: pd.Series(read.column(index), dtype="str") for index in range(n_fields)})


def _ragged_text(n_fields: int, text: str) -> str:
    if not n_fields:
        return quote(text)
    return f"{n_fields:,} {'field' if n_fields == 1 else 'fields'} in {quote(text)}"
