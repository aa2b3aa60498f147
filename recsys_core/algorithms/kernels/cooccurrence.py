"""Count how many people have chosen both of two items, for all pairs, a block of rows at a time."""

from collections.abc import Iterator

import numpy as np

from recsys_core.data.interactions import Interactions

_BLOCK_CELLS = 2**21


def count_cooccurrences(train: Interactions) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield (rows, counts) over all blocks of items: rows of XᵀX, (b, n) float32, X the binary matrix (m, n)."""
    x, n = train.binary, train.n_items
    by_item = x.T.tocsr()
    size = max(1, _BLOCK_CELLS // n)
    for start in range(0, n, size):
        rows = slice(start, min(start + size, n))
        yield rows, (by_item[rows] @ x).toarray()
