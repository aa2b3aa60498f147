"""Terms: a discounted cumulative gain taken apart, item by item."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Terms:
    """What each item of one list adds to its DCG: arrays of equal length, by ascending rank.

    `ranks` counted from 1, the `relevance` of the item there, the `gain` it is worth and the `discount` of its rank.
    """

    ranks: np.ndarray
    relevance: np.ndarray
    gain: np.ndarray
    discount: np.ndarray

    @property
    def term(self) -> np.ndarray:
        """gain · discount of each item."""
        terms: np.ndarray = self.gain * self.discount
        return terms

    @property
    def cumulative(self) -> np.ndarray:
        """The DCG down to each item."""
        return np.cumsum(self.term)

    @property
    def dcg(self) -> float:
        return float(self.term.sum())


def log2_discount(ranks: np.ndarray) -> np.ndarray:
    """Return 1 / log2(r + 1): 1, 0.63, 0.5, … (Burges et al., ICML 2005)."""
    return 1.0 / np.log2(ranks + 1.0)
