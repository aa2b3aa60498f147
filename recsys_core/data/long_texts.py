"""Texts that are too long to be shown, or to stand in an array whose texts all take the room of the longest."""

from collections.abc import Sequence

import numpy as np

from recsys_core.errors import InputError

LONGEST = 1_000
_KEPT = 200
_MOST_PADDED = 20_000_000


def shorten(text: str) -> str:
    """The text, or its beginning where it has more than LONGEST characters."""
    return text if len(text) <= LONGEST else f"{text[:_KEPT]}…"


def shorten_ids(ids: Sequence[str]) -> tuple[str, ...]:
    """Ids as they are shown: a long one is shortened, with its place (from 1), which tells it from its like."""
    if max(map(len, ids), default=0) <= LONGEST:
        return tuple(ids)
    return tuple(text if len(text) <= LONGEST else f"{shorten(text)} ({place:,})" for place, text in enumerate(ids, 1))


def pad_titles(titles: Sequence[str]) -> np.ndarray:
    """Titles as an array of texts of one width, the long ones shortened."""
    longest = max(map(len, titles), default=0)
    if 4 * longest * len(titles) > _MOST_PADDED:
        titles = [title if len(title) <= _KEPT else f"{title[:_KEPT]}…" for title in titles]
    return np.asarray([shorten(title) for title in titles], np.str_)


def pad_ids(what: str, ids: Sequence[str]) -> np.ndarray:
    """Ids as an array of texts of one width. Raises InputError where a long one would blow that up."""
    longest, total = max(map(len, ids), default=0), sum(map(len, ids))
    if 4 * longest * len(ids) > max(_MOST_PADDED, 10 * 4 * total):
        raise InputError(
            f"The {what} of an NPZ file must be short: each takes the room of the longest. One here has {longest:,} "
            f"characters, which makes {4 * longest * len(ids) / 1e6:,.0f} MB. Take the Parquet file instead."
        )
    return np.asarray(ids, np.str_)
