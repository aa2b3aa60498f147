"""Rows of like length side by side, so that one stacked product serves many of them."""

from dataclasses import dataclass, field

import numpy as np

from recsys_core.data.interactions import Interactions
from recsys_core.threads import Scratch, for_each_block

_SYSTEMS_BYTES = 3_000_000  # what is worked on at a time should stay near the cache
_STACK_BYTES = 6_000_000  # the same without systems, where a stack has more and shorter steps to pay for
_PARALLEL_FROM = 100_000  # entries; below, handing work to threads costs more than it saves


@dataclass(frozen=True, eq=False)
class RowGroup:
    """r rows, padded to the length L of the longest.

    `rows` (r,) are ids; `entries` (r, L) are indices of the data's entries, and `items` (r, L) their items.
    Where `is_entry` (r, L) is false there is only padding: entry 0, and item n, one past the last.
    """

    rows: np.ndarray
    entries: np.ndarray
    items: np.ndarray
    is_entry: np.ndarray

    def beside(self, values: np.ndarray | float | np.floating) -> np.ndarray | np.floating:
        """Return the `values` of the entries, padded alike (r, L); one number for all stays one number."""
        return values[self.entries] if isinstance(values, np.ndarray) and values.ndim else np.float32(values)

    def put(self, padded: np.ndarray, values: np.ndarray) -> None:
        """Write the entries of `padded` (r, L) to where they belong in `values`."""
        values[self.entries[self.is_entry]] = padded[self.is_entry]


@dataclass(frozen=True, eq=False)
class RowGroups:
    """All rows of `data` that have entries, in groups."""

    data: Interactions
    groups: list[RowGroup]
    n_factors: int
    scratch: Scratch = field(default_factory=Scratch, repr=False)

    @classmethod
    def of(cls, data: Interactions, n_factors: int, *, with_systems: bool = True) -> "RowGroups":
        """Sort the non-empty rows by length and cut where padding or memory would grow too much.

        A row needs room for the factors of its entries and, unless `with_systems` is false, for a k × k system.
        """
        lengths = data.items_per_user
        by_length = np.argsort(lengths, kind="stable")
        by_length = by_length[lengths[by_length] > 0]
        ascending = lengths[by_length]
        splits, start, group_bytes = [], 0, _SYSTEMS_BYTES if with_systems else _STACK_BYTES
        while start < len(by_length):
            fits_padding = np.searchsorted(ascending, 1.12 * ascending[start] + 3, side="right")
            longest = ascending[fits_padding - 1]
            row_bytes = 4 * n_factors * (longest + with_systems * n_factors)
            fits_memory = start + max(1, int(group_bytes / row_bytes))
            stop = min(fits_padding, fits_memory)
            splits.append(by_length[start:stop])
            start = stop
        parallel = data.n_interactions > _PARALLEL_FROM
        return cls(data, for_each_block(lambda rows: _padded(data, rows), splits, parallel=parallel), n_factors)

    def padded(self, factors: np.ndarray) -> np.ndarray:
        """Return `factors` (n, k) with a row of zeros below, at which the padding points."""
        return np.concatenate([factors, np.zeros((1, self.n_factors), np.float32)])

    def gathered(self, padded: np.ndarray, group: RowGroup) -> np.ndarray:
        """Return the factors of a group's items (r, L, k), the calling thread's own until it asks for another group."""
        y = self.scratch.array("gathered", (*group.items.shape, self.n_factors))
        return np.take(padded, group.items, axis=0, out=y, mode="clip")  # "raise" would go through a second array


def _padded(data: Interactions, rows: np.ndarray) -> RowGroup:
    lengths = data.items_per_user[rows]
    index_type = np.int32 if data.n_interactions < 2**31 else np.int64
    positions = np.arange(lengths[-1], dtype=index_type)
    is_entry = positions < lengths[:, None]
    entries = np.where(is_entry, data.indptr[rows].astype(index_type)[:, None] + positions, 0)
    items = np.where(is_entry, np.take(data.items, entries), np.int32(data.n_items))
    return RowGroup(rows, entries, items, is_entry)
