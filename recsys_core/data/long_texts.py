"""Shorten texts that are too long to show, or for an array in which every text takes the room of the longest."""

from collections.abc import Sequence

import numpy as np

from recsys_core.errors import InputError

LONGEST = 1_000
_KEPT = 200
_MOST_PADDED = 20_000_000


def shorten(text: str) -> str:
    """Return the text, or its beginning if it has more than LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[:_KEPT]}…"


def shorten_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """Shorten long ids for the screen; a shortened id gets its number (from 1), so that ids stay distinct."""
    if max(map(len, ids), default=0) <= LONGEST:
        return tuple(ids)
    return tuple(
        text if len(text) <= LONGEST else f"{shorten(text)} ({number:,})" for number, text in enumerate(ids, 1)
    )


def pad_titles(titles: Sequence[str]) -> np.ndarray:
    """Return the titles as a NumPy array of fixed-width strings, long titles shortened."""
    longest = max(map(len, titles), default=0)
    if 4 * longest * len(titles) > _MOST_PADDED:
        titles = [title if len(title) <= _KEPT else f"{title[:_KEPT]}…" for title in titles]
    return np.asarray([shorten(title) for title in titles], np.str_)


def pad_ids(what: str, ids: Sequence[str]) -> np.ndarray:
    """Return the ids as a NumPy array of fixed-width strings. Raises InputError where a long id would blow it up."""
    longest, total = max(map(len, ids), default=0), sum(map(len, ids))
    if 4 * longest * len(ids) > max(_MOST_PADDED, 10 * 4 * total):
        raise InputError(
            f"The {what} of an NPZ file must be short, since each takes the room of the longest. The longest here has "
            f"{longest:,} characters, which makes {4 * longest * len(ids) / 1e6:,.0f} MB. Use the Parquet file instead."
        )
    return np.asarray(ids, np.str_)
