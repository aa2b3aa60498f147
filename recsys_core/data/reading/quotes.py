"""Decide whether the quotes of a file enclose fields or are letters, as in 12" Mix, and split lines accordingly."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice

import numpy as np

from recsys_core.data.reading.numbers import looks_numeric
from recsys_core.data.reading.receipt import N_EXAMPLES, list_examples, list_lines, quote
from recsys_core.data.sandbox.marks import CELL_END
from recsys_core.errors import InputError

# Where fields are separated by these, there are no quotes.
UNQUOTED = ("::", CELL_END)
# Real fields of several lines are short; this bounds the work that one stray quote can cause.
MAX_LINES_IN_QUOTES = 1_000
SAMPLE = 3_000
# A file of so few lines is corrected by hand rather than guessed at.
FEW_LINES = 1_000
NUMERIC_SHARE = 0.8


@dataclass(frozen=True)
class Quoting:
    """Whether quotes enclose fields and, if so, whether a backslash escapes a quote inside a field.

    `is_doubtful` is True where some quotes are opened and never closed; `occurs` is False where no line has any.
    """

    encloses: bool = True
    backslash: bool = False
    is_doubtful: bool = False
    occurs: bool = True

    def letters_warning(self, numbers: Iterable[int], rows: list[str], delimiter: str) -> list[str]:
        """Return a warning where the quotes of `rows`, on the lines `numbers`, are read as letters, else []."""
        if not self.occurs or delimiter in UNQUOTED:
            return []
        with_quote = [(int(number), row) for number, row in zip(numbers, rows, strict=True) if '"' in row]
        if not with_quote:
            return []
        examples = [
            (number, quote(next(field for field in row.split(delimiter) if '"' in field), 30))
            for number, row in with_quote[:N_EXAMPLES]
        ]
        more = ", …" if len(with_quote) > N_EXAMPLES else ""
        why = ", since they do not come in pairs around fields" if self.is_doubtful else ""
        lines = "1 line" if len(with_quote) == 1 else f"{len(with_quote):,} lines"
        return [f"Quotes are read as letters{why}, on {lines} ({list_examples(examples)}{more})."]


@dataclass
class QuotedRows:
    """Lines whose fields may be enclosed in quotes, split into rows; `misfits` are (line, text, number of fields)."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    misfits: list[tuple[int, str, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    n_continued: int = 0


def detect_quoting(lines: list[str], first: int, n_fields: int, delimiter: str, wanted: bool | None = None) -> Quoting:
    """Decide what the quotes in `lines[first:]` mean; `wanted` is what a person chose, or None.

    Only enclosing quotes contain a delimiter or a doubled quote, or are around every field of a column. Quotes that are
    letters are inside fields or on one side only. Raises InputError where the only quote of a small file is never
    closed.
    """
    if delimiter in UNQUOTED or wanted is False:
        return Quoting(False)
    sample = list(islice((index for index, line in enumerate(lines) if '"' in line and index >= first), SAMPLE))
    if not sample:
        return Quoting(False, occurs=False)
    backslash = _uses_backslash([lines[index] for index in sample], n_fields, delimiter)
    if wanted:
        return Quoting(True, backslash)
    closer = _QuoteCloser(lines, n_fields, delimiter, backslash)
    enclosing, letters, unclosed, n_whole = 0, 0, list[int](), 0
    in_column = Counter[int]()
    at = first
    for index in sample:
        if index < at:
            continue  # inside a field of several lines that was accepted
        marks = _marks_of(lines[index], delimiter, backslash)
        if marks is None:
            closed = closer.close(index)
            if closed is None:
                unclosed.append(index)
                letters += 1
            else:
                enclosing += 1
                at = closed[0] + 1
            continue
        needed, enclosed, inside = marks
        enclosing += needed > 0
        letters += inside > 0
        n_whole += 1
        in_column.update(enclosed)
    n_sampled = sum(bool(lines[index].strip()) for index in range(first, min(len(lines), sample[-1] + 1)))
    is_whole_column = any(count >= 0.9 * (n_sampled - len(unclosed)) for count in in_column.values())
    if delimiter.startswith("\t"):
        # Programs that write tabs mostly know no quotes; only what they alone could have written counts.
        enclosing = enclosing + n_whole * is_whole_column
        return Quoting(True, backslash) if enclosing > letters else Quoting(False, is_doubtful=bool(unclosed))
    if not unclosed:
        return Quoting(True, backslash)
    n_quotes = sum(lines[index].count('"') for index in sample)
    if n_quotes == 1 and len(lines) <= FEW_LINES:
        raise InputError(
            f"Every quote must be closed. The one opened on line {unclosed[0] + 1} is not, so the end of that field is "
            "unknown. Close or remove it, or choose 'letters' for 'Quotes'."
        )
    enclosing += max(in_column.values(), default=0)
    return Quoting(enclosing > letters, backslash, is_doubtful=True)


