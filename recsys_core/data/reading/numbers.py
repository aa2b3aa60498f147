"""Parse numbers and opinions. Only distinct texts come here, so care costs little."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from recsys_core.data.interactions import LARGEST_VALUE
from recsys_core.data.nouns import write_number
from recsys_core.data.reading import header_words

_FIRST_LOOK, _CHUNK = 100, 10_000  # of many texts: looked at before all are, and taken at once
NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LOOSE_NUMBER = re.compile(r"[+-]?([0-9][0-9.,]*|[.,][0-9]+)([eE][+-]?[0-9]+)?")
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
A_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")

BLANK = "the rating is blank (empty)"
INFINITE = "the rating is not a finite number (NaN or infinite)"
TOO_LARGE = f"the rating is out of range (beyond ±{write_number(LARGEST_VALUE)})"
AMBIGUOUS = "the comma in the rating is ambiguous (decimal comma or thousands separator)"
DATED = "the rating is a date (spreadsheets turn 4.5 or 3/4 into one)"
NO_NUMBER = "the rating is not a number"
REASONS = (BLANK, INFINITE, TOO_LARGE, AMBIGUOUS, DATED, NO_NUMBER)
# What people and programs write where there is no value.
MISSING = {
    *("", "na", "n/a", "nan", "nat", "<na>", "null", "none", "nil", "undefined", "missing", "unknown"),
    *("-", "--", "?", ".", "\\n", "#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"),
}


class ManyTexts:
    """Millions of distinct texts in an Arrow array, such as times, of which most are never looked at one by one.

    They are indexed as an array of objects is, and what is taken is an array of objects.
    """

    def __init__(self, column: pa.Array):
        self.column = column

    def __len__(self) -> int:
        return len(self.column)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), _CHUNK):
            yield from self[start : start + _CHUNK]

    @overload
    def __getitem__(self, index: int | np.integer) -> str: ...

    @overload
    def __getitem__(self, index: slice | np.ndarray) -> np.ndarray: ...

    def __getitem__(self, index: int | np.integer | slice | np.ndarray) -> str | np.ndarray:
        if isinstance(index, (int, np.integer)):
            return str(self.column[int(index)].as_py())
        if isinstance(index, slice):
            chosen = self.column[index]
        else:
            chosen = self.column.filter(pa.array(index)) if index.dtype == bool else self.column.take(pa.array(index))
        texts: np.ndarray = chosen.to_numpy(zero_copy_only=False)
        return texts


def _plain_opinion(text: str) -> str:
    """Normalise an opinion: no case, no colour of emoji, spaces and hyphens as '_'."""
    text = re.sub("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]", "", text.strip())
    return re.sub(r"[\s_\-’]+", "_", text.replace("’", "'")).casefold()


_OPINIONS = {_plain_opinion(word): 0.5 for word in header_words.NEITHER.split()}
_OPINIONS |= {_plain_opinion(word): 0.0 for word in header_words.NO.split()}
_OPINIONS |= {_plain_opinion(word): 1.0 for word in header_words.YES.split()}


def opinion_of(text: str) -> float | None:
    """Return 1 for 'True', 'yes', 'like', a thumb up and so on, 0 for the opposite, 0.5 in between, else None."""
    return _OPINIONS.get(_plain_opinion(text))


def are_opinions(texts: Iterable[str]) -> bool:
    """Tell whether these distinct texts are yes and no in words; 0 and 1, and a few others, may be among them."""
    filled = {text.strip() for text in texts} - {""}
    if len(filled) > 100:
        return False
    words = [text for text in filled if opinion_of(text) is not None]
    others = [text for text in filled if opinion_of(text) is None and text not in ("0", "1")]
    return any(opinion_of(text) != 0.5 for text in words) and len(others) <= 0.2 * len(filled)


def looks_numeric(text: str) -> bool:
    """Tell whether the text is a number in some notation; only for guessing."""
    text = plain_digits(text.strip())
    return LOOSE_NUMBER.fullmatch(text) is not None or NOT_FINITE.fullmatch(text) is not None


def parse_ratings(texts: np.ndarray, decimal_comma: bool) -> tuple[np.ndarray, np.ndarray]:
    """Parse distinct texts as ratings; return (values, faults).

    Where a text is no usable rating, the value is NaN and the fault an index into REASONS; else the fault is -1. Yes
    and no in words are 1 and 0.
    """
    values, faults = np.full(len(texts), np.nan), np.full(len(texts), -1, np.int8)
    in_words = are_opinions(texts)
    for index, text in enumerate(texts):
        if in_words and (opinion := opinion_of(text)) is not None:
            values[index] = opinion
            continue
        value, fault = _parse(plain_digits(text.strip()), decimal_comma)
        if fault is None:
            values[index] = value
        else:
            faults[index] = REASONS.index(fault)
    return values, faults


def _parse(text: str, decimal_comma: bool) -> tuple[float, str | None]:
    if not text:
        return np.nan, BLANK
    if decimal_comma and "." not in text:
        text = text.replace(",", ".", 1)
    if NUMBER.fullmatch(text):
        value = float(text)
        return (value, None) if abs(value) <= LARGEST_VALUE else (np.nan, TOO_LARGE)
    if NOT_FINITE.fullmatch(text):
        return np.nan, INFINITE
    if THOUSANDS.fullmatch(text) or DECIMAL_COMMA.fullmatch(text):
        return np.nan, AMBIGUOUS
    if A_DATE.fullmatch(text):
        return np.nan, DATED
    return np.nan, NO_NUMBER


def are_numbers(texts: Sequence[str] | np.ndarray | ManyTexts) -> bool:
    """Tell whether every text is a plain number."""
    # Millions of whole numbers need no regular expression.
    return whole_numbers(texts) is not None or all(map(NUMBER.fullmatch, texts))


def whole_numbers(texts: Sequence[str] | np.ndarray | ManyTexts) -> np.ndarray | None:
    """Return texts of at most 18 plain digits as float64, fast also for millions; None where one is anything else."""
    if not all(map(str.isdecimal, texts[:_FIRST_LOOK])):
        return None
    try:
        column = texts.column if isinstance(texts, ManyTexts) else pa.array(texts, pa.large_string())
    except (pa.ArrowException, UnicodeError, TypeError):  # half of a surrogate pair
        return None
    is_plain = pc.and_(pc.string_is_ascii(column), pc.utf8_is_decimal(column))
    if not pc.all(pc.and_(is_plain, pc.less(pc.utf8_length(column), 19))).as_py():
        return None
    return np.asarray(column.cast(pa.int64()).to_numpy(), np.float64)


def uses_decimal_comma(texts: np.ndarray) -> bool:
    """Tell whether commas can only be decimal: there are some, no points, and not all are before three digits."""
    with_comma = [text.strip() for text in texts if "," in text]
    if not with_comma or any("." in text and looks_numeric(text) for text in texts):
        return False
    clear = [text for text in with_comma if DECIMAL_COMMA.fullmatch(text) and not THOUSANDS.fullmatch(text)]
    return len(clear) > 0


def plain_digits(text: str) -> str:
    """Write the digits and signs of other scripts in ASCII, such as Arabic-Indic ٤ as 4."""
    if text.isascii():
        return text
    signs = {"\u2212": "-", "\u066b": ".", "\uff0e": ".", "\uff0c": ","}
    return "".join(
        str(unicodedata.decimal(sign)) if unicodedata.decimal(sign, None) is not None else signs.get(sign, sign)
        for sign in text
    )
