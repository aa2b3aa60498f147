"""Do the quotes of a file enclose fields, or are they letters of names such as 12" Mix?"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import islice

from recsys_core.data.reading.numbers import looks_numeric
from recsys_core.data.reading.receipt import N_EXAMPLES, list_examples, list_lines, quote
from recsys_core.data.sandbox.marks import CELL_END
from recsys_core.errors import InputError

# Kinds that separate fields by signs of their own know no quotes.
UNQUOTED = ("::", CELL_END)
# Real fields of several lines are short; this bounds the work that one stray quote can cause.
MAX_LINES_IN_QUOTES = 1_000
SAMPLE = 3_000
# A file of so few lines is mended by hand rather than guessed at.
FEW_LINES = 1_000
NUMERIC_SHARE = 0.8


@dataclass(frozen=True)
class Quoting:
    """Whether quotes enclose fields and, if so, whether a backslash stands before a quote inside of one.

    `is_doubtful` where some quotes are opened and never closed; `occurs` is False where no line has any.
    """

    encloses: bool = True
    backslash: bool = False
    is_doubtful: bool = False
    occurs: bool = True

    def letters_warning(self, numbers, rows: list[str], delimiter: str) -> list[str]:
        """What to say where the quotes of `rows` are read as letters."""
        if not self.occurs or delimiter in UNQUOTED:
            return []
        with_quote = [(int(number), row) for number, row in zip(numbers, rows, strict=True) if '"' in row]
        if not with_quote:
            return []
        examples = [
            (number, quote(next(part for part in row.split(delimiter) if '"' in part), 30))
            for number, row in with_quote[:N_EXAMPLES]
        ]
        more = ", …" if len(with_quote) > N_EXAMPLES else ""
        why = ", since they do not come in pairs around fields" if self.is_doubtful else ""
        lines = "1 line" if len(with_quote) == 1 else f"{len(with_quote):,} lines"
        return [f"Quotes are read as letters{why}: they stand in {lines} ({list_examples(examples)}{more})."]


@dataclass
class QuotedRows:
    """What came of lines whose fields may be enclosed in quotes."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    misfits: list[tuple[int, str, int]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    n_continued: int = 0


def detect_quoting(lines: list[str], first: int, n_fields: int, delimiter: str, wanted: bool | None = None) -> Quoting:
    """How the quotes in `lines[first:]` are meant; `wanted` is what a person chose.

    Quotes that enclose are known by what only they do: they hold a delimiter or a doubled quote, or stand around
    every field of a column. Quotes that are letters are known by standing inside fields or on one side only.
    Raises InputError where the only quote of a small file is never closed.
    """
    if delimiter in UNQUOTED or wanted is False:
        return Quoting(False)
    sample = list(islice((place for place, line in enumerate(lines) if '"' in line and place >= first), SAMPLE))
    if not sample:
        return Quoting(False, occurs=False)
    backslash = _uses_backslash([lines[place] for place in sample], n_fields, delimiter)
    if wanted:
        return Quoting(True, backslash)
    sight = _Sight(lines, n_fields, delimiter, backslash)
    enclosing, letters, unclosed, n_whole = 0, 0, [], 0
    in_column = Counter()
    at = first
    for place in sample:
        if place < at:
            continue  # inside a field of several lines that was accepted
        marks = _marks_of(lines[place], delimiter, backslash)
        if marks is None:
            end = sight.end_of(place)
            if end is None:
                unclosed.append(place)
                letters += 1
            else:
                enclosing += 1
                at = end + 1
            continue
        needed, enclosed, inside = marks
        enclosing += needed > 0
        letters += inside > 0
        n_whole += 1
        in_column.update(enclosed)
    n_sampled = sum(bool(lines[place].strip()) for place in range(first, min(len(lines), sample[-1] + 1)))
    is_whole_column = any(count >= 0.9 * (n_sampled - len(unclosed)) for count in in_column.values())
    if delimiter.startswith("\t"):
        # Programs that write tabs mostly know no quotes; only what they alone could have written counts.
        enclosing = enclosing + n_whole * is_whole_column
        return Quoting(True, backslash) if enclosing > letters else Quoting(False, is_doubtful=bool(unclosed))
    if not unclosed:
        return Quoting(True, backslash)
    n_quotes = sum(lines[place].count('"') for place in sample)
    if n_quotes == 1 and len(lines) <= FEW_LINES:
        raise InputError(
            f"Every quote must be closed. The quote opened on line {unclosed[0] + 1} is not, so where that field ends "
            "is unknown. Close or remove it, or choose 'letters' for 'Quotes'."
        )
    enclosing += sum(in_column.values()) > 0 and max(in_column.values(), default=0)
    return Quoting(enclosing > letters, backslash, is_doubtful=True)


