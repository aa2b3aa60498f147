"""How alike two ranked lists are, the first places counting most."""

import numpy as np

from recsys_core.errors import InputError

PERSISTENCE = 0.9
"""p of rank-biased overlap: the chance of reading on after each place; the first ten places have 86 % of the weight."""
_CHUNK_CELLS = 2**22


def rank_biased_overlap(first: np.ndarray, second: np.ndarray, p: float = PERSISTENCE) -> np.ndarray:
    """(u,) the extrapolated rank-biased overlap of the lists `first` and `second` (u, d), row by row: 1 if the same.

    RBO = p^d X_d/d + (1 − p)/p Σ_{j=1..d} p^j X_j/j, with X_j the number of items that the first j places of both have
    in common: Webber, Moffat and Zobel, A similarity measure for indefinite rankings, TOIS 2010, equation 30.
    Lists hold no item twice; -1 stands where a list has ended and is equal to nothing.
    """
    if first.shape != second.shape or not 0 < p < 1:
        raise InputError(
            "Two sets of lists must have the same shape, and p must lie between 0 and 1. "
            f"Got {first.shape}, {second.shape} and {p:g}."
        )
    n_users, depth = first.shape
    depths = np.arange(1, depth + 1)
    weights = (1 - p) / p * p**depths / depths
    weights[-1] += p**depth / depth
    overlaps = np.empty(n_users)
    rows = max(1, _CHUNK_CELLS // (depth * depth))
    # Two equal items at places i and j are in common from the place max(i, j) on.
    common_from = np.maximum(*np.indices((depth, depth)))
    weight_from = np.cumsum(weights[::-1])[::-1][common_from]
    for start in range(0, n_users, rows):
        a, b = first[start : start + rows, :, None], second[start : start + rows, None, :]
        overlaps[start : start + rows] = np.einsum("uij,ij->u", (a == b) & (a >= 0), weight_from)
    return overlaps
