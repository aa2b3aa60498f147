"""Find values that may be no ratings: those that mean "not rated" and stray ones, all set apart from the others."""

from dataclasses import dataclass

import numpy as np

from recsys_core.data.reading.values import LARGEST_OPINION

MOST_SENTINELS = 3
FEWEST = 3
RARE = 0.005
# From this share on, a value that is far from the others is no typing error.
FREQUENT = 0.02
# Of a few rows, not even two are rare.
MOST_STRAY = 0.1
# A 0 below one of these scales is more often a filled blank than an opinion.
WITHOUT_ZERO = tuple({step / per_unit for step in range(1, 5 * per_unit + 1)} for per_unit in (1, 2, 4))


@dataclass(frozen=True)
class Sentinel:
    """A value that may mean "not rated": how often it occurs, the range of the others, the mean with and without it.

    `is_far` is True where it lies far from the scale, and is not just a 0 at its end.
    """

    value: float
    count: int
    share: float
    lowest: float
    highest: float
    mean: float
    mean_without: float
    is_far: bool


def find_sentinels(values: np.ndarray, counts: np.ndarray) -> list[Sentinel]:
    """Return the values that may mean "not rated", the most suspicious first; `counts` (v,) belong to `values` (v,)."""
    order = np.argsort(values)
    values, counts = np.asarray(values, float)[order], np.asarray(counts, np.int64)[order]
    values, counts = values[counts > 0], counts[counts > 0]
    n = counts.sum()
    mean, found = float(values @ counts / max(1, n)), list[tuple[float, int, bool]]()
    while len(found) < MOST_SENTINELS and len(values) > 2:
        index = _suspect(values, counts, n)
        if index is None:
            break
        rest, n_rest = np.delete(values, index), np.delete(counts, index)
        found.append((float(values[index]), int(counts[index]), _is_far(values, index)))
        values, counts = rest, n_rest
    without = float(values @ counts / max(1, counts.sum()))
    return [
        Sentinel(value, count, float(count / n), float(values[0]), float(values[-1]), mean, without, is_far)
        for value, count, is_far in found
    ]


def find_strays(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the values far above a scale of opinions that few rows hold, such as a typed 555 or a total, ascending.

    `counts` (v,) belong to `values` (v,). What more rows hold is a sentinel, or a count of use.
    """
    order = np.argsort(values)
    values, counts = np.asarray(values, float)[order], np.asarray(counts, np.int64)[order]
    if len(values) < 4:
        return values[:0]
    n, gaps = counts.sum(), np.diff(values)
    n_from = counts[::-1].cumsum()[::-1][3:]  # three values at least make a scale
    below, gap, widest = values[2:-1], gaps[2:], np.maximum.accumulate(gaps)[1:-1]
    is_rare = (n_from < max(FEWEST, FREQUENT * n)) & (n_from <= MOST_STRAY * n)
    is_far = (gap >= below - values[0]) & (gap > 2.5 * widest) & (below <= LARGEST_OPINION)
    found = np.flatnonzero(is_rare & is_far)
    return values[3 + found[0] :] if len(found) else values[:0]


def _suspect(values: np.ndarray, counts: np.ndarray, n: int) -> int | None:
    """Return the index of the most suspicious of the ascending `values`, or None."""
    last = len(values) - 1
    # Below a scale, a code is 0 or negative; a rare 1 below 6 to 8 is the low end of 1 to 10.
    for index in (last, 0) if values[0] <= 0 else (last,):
        if counts[index] >= max(FEWEST, FREQUENT * n) and _is_far(values, index):
            return index
    if values[0] < 0 and counts[0] >= max(FEWEST, RARE * n) and _is_negative_code(values):
        return 0
    zeros = np.flatnonzero(values == 0)
    if len(zeros) and counts[zeros[0]] >= max(FEWEST, RARE * n) and _is_blank_zero(values, counts, int(zeros[0]), n):
        return int(zeros[0])
    return None


def _is_far(values: np.ndarray, index: int) -> bool:
    """Tell whether the value at an end is farther from the others than their range and 2.5 times their widest gap."""
    rest = np.delete(values, index)
    if index not in (0, len(values) - 1) or len(rest) < 3:
        return False
    gap = abs(values[index] - (rest[-1] if index else rest[0]))
    return bool(gap >= rest[-1] - rest[0] and gap > 2.5 * np.diff(rest).max())


def _is_negative_code(values: np.ndarray) -> bool:
    """Tell whether the one or two values below 0 are outside the scale; those of −1, 0, 1 and of −2 to 2 are inside."""
    return bool(np.sum(values < 0) <= 2 and np.sum(values > 0) >= 3 and values[-1] > -2 * values[0])


def _is_blank_zero(values: np.ndarray, counts: np.ndarray, index: int, n: int) -> bool:
    """Tell whether the 0 at `index` is more likely a filled blank than an opinion."""
    others, n_others = np.delete(values, index), np.delete(counts, index)
    if len(others) < 3 or (index and len(others) < 5):
        return False
    share, usual = counts[index] / n, np.median(n_others)
    if index:  # within a scale that goes below 0
        return bool(share >= 0.1 and counts[index] >= 5 * usual and counts[index] > n_others.max())
    gap, steps = others[0], np.diff(others)
    if gap > 1.5 * steps.max():
        return True
    if any(set(others.tolist()) <= scale and 5 in others and len(others) >= 4 for scale in WITHOUT_ZERO):
        return True
    is_spike = counts[index] >= 1.5 * usual and counts[index] > n_others.max()
    return bool((share >= 0.05 and is_spike) or (share >= 0.08 and counts[index] >= 12 * n_others[0]))
