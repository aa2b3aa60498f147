"""How is the text of a file arranged: its delimiter, its header, where the table begins?"""

from collections import Counter
from dataclasses import dataclass

from recsys_core.data.reading import roles
from recsys_core.data.reading.numbers import looks_numeric
from recsys_core.data.reading.receipt import shown
from recsys_core.data.reading.table import UNQUOTED, fields_of
from recsys_core.errors import InputError

# In order of trust: where two explain the lines equally well the first one counts.
DELIMITERS = {
    "::": "'::'",
    "\t": "tabs",
    ";": "semicolons",
    ",": "commas",
    "|": "'|'",
    ":": "':'",
    " ": "spaces",
}
SAMPLE = 200
MAX_PREAMBLE = 20
ORANGE_TYPES = set("c d s m t continuous discrete string meta time class".split()) | {""}


@dataclass(frozen=True)
class Dialect:
    """The delimiter, how many fields a row has, whether there is a header, and its line (or row 1's)."""

    delimiter: str
    n_fields: int
    header: bool
    first_line: int


def guess_dialect(lines: list[str], known: str | None = None) -> Dialect:
    """`known` is a delimiter that is certain.

    Raises InputError where the lines are no table or contradict their header.
    """
    sample = _sample(lines, 1)
    scores = {delimiter: _score(sample, delimiter) for delimiter in ([known] if known else DELIMITERS)}
    delimiter = max(scores, key=lambda name: scores[name][0])
    score, n_fields = scores[delimiter]
    if score == 0:
        raise InputError(
            "A rating file must have columns, separated by commas, tabs, semicolons, '|' or '::'. "
            f"None of these cuts the lines into fields of equal number: line {sample[0][0]} is "
            f"{shown(sample[0][1])}. Export the ratings as CSV."
        )
    rows = [(number, split_line(text, delimiter)) for number, text in sample]
    regular = [(number, fields) for number, fields in rows if len(fields) == n_fields]
    early = [(number, fields) for number, fields in regular[:MAX_PREAMBLE] if roles.n_known(fields) >= 2]
    number, fields = early[0] if early else regular[0]
    for above, names in rows:
        if above < number and len(names) >= 2 and roles.n_known(names) >= 2:
            raise InputError(
                f"The header must have as many fields as the rows. Line {above} has {len(names)} fields, most rows "
                f"have {n_fields}. Put numbers with a decimal comma in quotes, or name every column."
            )
    below = [row for line, row in regular if line > number]
    header = bool(early) or looks_like_header(fields, below)
    return Dialect(delimiter, n_fields, header, number if header else 1)


def n_fields_from(lines: list[str], first_line: int, delimiter: str) -> int:
    """How many fields most rows have, given where the table begins."""
    sample = _sample(lines, first_line)
    if not delimiter or not sample:
        raise InputError(f"The table must begin on a line of the file. Line {first_line} has no text below it.")
    return _common_width(sample, delimiter)[0]


def looks_like_header(first: list[str], below: list[list[str]]) -> bool:
    """Whether the first row names the columns, judged against the rows below."""
    if roles.n_known(first) >= 2 or (len(first[0].strip()) > 1 and roles.role_of(first[0]) == roles.USER):
        return True
    if not below:
        return False
    is_pivot = not first[0].strip() and all(first[1:]) and len(set(first)) == len(first) > 2
    if is_pivot and any(row[0].strip() for row in below):
        return True
    for position, name in enumerate(first):
        cells = [row[position] for row in below if row[position].strip()]
        if name.strip() and not looks_numeric(name) and cells and all(map(looks_numeric, cells)):
            return True
    return False


def n_type_lines(lines: list[str], header_line: int, n_fields: int, delimiter: str) -> int:
    """2 where Orange's .tab format has two lines below the header for types and flags, else 0."""
    below = [line.split(delimiter) for line in lines[header_line : header_line + 2]]
    is_orange = (
        len(below) == 2
        and all(len(fields) == n_fields for fields in below)
        and set(below[0]) <= ORANGE_TYPES
        and any(below[0])
        and all(flag == "" or flag in ORANGE_TYPES or "=" in flag for flag in below[1])
    )
    return 2 if is_orange else 0


def split_line(text: str, delimiter: str) -> list[str]:
    """The fields of one line; one whose quotes stay open is cut as if it had none."""
    fields = fields_of(text, delimiter, 1) if '"' in text and delimiter not in UNQUOTED else None
    return text.split(delimiter) if fields is None else fields


def _sample(lines: list[str], first_line: int) -> list[tuple[int, str]]:
    sample = []
    for number, text in enumerate(lines[first_line - 1 :], first_line):
        if text and not text.isspace():
            sample.append((number, text))
        if len(sample) == SAMPLE:
            break
    return sample


def _score(sample: list[tuple[int, str]], delimiter: str) -> tuple[float, int]:
    """How well the delimiter explains the lines, and how many fields it gives."""
    n_fields, share = _common_width(sample, delimiter)
    if n_fields < 2 or share < 0.5:
        return 0.0, n_fields
    # A user, an item and a rating make a table; two columns may be chance, such as a decimal comma.
    return share * min(n_fields, 3), n_fields


def _common_width(sample: list[tuple[int, str]], delimiter: str) -> tuple[int, float]:
    widths = Counter(len(split_line(text, delimiter)) for _, text in sample)
    # Of equally frequent widths the smaller: too many fields is what a delimiter inside a title gives.
    width = min(widths, key=lambda width: (-widths[width], width))
    return width, widths[width] / len(sample)
