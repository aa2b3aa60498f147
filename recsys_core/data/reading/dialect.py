"""Guess how the text of a file is arranged: its delimiter, its header, and where the table begins."""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.numbers import MISSING, looks_numeric
from recsys_core.data.reading.quotes import UNQUOTED, ends_blank, join_sample
from recsys_core.data.reading.receipt import quote
from recsys_core.data.sandbox.limits import check_columns
from recsys_core.errors import InputError

# Runs of spaces and tabs: such lines are split as if each run were one space.
RUNS = "\\s+"
# In order of trust: where two explain the lines equally well, the first one counts.
DELIMITERS = {
    "::": "'::'",
    "\t\t": "two tabs",
    "\t": "tabs",
    ";": "semicolons",
    ",": "commas",
    "||": "'||'",
    "|": "'|'",
    ":": "':'",
    " ": "spaces",
    RUNS: "runs of spaces or tabs",
}
# These occur in times and names too.
WEAK = (":", " ", RUNS)
CLOCK = re.compile(r"\d[-/.]\d+[ T]\d{1,2}:\d\d|\b\d\d \d\d:\d\d:\d\d\b")
SAMPLE = 200
MAX_PREAMBLE = 20
FEWEST_MATRIX_COLUMNS = 4
NUMBERED = re.compile(r"([^\W\d]+[ _-]?)([0-9]{1,9})")
COMMENT = re.compile(r"[#%]+\s*")
ORANGE_TYPES = set("c d s m t continuous discrete string meta time class".split()) | {""}


@dataclass(frozen=True)
class Dialect:
    """The delimiter, the number of fields in a row, whether there is a header, and its line (or that of the first row).

    `is_matrix` is True where the first row names more items than most rows have cells: missing cells are unrated.
    """

    delimiter: str
    n_fields: int
    header: bool
    first_line: int
    is_matrix: bool = False


def guess_dialect(lines: list[str], known: str | None = None, header: bool | None = None) -> Dialect:
    """Guess the dialect of `lines`, unless the delimiter is `known` or `header` says whether there is one.

    Raises InputError where the lines are no table or contradict their header.
    """
    start = 1 + n_comments_above(lines)
    sample = _sample(lines, start)
    if not sample:
        raise InputError("A rating file must have rows. In this one every line is blank or damaged: choose another.")
    scores = {delimiter: _score(sample, delimiter) for delimiter in ([known] if known else DELIMITERS)}
    delimiter = max(scores, key=lambda name: scores[name][0])
    score, n_found = scores[delimiter]
    check_columns(n_found)  # before every cell of the sample is looked at
    if score == 0:
        raise InputError(
            "A rating file must have columns, separated by commas, tabs, semicolons, '|' or '::'. "
            f"None of these splits the lines into equally many fields: line {sample[0][0]} is "
            f"{quote(sample[0][1])}. Export the ratings as CSV."
        )
    above = _header_in_comments(lines, start, delimiter)
    rows = ([above] if above else []) + _rows_of(sample, delimiter)
    n_fields = _width(lines, rows, delimiter)
    regular = [(number, row[:n_fields]) for number, row in rows if _fits(row, n_fields)]
    is_matrix = bool(_matrix_width(rows))
    early = [(number, row) for number, row in regular[:MAX_PREAMBLE] if column_roles.n_known(row) >= 2]
    if header is False:
        return Dialect(delimiter, n_fields, False, start)
    number, fields = early[0] if early else regular[0]
    for line, names in rows:
        if line < number and len(names) >= 2 and column_roles.n_known(names) >= 2:
            raise InputError(
                f"The header must have as many fields as the rows. Line {line} has {len(names)} fields, but most rows "
                f"have {n_fields}. Put numbers with a decimal comma in quotes, or name every column."
            )
    below = [row for line, row in regular if line > number]
    is_header = bool(header) or bool(early) or is_matrix or looks_like_header(fields, below)
    return Dialect(delimiter, n_fields, is_header, number if is_header else start, is_matrix)


def n_fields_from(lines: list[str], first_line: int, delimiter: str) -> int:
    """Count the fields of most rows, given where the table begins. Raises InputError where it has no text."""
    sample = _sample(lines, first_line)
    if not delimiter or not sample:
        raise InputError(f"The table must begin on a line of the file. Line {first_line} has no text below it.")
    return _width(lines, _rows_of(sample, delimiter), delimiter)


def n_comments_above(lines: list[str]) -> int:
    """Count the lines above the first one that is neither blank nor a comment; 0 where none is a comment."""
    for index, text in enumerate(lines):
        if text.strip() and not COMMENT.match(text):
            return index if any(COMMENT.match(line) for line in lines[:index]) else 0
    return 0


def without_comment_sign(text: str) -> str:
    """Remove the sign from a header as np.savetxt writes it, '# user,item,rating'."""
    return COMMENT.sub("", text, count=1)