def split_quoted_rows(
    numbers: np.ndarray, body: list[str], n_fields: int, delimiter: str, quoting: Quoting
) -> QuotedRows:
    """Split lines, on the line `numbers`, whose fields may be enclosed in quotes and then span several lines.

    Where a quote stays open, lines are joined only if that gives one row and swallows none.
    """
    done, trimmed = QuotedRows(), list[int]()
    unclosed, stray, fell_back = list[tuple[int, str]](), list[tuple[int, str]](), list[tuple[int, str]]()
    closer = _QuoteCloser(body, n_fields, delimiter, quoting.backslash)
    at = 0
    while at < len(body):
        text, number = body[at], int(numbers[at])
        if '"' not in text:
            fields = text.split(delimiter)
        else:
            closed = split_record(text, delimiter, quoting.backslash)
            if closed is not None:
                fields = closed
                if len(fields) != n_fields and text.count(delimiter) + 1 == n_fields:
                    # What looks like a pair swallowed a delimiter: with quotes as letters the line fits.
                    fields = text.split(delimiter)
                    fell_back.append((number, text))
            elif (found := closer.close(at)) is not None:
                end, fields = found
                done.n_continued += end - at
                at = end
            else:
                fields = split_record(text, delimiter, quoting.backslash, is_letter=True) or [text]
                unclosed.append((number, text))
            if any(each.count('"') % 2 for each in fields):
                stray.append((number, quote(next(each for each in fields if each.count('"') % 2), 30)))
        if len(fields) > n_fields and ends_blank(fields, n_fields):
            del fields[n_fields:]
            trimmed.append(number)
        if len(fields) == n_fields:
            done.rows.append(fields)
            done.lines.append(number)
        else:
            done.misfits.append((number, text, len(fields)))
        at += 1
    if unclosed or fell_back:
        misread = sorted(unclosed + fell_back)
        first = [(number, quote(text, 40)) for number, text in misread[:N_EXAMPLES]]
        more = ", …" if len(misread) > N_EXAMPLES else ""
        lines = "1 line" if len(misread) == 1 else f"{len(misread):,} lines"
        done.warnings.append(
            f"On {lines} the quotes do not come in pairs around fields and were read as letters: "
            f"{list_examples(first)}{more}."
        )
    known = {number for number, _ in unclosed + fell_back}
    stray = [example for example in stray if example[0] not in known]
    if stray:
        more = ", …" if len(stray) > N_EXAMPLES else ""
        rows = "1 row has" if len(stray) == 1 else f"{len(stray):,} rows have"
        examples = list_examples(stray[:N_EXAMPLES])
        done.warnings.append(f"{rows} a single quote inside a field, which was read as a letter: {examples}{more}.")
    done.warnings += trailing_warning(trimmed, len(done.rows), n_fields, delimiter)
    if done.n_continued:
        continued = "1 line continues" if done.n_continued == 1 else f"{done.n_continued:,} lines continue"
        done.warnings.append(f"{continued} a quoted field that began on a line above.")
    return done


def split_record(record: str, delimiter: str, backslash: bool = False, is_letter: bool = False) -> list[str] | None:
    """Split a record into fields; None if a quote is still open at its end, unless `is_letter` says it is a letter."""
    quoted, opened = _patterns(delimiter, backslash)
    fields, at, n_signs = list[str](), 0, len(record)
    while True:
        match = quoted.match(record, at)
        if match and (match.end() == n_signs or record.startswith(delimiter, match.end())):
            fields.append(_unescaped(match[1], backslash))
            end = match.end()
        elif not match and not is_letter and opened.match(record, at):
            return None
        else:
            # Quotes that do not enclose the whole field belong to it, as in: "Weird Al" Yankovic
            if match and "\n" in match[0]:
                return None
            end = record.find(delimiter, at)
            end = n_signs if end < 0 else end
            fields.append(record[at:end])
        if end == n_signs:
            return fields
        at = end + len(delimiter)


def ends_blank(fields: list[str], n_fields: int) -> bool:
    """Tell whether all fields beyond `n_fields` are blank, as after separators at the end of a line."""
    return not any(field.strip() for field in fields[n_fields:])


def trailing_warning(lines: list[int], n_rows: int, n_fields: int, delimiter: str) -> list[str]:
    """Return a warning about rows that end in separators without a column, else []."""
    if not lines:
        return []
    if len(lines) == n_rows:
        return [f"Every row ends in an extra (trailing) {quote(delimiter)}, which is not a column."]
    rows = "1 row ends" if len(lines) == 1 else f"{len(lines):,} rows end"
    return [
        f"{rows} in extra (trailing) {quote(delimiter)} beyond the {n_fields:,} columns, which were dropped "
        f"({list_lines(lines)})."
    ]


def split_line(text: str, delimiter: str) -> list[str]:
    """Split one line into fields; if a quote stays open, all quotes are letters."""
    fields = split_record(text, delimiter) if '"' in text and delimiter not in UNQUOTED else None
    return text.split(delimiter) if fields is None else fields


