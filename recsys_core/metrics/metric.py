"""What the app knows of a metric: its kind, its direction, its name on the screen and how it is computed.

A ranking metric sees the ranks of the held-out items, a rating metric the predicted and the true ratings, a list metric
the list of each user and what that user has chosen before, a catalogue metric all lists together, whether they are
right or not. Each takes what it needs from a `Scored`.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from recsys_core.errors import InputError
from recsys_core.metrics.dislikes import HeldOutRatings
from recsys_core.metrics.list_context import ListContext
from recsys_core.metrics.ranked_relevance import UNRANKED, RankedRelevance

ROUNDING = 1e-12
"""Means that differ by less are equal but for rounding."""


def are_highest(means: Sequence[float] | np.ndarray) -> np.ndarray:
    """(r,) bool: which of the means of r models is the highest, all of them that are equal but for rounding."""
    is_highest: np.ndarray = np.isclose(means, np.max(means), rtol=0, atol=ROUNDING)
    return is_highest


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
    @property
    def context(self) -> ListContext | None: ...


@dataclass(frozen=True, kw_only=True)
class Metric(ABC):
    """A metric that the app offers: the `label` people know and its `meaning` in one plain sentence.

    `kind` is "ranking", "rating", "list" or "catalogue". `bounds` are the lowest and the highest value that one user
    can have, `limits` those of the number itself, where what users contribute to it may lie beyond. `uses_k` says
    whether the cut-off counts, `is_headline` whether every table, report and export has the metric, chosen or not.
    `source` names the paper that defines it, `formula` is in LaTeX; both may be empty.
    """

    label: str
    meaning: str
    uses_k: bool = True
    is_headline: bool = False
    formula: str = ""
    source: str = ""
    kind: ClassVar[str]
    higher_is_better: bool
    bounds: tuple[float, float] = (-math.inf, math.inf)
    limits: tuple[float, float] = (-math.inf, math.inf)

    @property
    def difference_bounds(self) -> tuple[float, float]:
        """The least and the greatest difference that one user can make between two models."""
        low, high = self.bounds
        return low - high, high - low

    def title(self, k: int) -> str:
        """Return the label as papers write it, such as NDCG@10."""
        return f"{self.label}@{k}" if self.uses_k else self.label

    @abstractmethod
    def why_not(self, scored: Scored) -> str:
        """Return why the metric does not exist here, in a sentence; '' where it does."""

    @abstractmethod
    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        """Return (u,) values in the order of `scored.users`. Raise InputError where there are none."""


@dataclass(frozen=True, kw_only=True)
class RankingMetric(Metric):
    """A metric of the ranks of held-out items; its number is the mean over users, and 1 is perfect.

    `function(ranked, k)` gives (u,) values from 0 to 1. `gain` is what a rating is worth, for a metric of ratings.
    `needs_all_ranks` says that it needs the rank of every relevant item, which lists that are cut short do not have.
    """

    function: Callable[[RankedRelevance, int], np.ndarray]
    gain: Callable[[np.ndarray], np.ndarray] | None = None
    needs_all_ranks: bool = False
    higher_is_better: bool = True
    kind = "ranking"
    bounds: tuple[float, float] = (0.0, 1.0)

    def why_not(self, scored: Scored) -> str:
        try:
            if self.gain is not None:
                self.gain(scored.relevant.relevance)
        except InputError as error:
            return str(error)
        if self.needs_all_ranks and np.any(scored.relevant.ranks == UNRANKED):
            return f"{self.label} needs the rank of every held-out item: these lists are cut short."
        return ""

    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        return self.function(scored.relevant, k)


@dataclass(frozen=True, kw_only=True)
class RatingMetric(Metric):
    """A distance of predicted from true ratings; its number is pooled over all held-out ratings, as published.

    `pooled(predicted, actual)` gives that number, `grouped(predicted, actual, indptr)` one per user.
    """

    pooled: Callable[[np.ndarray, np.ndarray], float]
    grouped: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    uses_k: bool = False
    higher_is_better: bool = False
    kind = "rating"
    bounds: tuple[float, float] = (0.0, math.inf)

    def why_not(self, scored: Scored) -> str:
        is_known = scored.predictions is not None
        return "" if is_known else f"{self.label} needs ratings and a model that predicts them."

    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        if scored.predictions is None:
            raise InputError(f"{self.label} must have predicted ratings. Here the model only ranks, or nobody rated.")
        raters, actual = scored.held_out.users, scored.held_out.values
        is_scored = np.isin(raters, scored.users)
        indptr = np.append(np.searchsorted(raters[is_scored], scored.users), is_scored.sum())
        return self.grouped(scored.predictions[is_scored], actual[is_scored], indptr)

    def overall(self, scored: Scored) -> float | None:
        """Return the number that tables print; None where ratings are not predicted."""
        return None if scored.predictions is None else self.pooled(scored.predictions, scored.held_out.values)


@dataclass(frozen=True, kw_only=True)
class ListMetric(Metric):
    """A property of the list of each user, whether it is right or not; its number is the mean over users.

    `function(scored, context, k)` gives (u,) values, NaN for a user whose list has no such property.
    `needs_attributes` says that nothing can be said without attributes of items, such as genres.
    """

    function: Callable[[Scored, ListContext, int], np.ndarray]
    needs_attributes: bool = False
    higher_is_better: bool = True
    kind = "list"

    def why_not(self, scored: Scored) -> str:
        if scored.context is None or not len(scored.top_items):
            return f"{self.label} needs the lists of people, and what these people chose in training."
        if self.needs_attributes and not scored.context.attributes.shape[1]:
            return f"{self.label} needs attributes of items, such as genres: load a file of items with the data."
        return ""

    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        why = self.why_not(scored)
        if scored.context is None or why:
            raise InputError(why)
        return self.function(scored, scored.context, k)


@dataclass(frozen=True, kw_only=True)
class CatalogueMetric(Metric):
    """A number of all lists together, as the mean of what each user contributes to it.

    `contributions(top_items, k, popularity)` gives (u,) values with that mean, from which its interval follows (see
    `catalogue_contributions`); `popularity` (n,) counts the users of an item.
    """

    contributions: Callable[[np.ndarray, int, np.ndarray], np.ndarray]
    higher_is_better: bool = False
    kind = "catalogue"

    def why_not(self, scored: Scored) -> str:
        return "" if len(scored.top_items) else f"{self.label} needs the list of at least one person."

    def per_user(self, scored: Scored, k: int) -> np.ndarray:
        return self.contributions(scored.top_items, k, scored.popularity)
