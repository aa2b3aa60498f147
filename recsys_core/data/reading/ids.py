"""Ids are text: trimmed, never parsed, in natural order, with a word on those that may mislead."""

import re
import unicodedata
from decimal import Decimal

import numpy as np
import pandas as pd

from recsys_core.data.reading.receipt import places, shown

NUMERIC = re.compile(r"-?[0-9]{1,60}(\.[0-9]{1,60})?")
LEADING_ZERO = re.compile(r"0[0-9]+")
HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Co", "Cn"}
MIXED_SCRIPTS = ({"LATIN", "CYRILLIC"}, {"LATIN", "GREEK"})


def natural_order(ids: np.ndarray) -> np.ndarray:
    """Places that sort the ids: numbers by value first, then all other text."""
    if all(text.isascii() and text.isdigit() and len(text) < 19 for text in ids):
        return np.lexsort((ids.astype("U"), ids.astype("U").astype(np.int64)))
    keys = [(0, Decimal(text), text) if NUMERIC.fullmatch(text) else (1, 0, text) for text in ids]
    return np.array(sorted(range(len(ids)), key=keys.__getitem__), np.int64)


def trimmed(codes: np.ndarray, texts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(codes, ids, padded): ids without spaces around them; `padded` marks the rows that had some."""
    stripped = np.array([text.strip() for text in texts], object)
    changed = stripped != texts
    if not changed.any():
        return codes, texts, np.zeros(len(codes), bool)
    merged, ids = pd.factorize(stripped)
    return merged[codes], np.asarray(ids, object), changed[codes]


def trimmed_pairs(users: tuple, items: tuple) -> tuple[tuple, tuple, np.ndarray]:
    """Both columns (codes, texts) trimmed, as (codes, ids, padded), and the rows that keep their spaces.

    A row keeps them where it would otherwise repeat the user and item of a row that is spelt differently: a
    rating is rather shown under an id of its own than merged because of a space.
    """
    sides = [trimmed(*side) for side in (users, items)]
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


def id_warnings(role: str, codes: np.ndarray, ids: np.ndarray, lines: np.ndarray, unit: str) -> list[str]:
    """Sentences on ids that are easily mistaken for each other."""
    warnings = []
    zeros = [text for text in ids if LEADING_ZERO.fullmatch(text)]
    if zeros:
        known = set(ids)
        twin = next((text for text in zeros if (text.lstrip("0") or "0") in known), None)
        example = (
            f": {shown(twin)} and {shown(twin.lstrip('0') or '0')} are two" if twin else f", as in {shown(zeros[0])}"
        )
        warnings.append(f"Some {role} ids have leading zeros; ids are text and keep them{example}.")
    odd = [place for place, text in enumerate(ids) if not text.isascii() or not text.isprintable()]
    for is_meant, words in (
        (_has_hidden, "invisible (hidden) characters"),
        (_mixes_scripts, "letters that look alike"),
    ):
        found = np.array([place for place in odd if is_meant(ids[place])], np.int64)
        if len(found):
            rows = np.flatnonzero(np.isin(codes, found))
            firsts = rows[np.sort(np.unique(codes[rows], return_index=True)[1])][:5]
            examples = [(int(lines[row]), ascii(ids[codes[row]])) for row in firsts]
            warnings.append(
                f"{len(found):,} {role} {'id has' if len(found) == 1 else 'ids have'} {words}: "
                f"{places(examples, unit)}. They are kept as they are."
            )
    return warnings


def _has_hidden(text: str) -> bool:
    return any(unicodedata.category(sign) in HIDDEN for sign in text)


def _mixes_scripts(text: str) -> bool:
    scripts = {unicodedata.name(sign, "").split(" ")[0] for sign in text if sign.isalpha()}
    return any(pair <= scripts for pair in MIXED_SCRIPTS)
