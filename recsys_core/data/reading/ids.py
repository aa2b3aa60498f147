"""Trim and sort ids, which are text and never parsed as numbers."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd

from recsys_core.data.reading.numbers import whole_numbers
from recsys_core.data.reading.receipt import quote
from recsys_core.data.reading.table import CodedTexts, factorise
from recsys_core.escape import from_spreadsheet

NUMERIC = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
FORMULA = re.compile(r'="([^"]*)"')
TrimmedIds = tuple[np.ndarray, np.ndarray, np.ndarray]
"""(codes, ids, padded): for each row the index into the trimmed ids, and whether it had spaces around."""
WHOLE_IN_DECIMALS = re.compile(r"[+-]?[0-9]+\.0*|[+-]?[0-9](\.[0-9]*)?[eE][+-]?[0-9]{1,2}")


def natural_order(ids: np.ndarray) -> np.ndarray:
    """Return the indices that sort the ids: numbers first, by value, then all other text."""
    if whole_numbers(ids) is not None:
        texts = ids.astype("U")
        return np.lexsort((texts, texts.astype(np.int64)))
    keys = [(0, Decimal(text), text) if NUMERIC.fullmatch(text) else (1, 0, text) for text in ids]
    return np.array(sorted(range(len(ids)), key=keys.__getitem__), np.int64)


def unwrap(texts: np.ndarray) -> tuple[np.ndarray, tuple[str, str] | None]:
    """Remove what a program wrote around ids; return the ids and an example (as written, as meant), or None.

    A spreadsheet protects '0010' as '="0010"', and an apostrophe protects =1+1 from spreadsheets. numpy.savetxt writes
    1 as '1.000000000000000000e+00'; this is undone where every id is a whole number written like this and all of them
    stay distinct.
    """
    meant = from_spreadsheet(list(texts))
    if meant != list(texts):
        pass  # nothing else is written around them then
    elif any(text.startswith("=") for text in texts):
        meant = [FORMULA.sub(r"\1", text) if FORMULA.fullmatch(text) else text for text in texts]
    elif all(WHOLE_IN_DECIMALS.fullmatch(text) or not text for text in texts):
        whole = [_whole(text) for text in texts]
        meant = [text for text in whole if text is not None]
        if len(meant) < len(whole) or len(set(meant)) < len(texts):
            return texts, None
    else:
        return texts, None
    example = next(((text, other) for text, other in zip(texts, meant, strict=True) if text != other), None)
    return np.array(meant, object), example


def unwrap_rows(role: str, ids: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Remove what a program wrote around the ids (r,) of all rows; return them, and a sentence where something was."""
    codes, texts = factorise(ids)
    meant, example = unwrap(texts)
    return (meant[codes], (unwrapped_sentence(role, example),)) if example else (ids, ())


def unwrapped_sentence(role: str, example: tuple[str, str]) -> str:
    """Say how the ids of a role are written, and as what they are read."""
    return f"The {role} ids are written as {quote(example[0], 30)} and read as {quote(example[1], 30)}."


def _whole(text: str) -> str | None:
    """Return '37' for '3.700000000000000000e+01'; None where digits are missing or the number is not whole."""
    if not text:
        return ""
    mantissa, _, exponent = text.lower().partition("e")
    n_decimals = len(mantissa.partition(".")[2])
    if exponent and int(exponent) > n_decimals:
        return None
    number = Decimal(text)
    return str(int(number)) if number == number.to_integral_value() else None


def trim(codes: np.ndarray, texts: np.ndarray) -> TrimmedIds:
    """Remove spaces around ids; return (codes, ids, padded), where `padded` (r,) marks the rows that had some."""
    stripped = np.array([text.strip() for text in texts], object)
    changed = stripped != texts
    if not changed.any():
        return codes, texts, np.zeros(len(codes), bool)
    merged, ids = factorise(stripped)
    return merged[codes], ids, changed[codes]


def trim_pairs(users: CodedTexts, items: CodedTexts) -> tuple[TrimmedIds, TrimmedIds, np.ndarray]:
    """Trim the ids of users and items; return both as (codes, ids, padded), and which rows (r,) keep their spaces.

    A row keeps them where it would otherwise repeat the user and item of a row that is written differently: a rating is
    rather kept under an id of its own than merged because of a space.
    """
    user_side, item_side = trim(*users), trim(*items)
    padded = user_side[2] | item_side[2]
    if not padded.any():
        return user_side, item_side, padded
    pairs = user_side[0].astype(np.int64) * len(item_side[1]) + item_side[0]
    raw_pairs = users[0].astype(np.int64) * len(items[1]) + items[0]
    spellings = pd.Series(raw_pairs).groupby(pairs).transform("nunique").to_numpy()
    keeps = padded & (spellings > 1)
    if keeps.any():
        user_side, item_side = _restore(user_side, users, keeps), _restore(item_side, items, keeps)
    return user_side, item_side, keeps


def _restore(trimmed: TrimmedIds, raw: CodedTexts, rows: np.ndarray) -> TrimmedIds:
    """Undo the trimming in some rows (r,) bool."""
    codes, ids, padded = trimmed
    texts = ids[codes]
    texts[rows] = raw[1][raw[0][rows]]
    return *factorise(texts), padded & ~rows
