"""Cutting lines into a table of text, where each row knows its line."""

import io
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv

from recsys_core.data.reading.receipt import shown
from recsys_core.data.sandbox.marks import CELL_END
from recsys_core.errors import InputError

MAX_ROWS = 5_000_000
MAX_COLUMNS = 20_000
# Real multi-line fields are short; this bounds the work that one stray quote can cause.
MAX_LINES_IN_QUOTES = 1_000
FIELD_MARK = CELL_END
# Kinds that separate fields by signs of their own know no quotes: a '"' is a letter there.
UNQUOTED = ("::", FIELD_MARK)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of text and the 1-based line of each; `unit` is what a line is called ("line" or "row").

    `ragged` are the rows that do not fit the table, as (line, text), and `misfit` says why. `sentences`,
    `understood` (label, value) and `warnings` tell how the file became this table.
    """

    names: tuple[str, ...]
    frame: pd.DataFrame
    lines: np.ndarray
    ragged: tuple[tuple[int, str], ...] = ()
    unit: str = "line"
    sentences: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()
    misfit: str = ""

    @property
    def n_columns(self) -> int:
        return len(self.names)

    def column(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """(codes, texts): the distinct texts of a column, trimmed or not, and which one each row has."""
        return distinct(self.frame.iloc[:, position].array)


def distinct(texts) -> tuple[np.ndarray, np.ndarray]:
    """(codes, distinct texts): parsing only what is distinct is what makes reading fast."""
    codes, found = pd.factorize(texts)
    return codes, np.asarray(found, dtype=object)


def cut(lines: list[str], first: int, n_fields: int, delimiter: str) -> tuple[pd.DataFrame, np.ndarray, tuple]:
    """(frame, line numbers, ragged) of `lines[first:]`; blank lines are skipped."""
    if len(lines) - first > MAX_ROWS + 1:
        raise InputError(f"A file must have at most {MAX_ROWS:,} rows. This one is too large: take a sample of it.")
    if n_fields > MAX_COLUMNS:
        raise InputError(
            f"A file must have at most {MAX_COLUMNS:,} columns. This one has {n_fields:,}: choose another "
            "delimiter, or write one rating a line."
        )
    if delimiter not in UNQUOTED and any('"' in line for line in lines):
        return _cut_with_quotes(lines, first, n_fields, delimiter)
    body = lines[first:]
    numbers = np.arange(first + 1, len(lines) + 1)
    widths = np.array([line.count(delimiter) for line in body], np.int64) + 1
    fits = widths == n_fields
    ragged = tuple(
        (int(numbers[row]), _ragged_text(int(widths[row]), body[row]))
        for row in np.flatnonzero(~fits)
        if body[row].strip()
    )
    rows = body if fits.all() else [body[row] for row in np.flatnonzero(fits)]
    return _frame_of_lines(rows, n_fields, delimiter), numbers[fits], ragged


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


def _cut_with_quotes(lines: list[str], first: int, n_fields: int, delimiter: str):
    rows, numbers, ragged = [], [], []
    for number, fields in records(lines, first, delimiter):
        if len(fields) == n_fields:
            rows.append(fields)
            numbers.append(number)
        elif lines[number - 1].strip():
            ragged.append((number, _ragged_text(len(fields), lines[number - 1])))
    columns = list(zip(*rows, strict=True)) or [()] * n_fields
    frame = pd.DataFrame({place: pd.Series(column, dtype="str") for place, column in enumerate(columns)})
    return frame, np.array(numbers, np.int64), tuple(ragged)


def records(lines: list[str], first: int, delimiter: str):
    """Yield (line number, fields) of each record; a field in quotes may run over several lines."""
    at = first
    while at < len(lines):
        start, text = at, lines[at]
        fields = text.split(delimiter) if '"' not in text else fields_of(text, delimiter, start + 1)
        while fields is None:
            at += 1
            while at < len(lines) and '"' not in lines[at]:
                at += 1
            if at >= len(lines) or at - start > MAX_LINES_IN_QUOTES:
                raise _unclosed(start + 1)
            fields = fields_of("\n".join(lines[start : at + 1]), delimiter, start + 1)
        yield start + 1, fields
        at += 1


def fields_of(record: str, delimiter: str, line: int) -> list[str] | None:
    """The fields of the record that starts on `line`, or None if a quote is still open at its end."""
    padding = "" if delimiter == " " else " *"
    quoted = re.compile(rf'{padding}"((?:[^"]++|"")*+)"{padding}')
    opened = re.compile(rf'{padding}"')
    fields, at = [], 0
    while True:
        match = quoted.match(record, at)
        if match and (match.end() == len(record) or record.startswith(delimiter, match.end())):
            fields.append(match[1].replace('""', '"'))
            end = match.end()
        elif not match and opened.match(record, at):
            return None
        else:
            # Quotes that do not enclose the whole field are part of it, as in: "Weird Al" Yankovic
            if match and "\n" in match[0]:
                raise _unclosed(line + record.count("\n", 0, at))
            end = record.find(delimiter, at)
            end = len(record) if end < 0 else end
            fields.append(record[at:end])
        if end == len(record):
            return fields
        at = end + len(delimiter)


def _ragged_text(n_fields: int, text: str) -> str:
    return f"{n_fields:,} {'field' if n_fields == 1 else 'fields'} in {shown(text)}"


def _unclosed(line: int) -> InputError:
    return InputError(
        f"Every quote must be closed. The quote opened on line {line} is not, so where that field ends is "
        "unknown. Close or remove it."
    )
