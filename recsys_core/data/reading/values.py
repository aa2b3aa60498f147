"""Get the ratings of a layout as they are written, and the distinct numbers among them."""

import numpy as np

from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.numbers import parse_ratings
from recsys_core.data.reading.table import Table

# Opinions are on scales up to 100; larger integers are counts.
LARGEST_OPINION = 100


def value_texts(table: Table, layout: Layout) -> tuple[np.ndarray, np.ndarray] | None:
    """Return (codes, distinct texts) of all ratings, or None where the layout has no rating."""
    if layout.orientation == "wide":
        return table.cells(item_columns(table, layout))
    return None if layout.rating is None else table.column(layout.rating)


def counted_values(codes: np.ndarray, texts: np.ndarray, decimal_comma: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return (distinct numbers, ascending; how often each occurs)."""
    values, faults = parse_ratings(texts, decimal_comma)
    counts = np.bincount(codes, minlength=len(texts))
    distinct, group = np.unique(values[faults < 0], return_inverse=True)
    return distinct, np.bincount(group, counts[faults < 0], minlength=len(distinct)).astype(np.int64)


def item_columns(table: Table, layout: Layout) -> tuple[int, ...]:
    """Return the indices of the item columns of a wide file."""
    return tuple(index for index in range(table.n_columns) if index != layout.user and index not in layout.ignored)
