"""Values that may mean 'not rated': which of the ratings stands apart from the others?"""

from dataclasses import dataclass

import numpy as np

MOST_SENTINELS = 3
FEWEST = 3
RARE = 0.005
# From this share on, a value that is far from the others is no slip of the pen.
FREQUENT = 0.02
# A 0 below one of these scales is more often a blank that was filled than an opinion.
WITHOUT_ZERO = tuple({step / per_unit for step in range(1, 5 * per_unit + 1)} for per_unit in (1, 2, 4))


@dataclass(frozen=True)
class Sentinel:
    """A value that may mean 'not rated': how often it stands there, the others' range, and the mean with and without.

    `is_far` where it lies apart from the scale, and is not only the 0 at its end.
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
    """The values that may mean 'not rated', the most suspicious first; `counts` says how often each value occurs."""
    order = np.argsort(values)
    values, counts = np.asarray(values, float)[order], np.asarray(counts, np.int64)[order]
    values, counts = values[counts > 0], counts[counts > 0]
    n = counts.sum()
    mean, found = float(values @ counts / max(1, n)), []
    while len(found) < MOST_SENTINELS and len(values) > 2:
        place = _suspect(values, counts, n)
        if place is None:
            break
        rest, n_rest = np.delete(values, place), np.delete(counts, place)
        found.append((values[place], counts[place], _is_far(values, place)))
        values, counts = rest, n_rest
    without = float(values @ counts / max(1, counts.sum()))
    return [
        Sentinel(float(value), int(count), float(count / n), float(values[0]), float(values[-1]), mean, without, is_far)
        for value, count, is_far in found
    ]


def _suspect(values: np.ndarray, counts: np.ndarray, n: int) -> int | None:
    """The place of the most suspicious value of a sorted list, or None."""
    last = len(values) - 1
    # Below a scale a code is 0 or negative; a rare 1 under 6 to 8 is the low end of 1 to 10.
    for place in (last, 0) if values[0] <= 0 else (last,):
        if counts[place] >= max(FEWEST, FREQUENT * n) and _is_far(values, place):
            return place
    if values[0] < 0 and counts[0] >= max(FEWEST, RARE * n) and _is_negative_code(values):
        return 0
    zeros = np.flatnonzero(values == 0)
    if len(zeros) and counts[zeros[0]] >= max(FEWEST, RARE * n) and _is_blank_zero(values, counts, int(zeros[0]), n):
        return int(zeros[0])
    return None


def _is_far(values: np.ndarray, place: int) -> bool:
    """Whether the value at an end is at least as far from the others as these are wide, and past any gap of theirs."""
    rest = np.delete(values, place)
    if place not in (0, len(values) - 1) or len(rest) < 3:
        return False
    gap = abs(values[place] - (rest[-1] if place else rest[0]))
    return gap >= rest[-1] - rest[0] and gap > 2.5 * np.diff(rest).max()


def _is_negative_code(values: np.ndarray) -> bool:
    """Whether the one or two values below 0 are no part of the scale; those of -1, 0, 1 and of -2 to 2 are."""
    return np.sum(values < 0) <= 2 and np.sum(values > 0) >= 3 and values[-1] > -2 * values[0]


def _is_blank_zero(values: np.ndarray, counts: np.ndarray, place: int, n: int) -> bool:
    others, n_others = np.delete(values, place), np.delete(counts, place)
    if len(others) < 3 or (place and len(others) < 5):
        return False
    share, usual = counts[place] / n, np.median(n_others)
    if place:  # within a scale that goes below 0
        return share >= 0.1 and counts[place] >= 5 * usual and counts[place] > n_others.max()
    gap, steps = others[0], np.diff(others)
    if gap > 1.5 * steps.max():
        return True
    if any(set(others.tolist()) <= scale and 5 in others and len(others) >= 4 for scale in WITHOUT_ZERO):
        return True
    is_spike = counts[place] >= 1.5 * usual and counts[place] > n_others.max()
    return (share >= 0.05 and is_spike) or (share >= 0.08 and counts[place] >= 12 * n_others[0])
