"""Conditional Poisson sampling: independent draws of items, given how many were drawn in all.

Each of n items is drawn independently with odds o_i, and only samples of exactly t items count (Hájek, Annals of
Mathematical Statistics 1964; Chen, Dempster and Liu, Biometrika 1994). Then P(sample) ∝ Π o_i over the sample.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit

_BISECTIONS = 45  # of ±200, to 1e-11
_MOST_CELLS = 2**22  # of the tables of one group of users: 32 MB


@dataclass(frozen=True, eq=False)
class ConditionalPoisson:
    """One such sample for each of m users: `log_odds` (m, n), −inf for items that cannot be drawn, `sizes` (m,) ≥ 0.

    A size must be at most the number of items that can be drawn.
    """

    log_odds: np.ndarray
    sizes: np.ndarray

    @cached_property
    def chances(self) -> np.ndarray:
        """Return (m, n): the chance that each item is in the sample; each row sums to its size."""
        chances = np.zeros_like(self.log_odds)
        for rows, size in self._groups():
            p = self._independent[rows].T
            after = _counts(p[::-1], size)[::-1]
            before = _counts(p, size)
            # Item i, and among all others one fewer than the size: so many before it, the others after it.
            of_others = np.einsum("icb,icb->ib", before[:-1], after[1:, ::-1])
            found = p * of_others
            chances[rows] = (found * (size / found.sum(axis=0))).T
        return chances

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return (m, n) bool: a sample for each user."""
        drawn = np.zeros(self.log_odds.shape, bool)
        luck = rng.random(self.log_odds.shape)
        for rows, size in self._groups():
            p = self._independent[rows].T
            after = _counts(p[::-1], size + 1)[::-1]  # after[i, c]: the chance of c among the items from i on
            left, columns = np.full(len(rows), size), np.arange(len(rows))
            for item in range(len(p)):
                one_fewer = after[item + 1, np.maximum(left - 1, 0), columns]
                chance = np.where(left > 0, p[item] * one_fewer, 0.0)
                is_drawn = luck[rows, item] * after[item, left, columns] < chance
                drawn[rows, item] = is_drawn
                left -= is_drawn
        return drawn

    @cached_property
    def _independent(self) -> np.ndarray:
        """(m, n): the chances of independent draws that give as many items on average.

        A common factor of a user's odds changes no conditional Poisson sample, but keeps what is computed away from 0.
        """
        n_possible = np.isfinite(self.log_odds).sum(axis=1)
        wanted = np.minimum(self.sizes, n_possible - 1e-6)
        shift = solve_rising(lambda shift: _logistic(self.log_odds + shift[:, None]).sum(axis=1), wanted)
        return _logistic(self.log_odds + shift[:, None])

    def _groups(self) -> list[tuple[np.ndarray, int]]:
        """Users of one size, not too many at a time, with their size."""
        groups = []
        for size in np.unique(self.sizes[self.sizes > 0]):
            rows = np.flatnonzero(self.sizes == size)
            step = max(1, _MOST_CELLS // int(self.log_odds.shape[1] * (size + 1)))
            groups += [(rows[start : start + step], int(size)) for start in range(0, len(rows), step)]
        return groups


def _logistic(x: np.ndarray) -> np.ndarray:
    """Return 1 / (1 + e^−x), which of −inf is 0."""
    chances: np.ndarray = expit(x)
    return chances


def solve_rising(total: Callable[[np.ndarray], np.ndarray], wanted: np.ndarray) -> np.ndarray:
    """Return (b,) x within ±200 with total(x) = wanted (b,), where each total rises with its own x."""
    low, high = np.full(len(wanted), -200.0), np.full(len(wanted), 200.0)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        is_below = total(middle) < wanted
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    solution: np.ndarray = (low + high) / 2
    return solution


def _counts(p: np.ndarray, size: int) -> np.ndarray:
    """Return (n + 1, size, b): the chance that c = 0 … size − 1 of the first i items are drawn, each by `p` (n, b)."""
    counts = np.zeros((len(p) + 1, size, p.shape[1]))
    counts[0, 0] = 1
    for i, chance in enumerate(p):
        counts[i + 1] = counts[i] * (1 - chance)
        counts[i + 1, 1:] += counts[i, :-1] * chance
    return counts
