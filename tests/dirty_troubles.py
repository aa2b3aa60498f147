"""The troubles that people have with their files, each as a function that puts it into rows about to be written.

A trouble changes `rows` or how the table around them is written (`context`), adds the pairs that it concerns to
`touched`, and returns the words one of which must tell of it; None where it does not suit the table.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random


@dataclass
class Row:
    """A rating as it shall be read; `text` overrides how its line is written, `is_lost` where no one could read it."""

    user: str
    item: str
    value: float
    second: int
    written: dict = field(default_factory=dict)
    text: str | None = None
    is_lost: bool = False


@dataclass
class Context:
    """How a table is written, and the lines that are put around and between its rows."""

    rng: Random
    delimiter: str
    has_header: bool
    quoting: str
    roles: list[str]
    script: str
    comma: bool = False
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    between: list[tuple[int, str]] = field(default_factory=list)
    row_end: Callable[[int], str] = lambda place: ""
    header_end: str = ""


def _pick(rows: list[Row], rng: Random, most: int = 3) -> list[Row]:
    plain = [row for row in rows if row.text is None and not row.written and not row.is_lost]
    return rng.sample(plain, min(len(plain), rng.randint(1, most)))


def _trailing(rows, touched, context) -> str | None:
    if context.delimiter == " ":
        return None
    if context.rng.random() < 0.5:
        context.row_end = lambda place: context.delimiter
        context.header_end = context.rng.choice(["", context.delimiter])
    else:
        chosen = {id(row) for row in _pick(rows, context.rng)}
        context.row_end = lambda place: context.delimiter if place in chosen else ""
    return "trailing|extra"


def _nul(rows, touched, context) -> str | None:
    for row in _pick(rows, context.rng, 2 if len(rows) > 12 else 1):
        row.written = {"user": row.user + "\0"}
        row.is_lost = True
        touched.add((row.user, row.item))
    return "NUL"


def _stray_quote(rows, touched, context) -> str | None:
    """A name with a single quote in it, written as it is."""
    if context.quoting == "all" or context.delimiter in ("::", " "):
        return None
    for row in _pick(rows, context.rng, 4):
        touched.add((row.user, row.item))
        at = context.rng.choice([0, len(row.item) // 2, len(row.item)])
        row.item = f'{row.item[:at]}"{row.item[at:]}'
        row.written = {"raw item": row.item}
        touched.add((row.user, row.item))
    return "quote"


def _swallowed(rows, touched, context) -> str | None:
    """A name opens with a quote, and another further down ends in one."""
    if context.quoting == "all" or context.delimiter in ("::", " ") or len(rows) < 4:
        return None
    first = context.rng.randrange(len(rows) - 2)
    last = context.rng.randrange(first + 1, len(rows))
    for place, form in ((first, '"{}'), (last, '{}"')):
        row = rows[place]
        if row.text is not None or row.written:
            return None
        touched.add((row.user, row.item))
        row.item = form.format(row.item)
        row.written = {"raw item": row.item}
        touched.add((row.user, row.item))
    return "quote"


def _line_break(rows, touched, context) -> str | None:
    """A name of two lines, in quotes as the standard says."""
    if context.quoting == "none" or context.delimiter == "\t":
        return None
    for row in _pick(rows, context.rng, 2):
        touched.add((row.user, row.item))
        row.item = f"{row.item}\nPart 2"
        touched.add((row.user, row.item))
    return "quotes|continue"


def _bad_rating(rows, touched, context) -> str | None:
    for row in _pick(rows, context.rng):
        row.written = {"rating": context.rng.choice(["four", "x", "n/a", "5 stars"])}
        row.is_lost = True
        touched.add((row.user, row.item))
    return "not a number|unrated|missing|blank"


def _blank_cell(rows, touched, context) -> str | None:
    if context.delimiter == " ":
        return None
    for row in _pick(rows, context.rng):
        row.written = {context.rng.choice(["user", "item", "rating"]): ""}
        row.is_lost = True
        touched.add((row.user, row.item))
    return "blank|fields|unrated|missing"


def _short_or_long(rows, touched, context) -> str | None:
    for row in _pick(rows, context.rng):
        fields = [row.user, row.item, "5", "7", "9", "8"][: context.rng.choice([2, 6])]
        row.text = context.delimiter.join(fields)
        row.is_lost = True
        touched.add((row.user, row.item))
    return "fields"


def _repeats(rows, touched, context) -> str | None:
    for row in _pick(rows, context.rng):
        again = Row(row.user, row.item, row.value + 1, row.second + 5)
        touched.add((row.user, row.item))
        rows.append(again)
    return "duplicate|twice|repeat|added up"


def _sentinel(rows, touched, context) -> str | None:
    if len(rows) < 20 or "rating" not in context.roles:
        return None
    value = context.rng.choice(["-1", "99", "255", "-99"])
    plain = [row for row in rows if row.text is None and not row.written]
    for row in context.rng.sample(plain, max(1, int(0.3 * len(plain)))):
        row.written = {"rating": value}
        row.is_lost = True
        touched.add((row.user, row.item))
    return "not rated|unrated|far from|never|scale"


def _decimal_comma(rows, touched, context) -> str | None:
    if context.delimiter == "," and context.quoting == "none":
        return None
    context.comma = True
    return "comma|decimal"


def _blank_lines(rows, touched, context) -> str | None:
    context.between += [(context.rng.randrange(len(rows) + 1), "") for _ in range(context.rng.randint(1, 3))]
    return "blank"


def _comments(rows, touched, context) -> str | None:
    context.above += ["# exported on 2024-05-01", "# by the shop"][: context.rng.randint(1, 2)]
    return "comment|before the table"


def _preamble(rows, touched, context) -> str | None:
    if not context.has_header:
        return None
    context.above += ["Ratings of the year", "All rights reserved"][: context.rng.randint(1, 2)]
    return "before the table|fields"


def _footer(rows, touched, context) -> str | None:
    context.below.append(f"Total{context.delimiter}{len(rows)}")
    return "fields|blank|number"


def _first_row_with_letter(rows, touched, context) -> str | None:
    """Without a header, a first row whose id ends in a letter where all others are digits."""
    if context.has_header or context.script != "numbers":
        return None
    row = rows[0]
    if row.text is not None or row.written:
        return None
    touched.add((row.user, row.item))
    row.item = row.item + "X"
    touched.add((row.user, row.item))
    return "header|line 1"


def _first_row_missing(rows, touched, context) -> str | None:
    """Without a header, a first row whose rating is NA."""
    if context.has_header or rows[0].text is not None or rows[0].written:
        return None
    rows[0].written = {"rating": "NA"}
    rows[0].is_lost = True
    touched.add((rows[0].user, rows[0].item))
    return "not a number|line 1|missing|unrated|blank"


def _padded(rows, touched, context) -> str | None:
    if context.delimiter == " " or context.quoting == "all":
        return None
    for row in _pick(rows, context.rng):
        row.written = {"raw user": f" {row.user}"}
        touched.add((row.user, row.item))
    return "space"


def _hidden(rows, touched, context) -> str | None:
    for row in _pick(rows, context.rng, 1):
        touched.add((row.user, row.item))
        row.user = row.user + "\u200b"
        touched.add((row.user, row.item))
    return "invisible|hidden|look"


TROUBLES = {
    "trailing separators": _trailing,
    "NUL": _nul,
    "stray quote": _stray_quote,
    "swallowed rows": _swallowed,
    "line break": _line_break,
    "bad rating": _bad_rating,
    "blank cell": _blank_cell,
    "too few or many fields": _short_or_long,
    "repeats": _repeats,
    "sentinel": _sentinel,
    "comma": _decimal_comma,
    "blank lines": _blank_lines,
    "comments": _comments,
    "preamble": _preamble,
    "footer": _footer,
    "first row with a letter": _first_row_with_letter,
    "first row NA": _first_row_missing,
    "padded": _padded,
    "hidden": _hidden,
}
