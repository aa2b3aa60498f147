"""Ids are text: trimmed, never parsed, in natural order."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd

NUMERIC = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
FORMULA = re.compile(r'="?([^"]*)"?')
WHOLE_IN_DECIMALS = re.compile(r"[+-]?[0-9]+\.0*|[+-]?[0-9](\.[0-9]*)?[eE][+-]?[0-9]{1,2}")


def natural_order(ids: np.ndarray) -> np.ndarray:
    """Places that sort the ids: numbers by value first, then all other text."""
    if all(text.isascii() and text.isdigit() and len(text) < 19 for text in ids):
        return np.lexsort((ids.astype("U"), ids.astype("U").astype(np.int64)))
    keys = [(0, Decimal(text), text) if NUMERIC.fullmatch(text) else (1, 0, text) for text in ids]
    return np.array(sorted(range(len(ids)), key=keys.__getitem__), np.int64)


def unwrap(texts: np.ndarray) -> tuple[np.ndarray, tuple[str, str] | None]:
    """(texts, an example of (as written, as meant) or None), freed from what a program wrote around or after ids.

    A spreadsheet guards '0010' from itself as '="0010"'; numpy.savetxt writes 1 as '1.000000000000000000e+00', which
    is undone where every id is a whole number spelt so and each remains one of its own.
    """
    if any(text.startswith("=") for text in texts):
        meant = [FORMULA.fullmatch(text)[1] if re.fullmatch(r'="[^"]*"', text) else text for text in texts]
    elif all(WHOLE_IN_DECIMALS.fullmatch(text) or not text for text in texts):
        meant = [_whole(text) for text in texts]
        if None in meant or len(set(meant)) < len(texts):
            return texts, None
    else:
        return texts, None
    example = next(((text, other) for text, other in zip(texts, meant, strict=True) if text != other), None)
    return np.array(meant, object), example


def _whole(text: str) -> str | None:
    """'37' for '3.700000000000000000e+01'; None where digits of the number are not written, or it is not whole."""
    if not text:
        return ""
    mantissa, _, exponent = text.lower().partition("e")
    n_decimals = len(mantissa.partition(".")[2])
    if exponent and int(exponent) > n_decimals:
        return None
    number = Decimal(text)
    return str(int(number)) if number == number.to_integral_value() else None


def trim(codes: np.ndarray, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(codes, ids, padded): ids without spaces around them; `padded` marks the rows that had some."""
    stripped = np.array([text.strip() for text in texts], object)
    changed = stripped != texts
    if not changed.any():
        return codes, texts, np.zeros(len(codes), bool)
    merged, ids = pd.factorize(stripped)
    return merged[codes], np.asarray(ids, object), changed[codes]


def trim_pairs(users: tuple, items: tuple) -> tuple[tuple, tuple, np.ndarray]:
    """Both columns (codes, texts) trimmed, as (codes, ids, padded), and the rows that keep their spaces.

    A row keeps them where it would otherwise repeat the user and item of a row that is spelt differently: a
    rating is rather shown under an id of its own than merged because of a space.
    """
    sides = [trim(*side) for side in (users, items)]
    padded = sides[0][2] | sides[1][2]
    if not padded.any():
        return *sides, padded
    pairs = sides[0][0].astype(np.int64) * len(sides[1][1]) + sides[1][0]
    raw_pairs = users[0].astype(np.int64) * len(items[1]) + items[0]
    spellings = pd.Series(raw_pairs).groupby(pairs).transform("nunique").to_numpy()
    keeps = padded & (spellings > 1)
    if keeps.any():
        sides = [_untrimmed(side, raw, keeps) for side, raw in zip(sides, (users, items), strict=True)]
    return *sides, keeps


def _untrimmed(side: tuple, raw: tuple, rows: np.ndarray) -> tuple:
    codes, ids, padded = side
    texts = ids[codes]
    texts[rows] = raw[1][raw[0][rows]]
    codes, ids = pd.factorize(texts)
    return codes, np.asarray(ids, object), padded & ~rows
