"""Calculate the DCG, NDCG and average precision of a list that a person types, term by term."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from recsys_core.errors import InputError, to_python
from recsys_core.metrics.dcg_terms import Terms, log2_discount
from recsys_core.metrics.ranking import MAX_EXPONENT, exponential_gain, linear_gain

GAINS = {"exponential": exponential_gain, "linear": linear_gain}
"""2^rel − 1 (Burges et al. 2005) and rel (Järvelin and Kekäläinen 2002), by the name that stands in URLs."""

LONGEST = 100


@dataclass(frozen=True, eq=False)
class Calculation:
    """The DCG of a list of k items and of its ideal list, and the average precision, term by term.

    `reached` has all k items, `ideal` the k best of the known relevances, best first. `precision` (k,) is the
    precision down to each rank. An item is relevant if its relevance is above 0; `n_relevant` counts all known ones.
    """

    reached: Terms
    ideal: Terms
    precision: np.ndarray
    n_relevant: int

    @property
    def ndcg(self) -> float:
        """Return DCG / ideal DCG, or 0 where nothing is relevant."""
        return self.reached.dcg / self.ideal.dcg if self.ideal.dcg > 0 else 0.0

    @property
    def average_precision(self) -> float:
        """Return the sum of the precisions at the relevant ranks divided by min(k, n_relevant); 0 without any."""
        relevant = self.reached.relevance > 0
        return float(self.precision[relevant].sum()) / max(min(len(relevant), self.n_relevant), 1)

    def table(self) -> pd.DataFrame:
        """Return a row per rank: the item there, what it adds, and what the ideal list has there."""
        return pd.DataFrame(
            {
                "rank": self.reached.ranks,
                "relevance": self.reached.relevance,
                "gain": self.reached.gain,
                "discount": self.reached.discount,
                "term": self.reached.term,
                "DCG so far": self.reached.cumulative,
                "ideal relevance": self.ideal.relevance,
                "ideal term": self.ideal.term,
                "ideal DCG so far": self.ideal.cumulative,
                "precision": self.precision,
            }
        )


def calculate(relevances: Sequence[float], missed: Sequence[float] = (), *, gain: str = "exponential") -> Calculation:
    """Calculate NDCG and AP of a list with `relevances`, in list order; `missed` are those of items it lacks.

    The ideal list is as long as the list itself and takes the best of both. `gain` names one of GAINS. The discount
    is 1 / log2(rank + 1).
    Raises InputError for an empty list, an unknown gain, and relevances for which there is no gain.
    """
    if not len(relevances):
        raise InputError("A list must have at least one item. Got none: type relevances such as 3, 2, 3, 0, 1.")
    if gain not in GAINS:
        raise InputError(f"The gain must be one of {', '.join(GAINS)}. Got {to_python(gain)!r}.")
    given = np.array(relevances, float)
    known = np.concatenate([given, np.array(missed, float)])
    ranks = np.arange(1, len(given) + 1)
    return Calculation(
        reached=_terms(given, ranks, gain),
        ideal=_terms(np.sort(known)[::-1][: len(given)], ranks, gain),
        precision=np.cumsum(given > 0) / ranks,
        n_relevant=int(np.sum(known > 0)),
    )


def _terms(relevance: np.ndarray, ranks: np.ndarray, gain: str) -> Terms:
    return Terms(ranks, relevance, GAINS[gain](relevance), log2_discount(ranks))


def parse_relevances(text: str) -> list[float]:
    """Parse numbers as in "3, 2, 3, 0, 1", separated by commas, semicolons or blanks, with or without brackets.

    Raises InputError for what is no number, lies outside 0 to 50 or is longer than 100 items.
    """
    words = re.split(r"[\s,;]+", text.strip().strip("[]()").strip(" \t\r\n,;"))
    words = [word for word in words if word]
    if len(words) > LONGEST:
        raise InputError(f"A typed list must have at most {LONGEST} items. Got {len(words)}: leave out the last.")
    return [_relevance(word) for word in words]


def _relevance(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not 0 <= value <= MAX_EXPONENT:
        raise InputError(
            f"A relevance must be a number between 0 and {MAX_EXPONENT}. "
            f"Got '{word[:20]}': type numbers with commas between them, such as 3, 2, 3, 0, 1."
        )
    return value
