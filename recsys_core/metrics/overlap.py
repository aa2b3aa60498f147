"""How similar two ranked lists are, where the first ranks count most."""

import numpy as np

from recsys_core.errors import InputError

PERSISTENCE = 0.9
"""p of rank-biased overlap: the chance of reading on after each place; the first ten places have 86 % of the weight."""
_CHUNK_CELLS = 2**22


def rank_biased_overlap(first: np.ndarray, second: np.ndarray, p: float = PERSISTENCE) -> np.ndarray:
    """Return (u,) the extrapolated rank-biased overlap of the lists `first` and `second` (u, d); 1 if the same.

    Of lists with s ≤ l items, X_j of which the first j places of both have in common,
    RBO = (1 − p)/p [Σ_{j=1..l} X_j/j p^j + Σ_{j=s+1..l} X_s (j − s)/(s j) p^j] + [(X_l − X_s)/l + X_s/s] p^l:
    Webber, Moffat and Zobel, A similarity measure for indefinite rankings, TOIS 2010, equation 32, which for lists of
    one length is their equation 30. Beyond its end a list is taken to agree as it did up to there.
    Lists hold no item twice; -1 stands where a list has ended. Two empty lists are the same, 1; one alone is not, 0.
    """
    if first.shape != second.shape or not 0 < p < 1:
        raise InputError(
            "Two sets of lists must have the same shape, and p must lie between 0 and 1. "
            f"Got {first.shape}, {second.shape} and {p:g}."
        )
    n_users, depth = first.shape
    overlaps = np.empty(n_users)
    rows = max(1, _CHUNK_CELLS // max(1, depth * depth))
    for start in range(0, n_users, rows):
        chunk = slice(start, start + rows)
        overlaps[chunk] = _extrapolated(first[chunk], second[chunk], p)
    return overlaps


def _extrapolated(first: np.ndarray, second: np.ndarray, p: float) -> np.ndarray:
    n_users, depth = first.shape
    lengths = np.sort([(first >= 0).sum(axis=1), (second >= 0).sum(axis=1)], axis=0)
    short, long = lengths[0][:, None], lengths[1][:, None]  # s and l of the formula
    row, i, j = np.nonzero((first[:, :, None] == second[:, None, :]) & (first >= 0)[:, :, None])
    # Two equal items at places i and j are in common from the place max(i, j) on.
    new = np.bincount(row * depth + np.maximum(i, j), minlength=n_users * depth).reshape(n_users, depth)
    common = np.cumsum(new, axis=1)  # X_1 … X_d
    places = np.arange(1, depth + 1)
    at_short, at_long = (np.take_along_axis(common, np.maximum(length, 1) - 1, axis=1) for length in (short, long))
    agreed = at_short / np.maximum(short, 1)
    agreement = common / places + np.where(places > short, agreed * (places - short) / places, 0)
    weights = np.where(places <= long, (1 - p) / p * p**places, 0)
    tail = ((at_long - at_short) / np.maximum(long, 1) + agreed) * p**long
    overlap = np.sum(agreement * weights, axis=1) + tail[:, 0]
    return np.where(lengths[1] == 0, 1.0, np.where(lengths[0] == 0, 0.0, overlap))
