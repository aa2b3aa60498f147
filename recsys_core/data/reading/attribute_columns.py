"""Tell what the columns of a file of people or of items hold: numbers, dates, categories, several values, or codes."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys_core.data.attributes import CATEGORICAL, DATE, NUMERIC, SEPARATOR, SEVERAL, Attribute
from recsys_core.data.interactions import LARGEST_VALUE
from recsys_core.data.long_texts import shorten
from recsys_core.data.match_ids import match_ids
from recsys_core.data.reading import column_roles
from recsys_core.data.reading.choices import Choices
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.numbers import MISSING, NUMBER, THOUSANDS, plain_digits, uses_decimal_comma
from recsys_core.data.reading.open_table import open_table
from recsys_core.data.reading.receipt import list_quoted, quote
from recsys_core.data.reading.table import Table
from recsys_core.data.reading.times import parse_times
from recsys_core.errors import InputError

LONGEST_NAME = 24
_FEW = 8  # so many values group few people or items, too
_MOST_MISFITS, _FEWEST_NUMBERS = 0.05, 10  # a column of numbers may have a few words in it
_CODE = re.compile(
    r"(?i)(^|.*[\W_])(id|ids|code|key|isbn\d*|ean|asin|uuid|upc|zip|zip ?code|phone|tel)$|.*[a-z]Id$|^column \d+$"
)


@dataclass(frozen=True, eq=False)
class ReadColumn:
    """What a column was taken for: an `attribute`, or None with the reason why it is `left_out`.

    `doubt` is a sentence on what could be meant otherwise, "" where nothing could.
    """

    attribute: Attribute | None
    left_out: str = ""
    doubt: str = ""


CODES, CONSTANT, EMPTY = "a different value for almost every row", "the same value everywhere", "no values"


def match_file(wanted: Sequence[str], known: Sequence[str], file: str) -> list[int]:
    """Return for each id of the ratings its row among the ids `known` to a file, or -1.

    Raises InputError, which calls the file what `file` says, where none matches.
    """
    rows: list[int] = match_ids(wanted, known).tolist()
    if all(row < 0 for row in rows):
        raise InputError(
            f"The ids of the {file} must be those of the ratings. None matches: the ratings have "
            f"{list_quoted(wanted, 3)}, the {file} {list_quoted(known, 3)}. Choose the {file} that belongs to these "
            "ratings."
        )
    return rows


def open_keyed_table(content: bytes, filename: str, wanted: tuple[str, ...], role: str) -> tuple[Table, Layout]:
    """Return a file of people or of items as a table with its layout; `role` is that of its ids, USER or ITEM.

    Where all cells are texts, the first row is known as the header by a usual name of the ids that comes only once.
    """
    table, layout = open_table(content, filename, wanted=wanted)
    if not layout.header:
        for column, text in table.frame.iloc[0].items():
            is_name = column_roles.role_of(text) == role or re.fullmatch(r"(?i)id|\w+_id", text.strip()) is not None
            if is_name and (table.frame[column] == text).sum() == 1:
                return open_table(content, filename, wanted=wanted, choices=Choices(header=True))
    return table, layout


def column_names(names: Sequence[str], reserved: Collection[str] = ()) -> list[str]:
    """Return a short and distinct name for each column, none of them `reserved`."""
    distinct = list[str]()
    for number, name in enumerate((" ".join(each.split()) for each in names), 1):
        short = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
        is_taken = not short or short in distinct or short.casefold() in reserved
        distinct.append(f"{short} (column {number})" if is_taken else short)
    return distinct


def column_texts(table: Table, index: int, kept: np.ndarray) -> tuple[str, ...]:
    """Return the texts of a column in the rows `kept`, trimmed and on one line."""
    texts = table.frame.iloc[:, index].str.strip().to_numpy(object)[kept]
    return tuple(shorten(text) if text.isprintable() else shorten(" ".join(text.split())) for text in texts)


def read_columns(
    columns: Mapping[str, Sequence[str]], rows: Sequence[int], most: int
) -> tuple[dict[str, Attribute], str]:
    """Return the attributes in `columns` of those at `rows`, and what is not used or could be meant otherwise.

    A row of -1 is not in the file. The first `most` columns that hold an attribute are used.
    """
    attributes, left_out, doubts = dict[str, Attribute](), dict[str, list[str]](), list[str]()
    for name, texts in columns.items():
        column = read_column(name, [texts[row] if row >= 0 else "" for row in rows])
        if column.attribute is None:
            left_out.setdefault(column.left_out, []).append(name)
        else:
            attributes[name] = column.attribute
            doubts += [column.doubt] if column.doubt else []
    reasons = [f"{list_quoted(names)} ({reason})" for reason, names in left_out.items()]
    sentences = [f"Left out, as the values make no groups: {'; '.join(reasons)}."] if reasons else []
    if beyond := list(attributes)[most:]:
        sentences.append(f"Left out beyond the first {most}: {list_quoted(beyond)}.")
    return {name: attributes[name] for name in list(attributes)[:most]}, " ".join([*sentences, *doubts])


def read_column(name: str, texts: Sequence[str]) -> ReadColumn:
    """Tell what a column holds from its `texts` and its `name`, which tells codes from numbers.

    A text such as "", "NA" or "?" is a missing value. Numbers may have a few words among them, which then are missing
    too. Columns that tell rows apart instead of grouping them, such as names and codes, and those that say the same of
    all rows are left out.
    """
    counts = Counter(texts)
    missing = {text for text in counts if text.casefold() in MISSING}
    known = {text: count for text, count in counts.items() if text not in missing}
    n_known = sum(known.values())
    if not known:
        return ReadColumn(None, EMPTY)
    if len(known) == 1 and n_known == len(texts):
        return ReadColumn(None, CONSTANT)
    found = _as_numbers(name, known) or _as_dates(name, known) or _as_several(name, known) or _as_category(known)
    if isinstance(found, str):
        return ReadColumn(None, found)
    kind, text_of, doubt = found
    if kind in (CATEGORICAL, SEVERAL):
        text_of |= {text: text for text in missing if text.casefold() == "none"}  # such as no occupation
    words = sorted(missing - {"", *text_of})
    meant = f"{name}: {list_quoted(words)} {'counts' if len(words) == 1 else 'count'} as missing." if words else ""
    attribute = Attribute(kind, tuple(text_of.get(text, "") for text in texts))
    return ReadColumn(attribute, doubt=" ".join(filter(None, [meant, doubt])))


_Found = tuple[str, dict[str, str], str]
"""The kind of a column, its texts as they are kept by those of the file, and a doubt or ""."""


def _as_numbers(name: str, known: dict[str, int]) -> _Found | str | None:
    """Read plain numbers; the reason to leave them out where they are codes, None where they are no numbers."""
    plain = {text: plain_digits(text) for text in known}
    if any(re.match(r"[+-]?0\d", text) for text in plain.values()):
        return None  # 007 is a code
    comma, doubts = uses_decimal_comma(np.array(list(plain.values()), object)), list[str]()
    if comma:
        plain = {text: each.replace(",", ".") for text, each in plain.items()}
        doubts.append(f"{name}: commas are read as decimal commas.")
    elif any(THOUSANDS.fullmatch(each) for each in plain.values()):
        plain = {text: each.replace(",", "") if THOUSANDS.fullmatch(each) else each for text, each in plain.items()}
        doubts.append(f"{name}: commas are read as thousands separators.")
    numbers = {
        text: each.lstrip("+")
        for text, each in plain.items()
        if NUMBER.fullmatch(each) and abs(float(each)) <= LARGEST_VALUE
    }
    others = [text for text in known if text not in numbers]
    n_known, n_others = sum(known.values()), sum(known[text] for text in others)
    values = {float(each) for each in numbers.values()}
    if others and (n_others > _MOST_MISFITS * n_known or len(values) < _FEWEST_NUMBERS):
        return None
    if len(values) <= 2:
        return None  # 0 and 1 are two groups
    if others:
        are = "value is no number and counts" if n_others == 1 else "values are no numbers and count"
        doubts.append(f"{name}: {n_others:,} {are} as missing: {list_quoted(others, 3)}.")
    if len(values) == n_known and all(value.is_integer() for value in values):
        if _CODE.match(name):
            return CODES
        doubts.append(f"{name}: each number occurs once. They are used as numbers, not as codes.")
    return NUMERIC, numbers, " ".join(doubts)


def _as_dates(name: str, known: dict[str, int]) -> _Found | None:
    """Read dates, whole years among them excepted; None where one is no date."""
    texts = np.array(list(known), object)
    some = texts[:: max(1, len(texts) // 50)]
    if not all(any(map(str.isdigit, text)) and 6 <= len(text) <= 45 for text in some):
        return None
    codes, lines, doubt_text = np.arange(len(texts)), np.arange(1, len(texts) + 1), ""
    seconds, _, doubt = parse_times(codes, texts, lines, "row")
    if seconds is None and doubt is not None and doubt.answers:
        (_, form), *_ = doubt.answers[0].changes
        seconds, _, _ = parse_times(codes, texts, lines, "row", form)
        first = doubt.answers[0].label.partition(" ")[0].casefold()
        doubt_text = f"{name}: {quote(texts[0], 30)} and the others could be read in two ways. The {first} is first."
    if seconds is None or not np.isfinite(seconds).all():
        return None
    days = np.floor(seconds / 86_400).astype(np.int64).astype("datetime64[D]").astype(str)
    return DATE, dict(zip(texts.tolist(), days.tolist(), strict=True)), doubt_text


def _as_several(name: str, known: dict[str, int]) -> _Found | None:
    """Read several values in a cell, which must recur in others; None where there is one only."""
    are_lists = all(text[0] + text[-1] in ("[]", "{}", "()") for text in known)
    bare = {text: text[1:-1] if are_lists else text for text in known}
    for sign in "|;,":
        if not any(sign in text for text in bare.values()):
            continue
        pieces = {
            text: [piece.strip(" \"'" if are_lists else " ") for piece in each.split(sign)]
            for text, each in bare.items()
        }
        pieces = {text: [piece for piece in each if piece.casefold() not in MISSING] for text, each in pieces.items()}
        counts = Counter[str]()
        for text, each in pieces.items():
            counts.update({piece: known[text] for piece in each})
        recur = _makes_groups(len(counts), sum(counts.values()))
        # Of "Paris, France" the pieces are more than the texts: a name with a comma. Tags recombine.
        if not recur or (sign == "," and not are_lists and len(counts) >= len(known)):
            continue
        if any(SEPARATOR in piece for piece in counts):
            continue
        text_of = {text: SEPARATOR.join(each) for text, each in pieces.items()}
        doubt = f"{name}: values are separated at each comma." if sign == "," and not are_lists else ""
        return SEVERAL, text_of, doubt
    return None


def _as_category(known: dict[str, int]) -> _Found | str:
    if not _makes_groups(len(known), sum(known.values())):
        return CODES
    return CATEGORICAL, {text: text for text in known}, ""


def _makes_groups(n_distinct: int, n_known: int) -> bool:
    """Tell whether values put rows together: half as many as rows, or fewer where there are few."""
    return n_distinct == 1 or 2 * n_distinct <= n_known or n_distinct < min(n_known, _FEW + 1)
