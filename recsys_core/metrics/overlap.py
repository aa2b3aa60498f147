"""How similar two ranked lists are, where the first ranks count most."""

import numpy as np

from recsys_core.errors import InputError

PERSISTENCE = 0.9
"""p of rank-biased overlap: the chance of reading on after each place; the first ten places have 86 % of the weight."""
_CHUNK_CELLS = 2**22
_TABLE_CELLS = 2**20  # of items beside a few rows, as 4 MB


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
    rows = max(1, _CHUNK_CELLS // max(1, depth))
    for start in range(0, n_users, rows):
        chunk = slice(start, start + rows)
        overlaps[chunk] = _extrapolated(first[chunk], second[chunk], p)
    return overlaps


def _extrapolated(first: np.ndarray, second: np.ndarray, p: float) -> np.ndarray:
    n_users, depth = first.shape
    lengths = np.sort([(first >= 0).sum(axis=1), (second >= 0).sum(axis=1)], axis=0)
    short, long = lengths[0][:, None], lengths[1][:, None]  # s and l of the formula
    places = np.arange(1, depth + 1)
    # Two equal items at places i and j are in common from the place max(i, j) on.
    common_from = np.maximum(_places_in(first, second), places)
    row, column = np.nonzero(common_from <= depth)
    new = np.bincount(row * depth + common_from[row, column] - 1, minlength=n_users * depth).reshape(n_users, depth)
    common = np.cumsum(new, axis=1)  # X_1 … X_d
    at_short, at_long = (np.take_along_axis(common, np.maximum(length, 1) - 1, axis=1) for length in (short, long))
    agreed = at_short / np.maximum(short, 1)
    agreement = common / places + np.where(places > short, agreed * (places - short) / places, 0)
    weights = np.where(places <= long, (1 - p) / p * p**places, 0)
    tail = ((at_long - at_short) / np.maximum(long, 1) + agreed) * p**long
    overlap = np.sum(agreement * weights, axis=1) + tail[:, 0]
    return np.where(lengths[1] == 0, 1.0, np.where(lengths[0] == 0, 0.0, overlap))


def _places_in(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return (u, d) the places, from 1, of the items of `second` in `first`, and d + 1 where they are not in there."""
    n_users, depth = first.shape
    width = int(max(first.max(initial=-1), second.max(initial=-1))) + 2  # the last column is that of no item, -1
    rows = max(1, _TABLE_CELLS // width)
    table = np.full((min(rows, n_users), width), depth + 1, np.int32)
    places = np.empty((n_users, depth), np.int32)
    for start in range(0, n_users, rows):
        ours, theirs = first[start : start + rows], second[start : start + rows]
        row = np.arange(len(ours))[:, None]
        table[row, ours] = np.arange(1, depth + 1)
        table[:, -1] = depth + 1
        places[start : start + rows] = table[row, theirs]
        table[row, ours] = depth + 1
    return places