def join_sample(lines: Iterable[tuple[int, str]], delimiter: str) -> list[tuple[int, list[str]]]:
    """Split a sample of (number, line), joining lines where a quote stays open and is closed further down."""
    sample, records, at = list(lines), list[tuple[int, list[str]]](), 0
    while at < len(sample):
        number, text = sample[at]
        fields = split_record(text, delimiter) if '"' in text else text.split(delimiter)
        end = at
        while fields is None and end + 1 < len(sample):
            end += 1
            text += "\n" + sample[end][1]
            fields = split_record(text, delimiter) if '"' in sample[end][1] else None
        if fields is None:
            fields, end = sample[at][1].split(delimiter), at
        records.append((number, fields))
        at = end + 1
    return records


class _QuoteCloser:
    """Finds where a field with an open quote is closed, unless closing it would swallow rows."""

    def __init__(self, lines: list[str], n_fields: int, delimiter: str, backslash: bool) -> None:
        self.lines, self.n_fields, self.delimiter, self.backslash = lines, n_fields, delimiter, backslash

    def close(self, start: int) -> tuple[int, list[str]] | None:
        """Close the field that is open at the end of line `start`; return the last line and the fields, or None."""
        for end in range(start + 1, min(len(self.lines), start + MAX_LINES_IN_QUOTES)):
            if '"' in self.lines[end]:
                record = "\n".join(self.lines[start : end + 1])
                fields = split_record(record, self.delimiter, self.backslash)
                if fields is not None:
                    if len(fields) != self.n_fields or (self._is_row(start) and self._is_row(end)):
                        return None
                    return end, fields
            if self._is_row(end):
                return None
        return None

    def _is_row(self, index: int) -> bool:
        """Tell whether a line looks like the other rows when its quotes are letters."""
        fields = self.lines[index].split(self.delimiter)
        if len(fields) != self.n_fields:
            return False
        return all(looks_numeric(fields[column].strip(' "')) for column in self._numeric_columns)

    @cached_property
    def _numeric_columns(self) -> list[int]:
        """The columns that hold numbers in nearly all lines that fit as they are."""
        rows = []
        for line in self.lines:
            fields = split_line(line, self.delimiter)
            if len(fields) == self.n_fields and ('"' not in line or split_record(line, self.delimiter) is not None):
                rows.append(fields)
            if len(rows) == 200:
                break
        numeric = []
        for column in range(self.n_fields):
            filled = [row[column] for row in rows if row[column].strip()]
            if filled and sum(map(looks_numeric, filled)) >= NUMERIC_SHARE * len(filled):
                numeric.append(column)
        return numeric


@cache
def _patterns(delimiter: str, backslash: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of a quoted field and of its beginning."""
    padding = "" if delimiter == " " else " *"
    inside = r'(?:[^"\\]|""|\\.)' if backslash else r'(?:[^"]|"")'
    # The first alternative matches long runs at once, which keeps long fields fast.
    inside = inside.replace('[^"\\\\]', '[^"\\\\]++').replace('[^"]', '[^"]++')
    return re.compile(rf'{padding}"({inside}*+)"{padding}', re.DOTALL), re.compile(rf'{padding}"')


def _unescaped(text: str, backslash: bool) -> str:
    text = text.replace('""', '"') if '""' in text else text
    return re.sub(r'\\(["\\])', r"\1", text) if backslash else text


def _uses_backslash(lines: list[str], n_fields: int, delimiter: str) -> bool:
    """Tell whether more lines are split cleanly if a quote after a backslash does not end its field."""
    lines = [line for line in lines if '\\"' in line]

    def n_clean(backslash: bool) -> int:
        marks = [_marks_of(line, delimiter, backslash) for line in lines]
        widths = [split_record(line, delimiter, backslash) for line in lines]
        return sum(
            mark is not None and not mark[2] and fields is not None and len(fields) == n_fields
            for mark, fields in zip(marks, widths, strict=True)
        )

    return bool(lines) and n_clean(True) > n_clean(False)


def _marks_of(line: str, delimiter: str, backslash: bool) -> tuple[int, list[int], int] | None:
    """Return (number of enclosed fields that need it, enclosed columns, number of fields with quotes as letters).

    None if a quote stays open.
    """
    quoted, opened = _patterns(delimiter, backslash)
    needed, enclosed, inside, at, column = 0, list[int](), 0, 0, 0
    while True:
        match = quoted.match(line, at)
        if match and (match.end() == len(line) or line.startswith(delimiter, match.end())):
            enclosed.append(column)
            needed += any(sign in match[1] for sign in (delimiter, '"', ",", ";"))
            end = match.end()
        elif not match and opened.match(line, at):
            return None
        else:
            end = line.find(delimiter, at)
            end = len(line) if end < 0 else end
            inside += '"' in line[at:end]
        if end == len(line):
            return needed, enclosed, inside
        at, column = end + len(delimiter), column + 1