def split_quoted_rows(numbers, body: list[str], n_fields: int, delimiter: str, quoting: Quoting) -> QuotedRows:
    """Cut lines whose fields may be enclosed in quotes and then run over several lines.

    Where a quote stays open, the lines are joined only if that gives one row and swallows none.
    """
    done, unclosed, stray, fell_back, trimmed = QuotedRows(), [], [], [], []
    sight = _Sight(body, n_fields, delimiter, quoting.backslash)
    at = 0
    while at < len(body):
        text, number = body[at], int(numbers[at])
        if '"' not in text:
            fields = text.split(delimiter)
        else:
            fields = split_record(text, delimiter, quoting.backslash)
            if fields is None:
                end = sight.end_of(at)
                if end is None:
                    fields = split_record(text, delimiter, quoting.backslash, is_letter=True)
                    unclosed.append((number, text))
                else:
                    fields = split_record("\n".join(body[at : end + 1]), delimiter, quoting.backslash)
                    done.n_continued += end - at
                    at = end
            elif len(fields) != n_fields and text.count(delimiter) + 1 == n_fields:
                # What looks like a pair swallowed a delimiter: taken as letters the line fits.
                fields = text.split(delimiter)
                fell_back.append((number, text))
            if any(part.count('"') % 2 for part in fields):
                stray.append((number, quote(next(part for part in fields if part.count('"') % 2), 30)))
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
        found = sorted(unclosed + fell_back)
        examples = [(number, quote(text, 40)) for number, text in found[:N_EXAMPLES]]
        more = ", …" if len(found) > N_EXAMPLES else ""
        lines = "1 line" if len(found) == 1 else f"{len(found):,} lines"
        done.warnings.append(
            f"On {lines} the quotes do not come in pairs around fields and were read as letters: "
            f"{list_examples(examples)}{more}."
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
        done.warnings.append(f"{continued} a field in quotes that was begun on a line above.")
    return done


def split_record(record: str, delimiter: str, backslash: bool = False, is_letter: bool = False) -> list[str] | None:
    """The fields of a record, or None if a quote is still open at its end and is not taken as a letter."""
    quoted, opened = _patterns(delimiter, backslash)
    fields, at, n_signs = [], 0, len(record)
    while True:
        match = quoted.match(record, at)
        if match and (match.end() == n_signs or record.startswith(delimiter, match.end())):
            fields.append(_unescaped(match[1], backslash))
            end = match.end()
        elif not match and not is_letter and opened.match(record, at):
            return None
        else:
            # Quotes that do not enclose the whole field are part of it, as in: "Weird Al" Yankovic
            if match and "\n" in match[0]:
                return None
            end = record.find(delimiter, at)
            end = n_signs if end < 0 else end
            fields.append(record[at:end])
        if end == n_signs:
            return fields
        at = end + len(delimiter)


def ends_blank(fields: list[str], n_fields: int) -> bool:
    """Whether all that is beyond `n_fields` is blank, as after separators at the end of a line."""
    return not any(part.strip() for part in fields[n_fields:])


def trailing_warning(lines: list[int], n_rows: int, n_fields: int, delimiter: str) -> list[str]:
    """What to say of rows that end in separators without a column."""
    if not lines:
        return []
    if len(lines) == n_rows:
        return [f"Every row ends in an extra (trailing) {quote(delimiter)}, which is no column."]
    rows = "1 row ends" if len(lines) == 1 else f"{len(lines):,} rows end"
    return [
        f"{rows} in extra (trailing) {quote(delimiter)} beyond the {n_fields:,} columns, which were dropped "
        f"({list_lines(lines)})."
    ]


def split_line(text: str, delimiter: str) -> list[str]:
    """The fields of one line; one whose quotes stay open is cut as if it had none."""
    fields = split_record(text, delimiter) if '"' in text and delimiter not in UNQUOTED else None
    return text.split(delimiter) if fields is None else fields


def join_sample(lines: Iterable[tuple[int, str]], delimiter: str) -> list[tuple[int, list[str]]]:
    """The records of a sample of lines, joined wherever a quote stays open and is closed further down."""
    lines, records, at = list(lines), [], 0
    while at < len(lines):
        number, text = lines[at]
        fields = split_record(text, delimiter) if '"' in text else text.split(delimiter)
        end = at
        while fields is None and end + 1 < len(lines):
            end += 1
            text += "\n" + lines[end][1]
            fields = split_record(text, delimiter) if '"' in lines[end][1] else None
        if fields is None:
            fields, end = lines[at][1].split(delimiter), at
        records.append((number, fields))
        at = end + 1
    return records


class _Sight:
    """Tells of an open quote where it is closed, or that closing it would swallow rows."""

    def __init__(self, lines: list[str], n_fields: int, delimiter: str, backslash: bool):
        self.lines, self.n_fields, self.delimiter, self.backslash = lines, n_fields, delimiter, backslash
        self.numeric = None

    def end_of(self, start: int) -> int | None:
        """The line on which the field that is open at the end of line `start` is closed, or None."""
        for end in range(start + 1, min(len(self.lines), start + MAX_LINES_IN_QUOTES)):
            if '"' in self.lines[end]:
                record = "\n".join(self.lines[start : end + 1])
                fields = split_record(record, self.delimiter, self.backslash)
                if fields is not None:
                    if len(fields) != self.n_fields or (self._is_row(start) and self._is_row(end)):
                        return None
                    return end
            if self._is_row(end):
                return None
        return None

    def _is_row(self, place: int) -> bool:
        """Whether the line, its quotes read as letters, looks like the other rows."""
        fields = self.lines[place].split(self.delimiter)
        if len(fields) != self.n_fields:
            return False
        if self.numeric is None:
            self.numeric = self._numeric_columns()
        return all(looks_numeric(fields[column].strip(' "')) for column in self.numeric)

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
def _patterns(delimiter: str, backslash: bool) -> tuple[re.Pattern, re.Pattern]:
    padding = "" if delimiter == " " else " *"
    inside = r'(?:[^"\\]|""|\\.)' if backslash else r'(?:[^"]|"")'
    # The first alternative takes long runs at once, which keeps long fields fast.
    inside = inside.replace('[^"\\\\]', '[^"\\\\]++').replace('[^"]', '[^"]++')
    return re.compile(rf'{padding}"({inside}*+)"{padding}', re.DOTALL), re.compile(rf'{padding}"')


def _unescaped(text: str, backslash: bool) -> str:
    text = text.replace('""', '"') if '""' in text else text
    return re.sub(r'\\(["\\])', r"\1", text) if backslash else text


def _uses_backslash(lines: list[str], n_fields: int, delimiter: str) -> bool:
    """Whether more lines are cut cleanly if a quote after a backslash does not end its field."""
    lines = [line for line in lines if '\\"' in line]

    def n_clean(backslash: bool) -> int:
        marks = [_marks_of(line, delimiter, backslash) for line in lines]
        widths = [split_record(line, delimiter, backslash) for line in lines]
        return sum(
            mark is not None and not mark[2] and len(fields) == n_fields
            for mark, fields in zip(marks, widths, strict=True)
        )

    return bool(lines) and n_clean(True) > n_clean(False)


def _marks_of(line: str, delimiter: str, backslash: bool) -> tuple[int, list[int], int] | None:
    """(enclosed fields that need it, columns that are enclosed, fields with quotes as letters), None if left open."""
    quoted, opened = _patterns(delimiter, backslash)
    needed, enclosed, inside, at, column = 0, [], 0, 0, 0
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
