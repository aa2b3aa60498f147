"""What the app knows of a metric: its kind, its direction, its name on the screen and how it is computed.

A ranking metric sees the ranks of the held-out items, a rating metric the predicted and the true ratings, a catalogue
metric the lists themselves, whether they are right or not. Each takes what it needs from a `Scored`.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from recsys_core.errors import InputError
from recsys_core.metrics.dislikes import HeldOutRatings
from recsys_core.metrics.ranked_relevance import RankedRelevance


class Scored(Protocol):
    """What metrics need to know of one recommender on u users; `evaluation.evaluate.Evaluation` is one."""

    @property
    def users(self) -> np.ndarray: ...
    @property
    def relevant(self) -> RankedRelevance: ...
    @property
    def held_out(self) -> HeldOutRatings: ...
    @property
    def predictions(self) -> np.ndarray | None: ...
    @property
    def top_items(self) -> np.ndarray: ...
    @property
    def popularity(self) -> np.ndarray: ...


@dataclass(frozen=True, kw_only=True)
class Metric(ABC):
    """A metric that the app offers: the `label` people know and its `meaning` in one plain sentence.

    `kind` is "ranking", "rating" or "catalogue". `higher_is_better` is None where neither direction is. `bounds` are
    the lowest and the highest value that one user can have. `uses_k` says whether the cut-off counts, `is_headline`
    whether every table, report and export has the metric, chosen or not.
    """

    label: str
    meaning: str
    uses_k: bool = True
    is_headline: bool = False
    kind: ClassVar[str]
    higher_is_better: bool | None
    bounds: ClassVar[tuple[float, float]]

    def title(self, k: int) -> str:
        """Return the label as papers write it, such as NDCG@10."""
        return f"{self.label}@{k}" if self.uses_k else self.label

    @abstractmethod
    def why_not(self, scored: Scored) -> str:
        """Return why the metric does not exist here, in a sentence; '' where it does."""

    @abstractmethod
    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        """Return (u,) values in the order of `scored.users`. Raise InputError where there are none."""

    @abstractmethod
    def overall(self, scored: Scored, k: int) -> float | None:
        """Return the number that tables print; None where it does not exist."""


@dataclass(frozen=True, kw_only=True)
class RankingMetric(Metric):
    """A metric of the ranks of held-out items; its number is the mean over users, and 1 is perfect.

    `function(ranked, k)` gives (u,) values from 0 to 1. `gain` is what a rating is worth, for a metric of ratings.
    """

    function: Callable[[RankedRelevance, int], np.ndarray]
    gain: Callable[[np.ndarray], np.ndarray] | None = None
    higher_is_better: bool | None = True
    kind = "ranking"
    bounds = (0.0, 1.0)

    def why_not(self, scored: Scored) -> str:
        try:
            if self.gain is not None:
                self.gain(scored.relevant.relevance)
        except InputError as error:
            return str(error)
        return ""

    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        return self.function(scored.relevant, k)

    def overall(self, scored: Scored, k: int) -> float | None:
        return None if self.why_not(scored) else float(self.per_user(scored, k).mean())


@dataclass(frozen=True, kw_only=True)
class RatingMetric(Metric):
    """A distance of predicted from true ratings; its number is pooled over all held-out ratings, as published.

    `pooled(predicted, actual)` gives that number, `grouped(predicted, actual, indptr)` one per user.
    """

    pooled: Callable[[np.ndarray, np.ndarray], float]
    grouped: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    uses_k: bool = False
    higher_is_better: bool | None = False
    kind = "rating"
    bounds = (0.0, math.inf)

    def why_not(self, scored: Scored) -> str:
        return "" if scored.predictions is not None else f"{self.label} needs predicted ratings: this model only ranks."

    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        if scored.predictions is None:
            raise InputError(f"{self.label} must have predicted ratings. This recommender only ranks.")
        raters, actual = scored.held_out.users, scored.held_out.values
        is_scored = np.isin(raters, scored.users)
        indptr = np.append(np.searchsorted(raters[is_scored], scored.users), is_scored.sum())
        return self.grouped(scored.predictions[is_scored], actual[is_scored], indptr)

    def overall(self, scored: Scored, k: int) -> float | None:
        return None if scored.predictions is None else self.pooled(scored.predictions, scored.held_out.values)


@dataclass(frozen=True, kw_only=True)
class CatalogueMetric(Metric):
    """A number of all lists together: `function(top_items, k, popularity)`, where `popularity` (n,) counts users."""

    function: Callable[[np.ndarray, int, np.ndarray], float]
    higher_is_better: bool | None = None
    kind = "catalogue"
    bounds = (0.0, math.inf)

    def why_not(self, scored: Scored) -> str:
        return "" if len(scored.top_items) else f"{self.label} needs the list of at least one person."

    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        raise InputError(f"{self.label} is a number of all lists together. It has no value per user.")

    def overall(self, scored: Scored, k: int) -> float | None:
        return None if self.why_not(scored) else self.function(scored.top_items, k, scored.popularity)