def looks_like_header(first: list[str], below: list[list[str]]) -> bool:
    """Tell whether the first row names the columns, judged by the rows below."""
    if column_roles.n_known(first) >= 2 or (
        len(first[0].strip()) > 1 and column_roles.role_of(first[0]) == column_roles.USER
    ):
        return True
    if not below:
        return False
    columns = [
        [row[index] for row in below if row[index].strip().casefold() not in MISSING] for index in range(len(first))
    ]
    numeric = [index for index, cells in enumerate(columns) if cells and all(map(looks_numeric, cells))]
    texts = [index for index in range(len(first)) if index not in numeric and first[index].strip()]
    if any(_resembles(first[index], columns[index]) for index in texts):
        return False
    is_pivot = not first[0].strip() and all(first[1:]) and len(set(first)) == len(first) > 2
    if is_pivot and any(row[0].strip() for row in below) and len(set(map(looks_numeric, first[1:]))) == 1:
        return True
    named = [index for index in numeric if _is_name(first[index], columns[index])]
    if not named:
        return _count_items([first[index] for index in numeric])
    # A number in the first row, above other numbers, makes it a row, unless it numbers items.
    counted = [first[index] for index in numeric if index not in named and looks_numeric(first[index])]
    return not counted or (named == [0] and _are_numbers_of_items(first[1:]))


def _is_name(cell: str, below: list[str]) -> bool:
    """Tell whether a cell above numbers is a word, and not a number with a letter in it or a missing value."""
    cell = cell.strip()
    if looks_numeric(cell) or cell.casefold() in MISSING or not any(map(str.isalpha, cell)):
        return False
    n_digits = sum(map(str.isdigit, cell))
    return n_digits < 0.5 * len(cell)


def _count_items(cells: list[str]) -> bool:
    """Tell whether the cells are one word with rising numbers, as m0, m1, m2."""
    matches = [match for cell in cells if (match := NUMBERED.fullmatch(cell.strip()))]
    if len(matches) < 2 or len(matches) < len(cells):
        return False
    return len({match[1] for match in matches}) == 1 and all(
        int(low[2]) < int(high[2]) for low, high in pairwise(matches)
    )


def _are_numbers_of_items(cells: list[str]) -> bool:
    """Tell whether the cells are rising whole numbers, as the items above a matrix."""
    if len(cells) < 3 or not all(cell.strip().isdecimal() for cell in cells):
        return False
    numbers = [int(cell) for cell in cells]
    return all(low < high for low, high in pairwise(numbers))


def _resembles(cell: str, below: list[str]) -> bool:
    """Tell whether a cell belongs to the column below: it occurs there again, or is written like the others."""
    if cell in below:
        return True
    shape = _shape(cell)
    return "9" in shape and sum(_shape(other) == shape for other in below) > 0.5 * len(below)


def _shape(cell: str) -> str:
    """Return the form of a cell: 'a9' for 'u12' and for 'x3'."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", cell.strip()))


def n_type_lines(lines: list[str], header_line: int, n_fields: int, delimiter: str) -> int:
    """Return 2 if two lines below the header have types and flags, as in Orange's .tab format, else 0."""
    below = [line.split(delimiter) for line in lines[header_line : header_line + 2]]
    is_orange = (
        len(below) == 2
        and all(len(fields) == n_fields for fields in below)
        and set(below[0]) <= ORANGE_TYPES
        and any(below[0])
        and all(flag == "" or flag in ORANGE_TYPES or "=" in flag for flag in below[1])
    )
    return 2 if is_orange else 0


def _header_in_comments(lines: list[str], start: int, delimiter: str) -> tuple[int, list[str]] | None:
    """Return (line number, names) of the comment above the table that names its columns, or None."""
    for number in range(start - 1, 0, -1):
        fields = without_comment_sign(lines[number - 1]).split(RUNS if delimiter == RUNS else delimiter)
        if COMMENT.match(lines[number - 1]) and column_roles.n_known(fields) >= 2:
            return number, fields
    return None


def _sample(lines: list[str], first_line: int) -> list[tuple[int, str]]:
    """Return the first (line number, line) that are neither blank nor damaged."""
    sample = []
    for number, text in enumerate(lines[first_line - 1 :], first_line):
        if text and not text.isspace() and "\0" not in text:
            sample.append((number, text))
        if len(sample) == SAMPLE:
            break
    return sample


def _rows_of(sample: list[tuple[int, str]], delimiter: str) -> list[tuple[int, list[str]]]:
    """Split the lines into fields; lines of one quoted field are joined where that makes the rows more regular."""
    if delimiter == RUNS:
        return [(number, text.split()) for number, text in sample]
    apart = [(number, split_fields(text, delimiter)) for number, text in sample]
    if delimiter in UNQUOTED or not any('"' in text for _, text in sample):
        return apart
    joined = join_sample(sample, delimiter)
    return joined if _regularity(joined)[1] > _regularity(apart)[1] else apart


