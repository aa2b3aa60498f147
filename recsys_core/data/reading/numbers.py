"""Which numbers do the texts stand for? Only distinct texts come here, so care costs little."""

import re
import unicodedata

import numpy as np

from recsys_core.data.interactions import LARGEST_VALUE
from recsys_core.data.reading import header_words

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
LOOSE_NUMBER = re.compile(r"[+-]?([0-9][0-9.,]*|[.,][0-9]+)([eE][+-]?[0-9]+)?")
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
A_DATE = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d.*)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")

BLANK = "the rating is blank (empty)"
INFINITE = "the rating is not a finite number (NaN or infinite)"
TOO_LARGE = f"the rating is out of range (beyond ±{LARGEST_VALUE:g})"
AMBIGUOUS = "the comma in the rating is ambiguous (decimal comma or thousands separator)"
DATED = "the rating is a date (spreadsheets make one of 4.5 or 3/4)"
NO_NUMBER = "the rating is not a number"
REASONS = (BLANK, INFINITE, TOO_LARGE, AMBIGUOUS, DATED, NO_NUMBER)
# What people and programs write where there is no value.
MISSING = {"", "na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "\\n", "missing", "unknown"}


def _plain_opinion(text: str) -> str:
    """Without case, and without what turns an emoji's colour; spaces and hyphens as '_'."""
    text = re.sub("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]", "", text.strip())
    return re.sub(r"[\s_\-’]+", "_", text.replace("’", "'")).casefold()


_OPINIONS = {_plain_opinion(word): 0.5 for word in header_words.NEITHER.split()}
_OPINIONS |= {_plain_opinion(word): 0.0 for word in header_words.NO.split()}
_OPINIONS |= {_plain_opinion(word): 1.0 for word in header_words.YES.split()}


def opinion_of(text: str) -> float | None:
    """1 for a word such as 'True', 'yes', 'like' or a raised thumb, 0 for its opposite, 0.5 between, else None."""
    return _OPINIONS.get(_plain_opinion(text))


def are_opinions(texts) -> bool:
    """Whether these distinct texts are yes and no in words: nearly all are, beside 0 and 1 at most."""
    filled = {text.strip() for text in texts} - {""}
    if len(filled) > 100:
        return False
    words = [text for text in filled if opinion_of(text) is not None]
    others = [text for text in filled if opinion_of(text) is None and text not in ("0", "1")]
    return any(opinion_of(text) != 0.5 for text in words) and len(others) <= 0.2 * len(filled)


def looks_numeric(text: str) -> bool:
    """Whether the text is a number in some notation, for guessing only."""
    text = plain_digits(text.strip())
    return LOOSE_NUMBER.fullmatch(text) is not None or NOT_FINITE.fullmatch(text) is not None


def parse_ratings(texts: np.ndarray, decimal_comma: bool) -> tuple[np.ndarray, np.ndarray]:
    """(values, faults): NaN where a text is no usable rating, and there the index into REASONS, else -1.

    Where the texts are yes and no in words, they are 1 and 0.
    """
    values, faults = np.full(len(texts), np.nan), np.full(len(texts), -1, np.int8)
    in_words = are_opinions(texts)
    for place, text in enumerate(texts):
        if in_words and (opinion := opinion_of(text)) is not None:
            values[place] = opinion
            continue
        value, fault = _parse(plain_digits(text.strip()), decimal_comma)
        if fault is None:
            values[place] = value
        else:
            faults[place] = REASONS.index(fault)
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


def are_numbers(texts) -> bool:
    """Whether every text is a plain number."""
    # Millions of whole numbers need no regular expression.
    return (all(map(str.isdecimal, texts)) and all(map(str.isascii, texts))) or all(map(NUMBER.fullmatch, texts))


def uses_decimal_comma(texts: np.ndarray) -> bool:
    """Whether the commas can only be decimal: there are some, no points, and not all before three digits."""
    with_comma = [text.strip() for text in texts if "," in text]
    if not with_comma or any("." in text and looks_numeric(text) for text in texts):
        return False
    clear = [text for text in with_comma if DECIMAL_COMMA.fullmatch(text) and not THOUSANDS.fullmatch(text)]
    return len(clear) > 0


def plain_digits(text: str) -> str:
    """The text with the digits and signs of other scripts as ASCII, such as Arabic-Indic ٤ as 4."""
    if text.isascii():
        return text
    signs = {"\u2212": "-", "\u066b": ".", "\uff0e": ".", "\uff0c": ","}
    return "".join(
        str(unicodedata.decimal(sign)) if unicodedata.decimal(sign, None) is not None else signs.get(sign, sign)
        for sign in text
    )
