"""Cutting lines into a table of text, where each row knows its line."""

import io
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from recsys_core.data.reading.quotes import Quoting, ends_blank, split_line, split_quoted_rows, trailing_warning
from recsys_core.data.reading.receipt import LeftOut, list_lines, quote
from recsys_core.data.sandbox.marks import CELL_END
from recsys_core.errors import InputError

MAX_ROWS = 5_000_000
MAX_COLUMNS = 20_000
FIELD_MARK = CELL_END
COMMENT_SIGNS = ("#", "%")
NUL = "it holds a NUL, a control character that no text has"


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of text and the 1-based line of each; `unit` is what a line is called ("line" or "row").

    `ragged` are the rows that do not fit the table, as (line, text, number of fields), and `misfit` says why;
    `left_out` are rows that were left out for another reason. `sentences`, `understood` (label, value) and
    `warnings` tell how the file became this table.

    Of a text file `n_lines` counts all lines, and `elsewhere` those that are neither rows nor left out, by what
    they are, such as (("header", 1), ("blank", 2)). `readings` are (encoding, some texts as they read in it)
    where the encoding had to be guessed.
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

    @property
    def n_columns(self) -> int:
        return len(self.names)

    @property
    def n_left_out(self) -> int:
        return len(self.ragged) + sum(group.count for group in self.left_out)

    def column(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """(codes, texts): the distinct texts of a column, trimmed or not, and which one each row has."""
        if position not in self._columns:
            self._columns[position] = factorise(self.frame.iloc[:, position].array)
        return self._columns[position]

    def cells(self, positions: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """`column` of several columns at once, row by row."""
        if positions not in self._columns:
            self._columns[positions] = factorise(self.frame.iloc[:, list(positions)].to_numpy(object).ravel())
        return self._columns[positions]

    def head(self, n_rows: int) -> "Table":
        """The table with its first rows only."""
        if len(self.lines) <= n_rows:
            return self
        return replace(self, frame=self.frame.iloc[:n_rows], lines=self.lines[:n_rows])

    @cached_property
    def _columns(self) -> dict:
        return {}

    def all_left_out(self) -> list[LeftOut]:
        """The rows that are not in the table, in groups by reason."""
        if not self.ragged:
            return list(self.left_out)
        lines, texts, widths = zip(*self.ragged, strict=True)
        texts = [_ragged_text(*row) for row in zip(widths, texts, strict=True)]
        group = LeftOut(self.misfit, np.array(lines), np.array(texts, object), self.unit)
        return [group, *self.left_out]


@dataclass(frozen=True, eq=False)
class SplitLines:
    """The rows of a text and what became of its other lines."""

    frame: pd.DataFrame
    lines: np.ndarray
    ragged: tuple[tuple[int, str, int], ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    warnings: tuple[str, ...] = ()
    n_blank: int = 0
    n_comments: int = 0
    n_continued: int = 0


def factorise(texts) -> tuple[np.ndarray, np.ndarray]:
    """(codes, distinct texts): parsing only what is distinct is what makes reading fast."""
    codes, found = pd.factorize(texts)
    return codes, np.asarray(found, dtype=object)


def split_lines(
    lines: list[str], first: int, n_fields: int, delimiter: str, quoting: Quoting | None = None
) -> SplitLines:
    """The rows of `lines[first:]`; blank lines are skipped, lines that do not fit are named."""
    if len(lines) - first > MAX_ROWS + 1:
        raise InputError(f"A file must have at most {MAX_ROWS:,} rows. This one is too large: take a sample of it.")
    if n_fields > MAX_COLUMNS:
        raise InputError(
            f"A file must have at most {MAX_COLUMNS:,} columns. This one has {n_fields:,}: choose another "
            "'Delimiter', or write one rating a line."
        )
    numbers, body, left_out = _without_nul(np.arange(first + 1, len(lines) + 1), lines[first:])
    if quoting is not None and quoting.encloses:
        found = split_quoted_rows(numbers, body, n_fields, delimiter, quoting)
        columns = list(zip(*found.rows, strict=True)) or [()] * n_fields
        frame = pd.DataFrame({place: pd.Series(column, dtype="str") for place, column in enumerate(columns)})
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
        misfits = [(int(numbers[row]), body[row], int(widths[row])) for row in np.flatnonzero(~fits)]
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
        n_blank=len(misfits) - len(filled),
        n_comments=len(filled) - len(ragged),
    )


def with_short_rows(table: Table) -> Table:
    """A matrix whose short rows are read too: the cells that they lack at their end are unrated."""
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
            f"{rows} shorter than the {table.n_columns:,} columns; the cells that are missing at the end are unrated "
            f"({list_lines([line for line, _, _ in short], table.unit)}).",
        ),
    )


def _without_nul(numbers: np.ndarray, body: list[str]) -> tuple[np.ndarray, list[str], tuple[LeftOut, ...]]:
    """Lines without a NUL, and the others as one group: they are damaged, the rest of the file is not."""
    if "\0" not in "".join(body):
        return numbers, body, ()
    damaged = np.array(["\0" in line for line in body])
    texts = np.array([line for line in body if "\0" in line], object)
    body = [line for line in body if "\0" not in line]
    return numbers[~damaged], body, (LeftOut(NUL, numbers[damaged], texts),)


def _frame_of_lines(rows: list[str], n_fields: int, delimiter: str) -> pd.DataFrame:
    if not rows:
        return pd.DataFrame({position: pd.Series([], dtype="str") for position in range(n_fields)})
    text = "\n".join(rows)
    is_marked = FIELD_MARK in text and delimiter != FIELD_MARK
    if text.count("\n") >= len(rows) or (is_marked and len(delimiter) > 1):
        # A cell of a workbook may hold a line break, a MovieLens title Arrow's separator.
        return pd.DataFrame([row.split(delimiter) for row in rows], dtype="str")
    if len(delimiter) > 1:
        # Arrow reads fast, but only where one character separates.
        text, delimiter = text.replace(delimiter, FIELD_MARK), FIELD_MARK
    names = [str(place) for place in range(n_fields)]
    longest = 4 * max(map(len, rows)) + 16
    read = arrow_csv.read_csv(
        io.BytesIO(text.encode()),
        arrow_csv.ReadOptions(column_names=names, block_size=max(1 << 22, longest)),
        arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, ignore_empty_lines=False),
        arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    return pd.DataFrame({place: pd.Series(read.column(place), dtype="str") for place in range(n_fields)})


def _ragged_text(n_fields: int, text: str) -> str:
    if not n_fields:
        return quote(text)
    return f"{n_fields:,} {'field' if n_fields == 1 else 'fields'} in {quote(text)}"
