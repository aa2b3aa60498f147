"""Suggest and describe the threshold from which on a rating counts as relevant."""

from dataclasses import dataclass, replace

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions

_USUAL = {5.0: 4.0, 10.0: 7.0, 100.0: 70.0}
"""The highest rating of a scale, and the least rating that the literature usually takes for a like on it."""
_MOST_CHOICES = 20
_FEW = 0.01
"""The share of the ratings below which a rating may be a mistake, and tells nothing about the scale."""


@dataclass(frozen=True)
class Suggestion:
    """A relevance `threshold` that suits a scale of ratings, and the `reason` in words."""

    threshold: float
    reason: str


def suggest_threshold(dataset: Dataset) -> Suggestion | None:
    """Suggest the lowest rating that means a like; None for counts and where all values are equal.

    On a scale that reaches below 0, it is the lowest value above 0, and None where ratings of 0, which would count as
    relevant, are rare. On scales up to 5, 10 and 100 it is what papers usually take: 4, 7 and 70. On any other scale it
    is the start of the upper third. Where hardly any rating reaches that, the scale ends where hardly any is higher;
    and where hardly any lies below 0, it begins at 0 or above.
    """
    if not dataset.is_graded:
        return None
    values, counts = dataset.interactions.distinct_values
    n_ratings = dataset.interactions.n_interactions
    if _reaches_below_zero(dataset.interactions):
        above = values[values > 0]
        is_needed = len(above) and counts[values == 0].sum() > _FEW * n_ratings
        return Suggestion(_shortest(above[0]), "since 0 is the middle of the scale") if is_needed else None
    values, counts = values[values >= 0], counts[values >= 0]
    if len(values) == 1:
        return None
    suggestion = _suggest_on(values)
    if counts[values >= np.float32(suggestion.threshold)].sum() >= _FEW * n_ratings:
        return suggestion
    reached = values[np.cumsum(counts[::-1])[::-1] >= _FEW * n_ratings]
    if len(reached) == 1:
        return None
    suggestion = _suggest_on(reached)
    return replace(suggestion, reason=f"{suggestion.reason}, which hardly any rating exceeds")


def _reaches_below_zero(data: Interactions) -> bool:
    """Return whether more ratings lie below 0 than may be mistakes."""
    values, counts = data.distinct_values
    n_below = counts[values < 0].sum()
    return bool(n_below > 0 and n_below >= _FEW * data.n_interactions)


def _suggest_on(values: np.ndarray) -> Suggestion:
    """Return the suggestion for a scale of these values, at least two, ascending and from 0 on."""
    low, high = float(values[0]), float(values[-1])
    if high in _USUAL and low < _USUAL[high]:
        return Suggestion(_USUAL[high], f"as is usual on a scale up to {high:g}")
    wanted = low + 2 * (high - low) / 3
    if len(values) > _MOST_CHOICES:
        return Suggestion(float(f"{wanted:.2g}"), f"the upper third of {low:g} to {high:g}")
    return Suggestion(_shortest(values[values >= wanted - 1e-6][0]), f"the upper third of {low:g} to {high:g}")


def threshold_choices(dataset: Dataset) -> list[float]:
    """Return the thresholds to choose from, ascending: the ratings that occur, or round values where there are many."""
    if not dataset.is_graded:
        return []
    values, _ = dataset.interactions.distinct_values
    above = values[(values > values[0]) & (values > 0)]
    if len(above) > _MOST_CHOICES:
        low, high = max(float(values[0]), 0.0), float(values[-1])
        above = [float(f"{low + share * (high - low):.2g}") for share in np.linspace(0, 1, 11)[1:-1]]
    suggestion, current = suggest_threshold(dataset), dataset.relevance_threshold
    more = [suggestion.threshold] if suggestion else []
    more += [] if current is None else [current]
    return sorted({*map(_shortest, above), *more})


def dislikes_below(dataset: Dataset) -> float | None:
    """Return the value below which a rating means a dislike; None where the data has no dislikes.

    It is the relevance threshold; without one it is 0 on a scale that reaches below 0, else the suggested threshold.
    """
    if not dataset.is_graded:
        return None
    if dataset.relevance_threshold is not None:
        return dataset.relevance_threshold
    if _reaches_below_zero(dataset.interactions):
        return 0.0
    suggestion = suggest_threshold(dataset)
    return suggestion.threshold if suggestion else None


def describe_relevance(dataset: Dataset) -> str:
    """Say what is relevant: 'every rating, even the lowest (0.5)' or 'ratings of at least 4'; '' if all are equal."""
    if not dataset.is_graded:
        return ""
    low = float(dataset.interactions.values.min())
    if dataset.relevance_threshold is not None:
        return f"ratings {describe_threshold(dataset, dataset.relevance_threshold)}"
    return "ratings of at least 0" if low < 0 else f"every rating, even the lowest ({low:g})"


def advise_where_nothing_is_relevant(data: Interactions) -> str:
    """Return what to do where nothing of `data` is relevant: 'lower the threshold', or raise what is all below 0."""
    if np.all(data.values < 0):
        return "all values are below 0, so add the same number to each of them"
    return "lower the threshold"


def describe_threshold(dataset: Dataset, threshold: float) -> str:
    """Say the threshold as 'of at least 4', or as 'above 0' where that means the same on a scale that goes below 0."""
    values = dataset.interactions.values
    if values.min(initial=0) < 0 and threshold > 0 and not np.any((values > 0) & (values < np.float32(threshold))):
        return "above 0"
    return f"of at least {threshold:g}"


def _shortest(value: np.float32) -> float:
    """Return the shortest float that is the same in float32: 0.05, not 0.05000000074505806."""
    return float(str(np.float32(value)))