def split_fields(text: str, delimiter: str) -> list[str]:
    """Split one line into fields, whatever its quotes mean."""
    return join_sample([(0, text)], delimiter)[0][1] if delimiter not in UNQUOTED else text.split(delimiter)


def _score(sample: list[tuple[int, str]], delimiter: str) -> tuple[float, int]:
    """Return how well the delimiter explains the lines, and the number of fields it gives."""
    if not _is_doubled(sample, delimiter) or (delimiter == ":" and _has_times(sample)):
        return 0.0, 0
    rows = _rows_of(sample, delimiter)
    n_fields, share = max((_regularity(rows), _regularity(_trimmed(rows))), key=lambda found: found[1])
    width = _matrix_width(rows)
    if width:
        return 0.9 * min(width, 3) * (0.8 if delimiter in WEAK else 1), width
    if n_fields < 2 or share < 0.5:
        return 0.0, n_fields
    # A user, an item and a rating make a table; two columns without names may be chance, such as a decimal comma.
    is_named = any(column_roles.n_known(row) >= 2 for _, row in rows[:MAX_PREAMBLE] if _fits(row, n_fields))
    return share * (3 if is_named else min(n_fields, 3)) * (0.8 if delimiter in WEAK else 1), n_fields


def _has_times(sample: list[tuple[int, str]]) -> bool:
    """Tell whether the colons of most lines are those of a clock, such as 18:05:00."""
    return sum(CLOCK.search(text) is not None for _, text in sample) > 0.5 * len(sample)


def _is_doubled(sample: list[tuple[int, str]], delimiter: str) -> bool:
    """Tell whether a doubled sign, such as two tabs, never occurs alone; True for any other delimiter."""
    if delimiter not in ("\t\t", "||"):
        return True
    return all(delimiter[0] not in text.replace(delimiter, "") for _, text in sample)


def _regularity(rows: list[tuple[int, list[str]]]) -> tuple[int, float]:
    """Return (most frequent number of fields, share of rows that have it)."""
    widths = Counter(len(fields) for _, fields in rows)
    # Of equally frequent widths the smaller: a delimiter inside a title gives too many fields.
    width = min(widths, key=lambda width: (-widths[width], width))
    return width, widths[width] / len(rows)


def _trimmed(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Remove blank fields at the ends of the rows."""
    ends = [max((index + 1 for index, field in enumerate(row) if field.strip()), default=0) for _, row in rows]
    return [(number, row[:end]) for (number, row), end in zip(rows, ends, strict=True)]


def _width(lines: list[str], rows: list[tuple[int, list[str]]], delimiter: str) -> int:
    """Count the columns of the rows; separators at the end of every row make none."""
    width = _matrix_width(rows) or _regularity(rows)[0]
    head = next((fields for _, fields in rows[:MAX_PREAMBLE] if column_roles.n_known(fields) >= 2), rows[0][1])
    n_named = len(head)
    while n_named > 2 and not head[n_named - 1].strip():
        n_named -= 1
    others = [fields for _, fields in rows if fields is not head and len(fields) == width]
    if n_named < width and len(head) < width and others and all(ends_blank(fields, n_named) for fields in others):
        return n_named
    while (
        n_named < width > 2
        and all(not fields[width - 1].strip() for fields in others)
        and _all_end(lines, width, delimiter)
    ):
        width -= 1
    return width


def _all_end(lines: list[str], width: int, delimiter: str) -> bool:
    """Tell whether each line with `width` fields ends in the delimiter."""
    if delimiter == RUNS:
        return False
    return all(line.rstrip(" ").endswith(delimiter) for line in lines if line.count(delimiter) == width - 1)


def _matrix_width(rows: list[tuple[int, list[str]]]) -> int:
    """Return the width of the first row if it names the items of a matrix with short rows, else 0."""
    (_, head), *body = rows
    width = len(head)
    short = [row for _, row in body if len(row) < width]
    widths = {len(row) for _, row in body}
    if width < FEWEST_MATRIX_COLUMNS or not short or not (width in widths or len(widths) > 2):
        return 0
    if sum(len(row) <= width for _, row in body) < 0.5 * len(body) or any(map(column_roles.role_of, head[1:])):
        return 0
    if len(set(head)) < width or looks_numeric(head[0]):
        return 0
    if _resembles(head[0], [row[0] for _, row in body]) and all(map(looks_numeric, head[1:])):
        return 0  # a row of numbers like those below
    cells = [cell for _, row in body for cell in row[1:] if cell.strip()]
    return width if cells and sum(map(looks_numeric, cells)) > 0.9 * len(cells) else 0


def _fits(fields: list[str], n_fields: int) -> bool:
    """Tell whether a row has `n_fields`, perhaps with separators behind them."""
    return len(fields) == n_fields or (len(fields) > n_fields and ends_blank(fields, n_fields))
