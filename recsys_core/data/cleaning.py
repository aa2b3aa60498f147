"""Clean a data set by steps: each returns a new Dataset and reports what it took away.

    cleaned, effects = clean(dataset, [KCore(n=5)])

The steps are kept in the origin of the cleaned data; the same data with the same steps has the same fingerprint.
"""

import calendar
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar

import numpy as np

from recsys_core.data.dataset import Dataset, GroundTruth
from recsys_core.data.interactions import LARGEST_VALUE, Interactions
from recsys_core.data.item_noun import inherited_noun
from recsys_core.data.k_core import peel_to_core
from recsys_core.data.nouns import count_noun, join_words
from recsys_core.data.synthetic import inherited_recipe
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe, number
from recsys_core.percent import percent

_EPOCH = date(1970, 1, 1)
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_800  # of the years 1 to 9999


@dataclass(frozen=True)
class CleaningStep(Recipe, ABC):
    """One step of cleaning. `title` asks for it on the screen."""

    title: ClassVar[str]

    @property
    @abstractmethod
    def short_name(self) -> str:
        """Say in a word or two what was done, for the name of the cleaned data set."""

    @abstractmethod
    def apply(self, dataset: Dataset) -> Dataset:
        """Return a cleaned copy of `dataset`. Raises InputError where the step is impossible or leaves nothing."""


@dataclass(frozen=True)
class SwapSides(CleaningStep):
    """Swap users and items. Titles, genres and attributes belong to the sides before, and are dropped."""

    label = "the swap"
    title = "Swap people and items"

    @property
    def short_name(self) -> str:
        return "swapped"

    def apply(self, dataset: Dataset) -> Dataset:
        turned = dataset.interactions.transposed
        # The transpose sorts by item, then user; times stand beside the values and move with them.
        order = np.argsort(dataset.interactions.items, kind="stable")
        return replace(
            dataset,
            interactions=turned,
            user_ids=dataset.item_ids,
            item_ids=dataset.user_ids,
            titles=dataset.user_ids,
            genres=(),
            times=None if dataset.times is None else dataset.times[order],
            given_subsets=None if dataset.given_subsets is None else dataset.given_subsets[order],
            ground_truth=None,
            user_attributes={},
            item_attributes={},
        )


@dataclass(frozen=True)
class ZeroIsUnrated(CleaningStep):
    """Drop ratings of 0, which mean "not rated"."""

    label = "the zeros"
    title = "Drop values of 0 (unknown)"

    @property
    def short_name(self) -> str:
        return "no zeros"

    def apply(self, dataset: Dataset) -> Dataset:
        return _only(dataset, dataset.interactions.values != 0)


@dataclass(frozen=True)
class Binarise(CleaningStep):
    """Turn ratings of at least the threshold into 1, a like, and drop all others. The feedback becomes implicit.

    To keep the others as known dislikes, see RelevantFrom.
    """

    label = "the threshold"
    title = "Keep likes only (values from a threshold on, as 1)"

    threshold: float = number(
        4.0,
        "Lowest value that is a like",
        "Lower values are dropped. The likes all become 1.",
        bounds=(-LARGEST_VALUE, LARGEST_VALUE),
        typical=(0, 5),
    )

    @property
    def short_name(self) -> str:
        return f"likes from {self.threshold:g}"

    def apply(self, dataset: Dataset) -> Dataset:
        kept = _only(dataset, dataset.interactions.values >= np.float32(self.threshold))
        data = kept.interactions
        ones = Interactions(data.indptr, data.items, np.ones_like(data.values), data.n_items)
        return replace(kept, interactions=ones, feedback="implicit")


@dataclass(frozen=True)
class RelevantFrom(CleaningStep):
    """Count only ratings of at least the threshold as relevant. No rating is dropped or changed."""

    label = "the relevance threshold"
    title = "Set the relevance threshold"

    threshold: float = number(
        4.0,
        "Lowest relevant rating",
        "What models learn as a choice and ranking metrics count as right. Ratings below 0 are never relevant.",
        bounds=(0, LARGEST_VALUE),
        typical=(0, 5),
    )

    @property
    def short_name(self) -> str:
        return f"relevant from {self.threshold:g}"

    def apply(self, dataset: Dataset) -> Dataset:
        data = replace(dataset.interactions, relevance_threshold=self.threshold)
        if not data.is_relevant.any():
            raise InputError(
                f"At least one rating must be relevant. None of {data.n_interactions:,} is at least "
                f"{self.threshold:g}: choose a lower threshold."
            )
        return replace(dataset, interactions=data)


@dataclass(frozen=True)
class KCore(CleaningStep):
    """Keep the n-core: the largest subset in which every user and every item has at least n ratings.

    Dropping an item takes ratings from users and vice versa, so this goes in rounds until nobody has too few (Seidman
    1983, Network structure and minimum degree). The result does not depend on the order.
    """

    label = "the k-core"
    title = "Keep people and items with at least n entries (k-core)"

    n: int = number(
        5,
        "Minimum number of entries n",
        "Every person and every item that stays has at least this many.",
        bounds=(1, 1_000_000),
        typical=(1, 50),
    )

    @property
    def short_name(self) -> str:
        return f"{self.n}-core"

    def apply(self, dataset: Dataset) -> Dataset:
        return _only(dataset, peel_to_core(dataset.interactions, self.n)[0])


@dataclass(frozen=True)
class TimeWindow(CleaningStep):
    """Keep ratings given from `start` on and before `end`, in seconds since 1970."""

    label = "the time window"
    title = "Keep a time window"

    start: int = number(
        0, "From", "The first second that counts.", bounds=(_FIRST_SECOND, _LAST_SECOND), typical=(0, 2_000_000_000)
    )
    end: int = number(
        2_000_000_000,
        "Before",
        "The first second that no longer counts.",
        bounds=(_FIRST_SECOND, _LAST_SECOND),
        typical=(0, 2_000_000_000),
    )

    @classmethod
    def of_days(cls, first: date, last: date) -> "TimeWindow":
        """Make the window from the start of day `first` to the end of day `last`, in UTC."""
        start, end = (calendar.timegm(day.timetuple()) for day in (first, last))
        return cls(start, end + 86_400)

    @property
    def short_name(self) -> str:
        return f"{_day(self.start)} to {_day(self.end - 1)}"

    def apply(self, dataset: Dataset) -> Dataset:
        if dataset.times is None:
            raise InputError(
                "For a time window, the data must have times. This data has none: load a file that has them."
            )
        return _only(dataset, (dataset.times >= self.start) & (dataset.times < self.end))


CLEANING_STEPS: dict[str, type[CleaningStep]] = {
    "core": KCore,
    "binarise": Binarise,
    "relevant": RelevantFrom,
    "zeros": ZeroIsUnrated,
    "window": TimeWindow,
    "swap": SwapSides,
}


@dataclass(frozen=True)
class Effect:
    """What one step did: how many ratings, users and items it took away, and whether it `changed` anything.

    `n_left` has the number of ratings before the step and after each of its rounds; only a k-core has several rounds.
    `n_relevant` is how many ratings were relevant before the step and are after it, and `dropped` names what was known
    beside the ratings, such as genres, and no longer is.
    """

    step: CleaningStep
    n_ratings: int
    n_users: int
    n_items: int
    n_left: tuple[int, ...]
    n_relevant: tuple[int, int]
    dropped: tuple[str, ...]
    changed: bool
    rating_noun: str

    def sentence(self) -> str:
        """Say it as 'Removes 312 ratings (3.5%), 0 people and 40 items, in 2 rounds: 9,000 → 8,690 → 8,688 ratings.'"""
        if not self.changed:
            return "Changes nothing."
        if isinstance(self.step, RelevantFrom):
            before, after = self.n_relevant
            than = "as before" if before == after else f"where {before:,} did before"
            return f"Keeps all {count_noun(self.n_left[0], self.rating_noun)}; {after:,} count as relevant, {than}."
        if isinstance(self.step, SwapSides):
            lost = f"drops {join_words(self.dropped)}" if self.dropped else "loses nothing"
            return f"Swaps people and items, and {lost}."
        share = percent(self.n_ratings / self.n_left[0])
        people = f"{self.n_users:,} {'person' if self.n_users == 1 else 'people'}"
        items = f"{self.n_items:,} {'item' if self.n_items == 1 else 'items'}"
        text = f"Removes {count_noun(self.n_ratings, self.rating_noun)} ({share}), {people} and {items}"
        rounds = self.n_left[1:]
        if len(rounds) < 2:
            return f"{text}."
        shown = [f"{n_left:,}" for n_left in self.n_left]
        if len(shown) > 6:
            shown[3:-2] = ["…"]
        return f"{text}, in {len(rounds):,} rounds: {' → '.join(shown)} {self.rating_noun}."


def clean(dataset: Dataset, steps: Iterable[CleaningStep]) -> tuple[Dataset, tuple[Effect, ...]]:
    """Apply the steps in order; return the cleaned data set and the effect of each step.

    Without steps, `dataset` itself is returned. Raises InputError where a step would leave nothing.
    """
    steps, effects, cleaned = tuple(steps), [], dataset
    for step in steps:
        before, cleaned = cleaned, step.apply(cleaned)
        effects.append(_effect(step, before, cleaned))
    if not steps:
        return dataset, ()
    name = ", ".join([dataset.name, *(step.short_name for step in steps)])
    is_swapped = sum(isinstance(step, SwapSides) for step in steps) % 2 == 1
    made = {"kind": "mended", "source": dataset.fingerprint, "steps": steps_to_settings(steps)}
    origin = {**made, **inherited_noun(dataset.origin, is_swapped=is_swapped), **inherited_recipe(dataset.origin)}
    return replace(cleaned, name=name, origin=origin), tuple(effects)


def steps_to_settings(steps: Sequence[CleaningStep]) -> list[dict[str, Any]]:
    """Return the steps as plain JSON."""
    names = {kind: name for name, kind in CLEANING_STEPS.items()}
    return [{"step": names[type(step)], **step.settings()} for step in steps]


def restore_steps(settings: Iterable[Mapping[str, Any]]) -> tuple[CleaningStep, ...]:
    """Return the steps that `steps_to_settings` has written."""
    return tuple(
        CLEANING_STEPS[entry["step"]](**{name: value for name, value in entry.items() if name != "step"})
        for entry in settings
    )


def _effect(step: CleaningStep, before: Dataset, after: Dataset) -> Effect:
    old, new = before.interactions, after.interactions
    rounds = peel_to_core(old, step.n)[1] if isinstance(step, KCore) else (new.n_interactions,)
    swapped = isinstance(step, SwapSides)
    return Effect(
        step,
        old.n_interactions - new.n_interactions,
        0 if swapped else old.n_users - new.n_users,
        0 if swapped else old.n_items - new.n_items,
        (old.n_interactions, *rounds),
        (int(old.is_relevant.sum()), int(new.is_relevant.sum())),
        tuple(name for name in _known(before) if name not in _known(after)),
        before.fingerprint != after.fingerprint,
        before.rating_noun,
    )


def _known(dataset: Dataset) -> list[str]:
    """Name what is known beside the ratings and their times."""
    known = {
        "the titles": dataset.titles != dataset.item_ids,
        "the genres": any(dataset.genres),
        "the other attributes of the items": bool(dataset.item_attributes),
        "the attributes of the people": bool(dataset.user_attributes),
        "the planted tastes": dataset.ground_truth is not None,
    }
    return [name for name, is_known in known.items() if is_known]


def _only(dataset: Dataset, keep: np.ndarray) -> Dataset:
    """Keep the ratings where `keep` is true, and the users and items that still have one."""
    if not keep.any():
        raise InputError(
            f"A step must leave something. Nothing of {dataset.interactions.n_interactions:,} would be left: "
            "choose a milder value."
        )
    data = dataset.interactions.select(keep)
    users, items = np.flatnonzero(data.items_per_user), np.flatnonzero(data.users_per_item)
    new_index = np.zeros(data.n_items, np.int32)
    new_index[items] = np.arange(len(items), dtype=np.int32)
    indptr = np.concatenate([[0], np.cumsum(data.items_per_user[users])])
    ground_truth = dataset.ground_truth
    if ground_truth is not None:
        ground_truth = GroundTruth(
            ground_truth.user_tastes[users],
            ground_truth.item_tastes[items],
            ground_truth.popularity[items],
            ground_truth.taste_names,
        )
    return replace(
        dataset,
        interactions=replace(data, indptr=indptr, items=new_index[data.items], n_items=len(items)),
        user_ids=tuple(dataset.user_ids[user] for user in users),
        item_ids=tuple(dataset.item_ids[item] for item in items),
        titles=tuple(dataset.titles[item] for item in items),
        genres=tuple(dataset.genres[item] for item in items) if dataset.genres else (),
        times=None if dataset.times is None else dataset.times[keep],
        given_subsets=None if dataset.given_subsets is None else dataset.given_subsets[keep],
        ground_truth=ground_truth,
        user_attributes={name: tuple(texts[user] for user in users) for name, texts in dataset.user_attributes.items()},
        item_attributes={name: each.take(items) for name, each in dataset.item_attributes.items()},
    )


def day_range(dataset: Dataset) -> tuple[date, date]:
    """Return the days (UTC) of the first and the last rating. Raises InputError for data without times."""
    if dataset.times is None:
        raise InputError("For a range of days, the data must have times. This data has none.")
    return _day(dataset.times.min()), _day(dataset.times.max())


def _day(second: float) -> date:
    """Return the day of a second since 1970, clipped to the years 1 to 9999."""
    return _EPOCH + timedelta(days=int(min(max(second, _FIRST_SECOND), _LAST_SECOND - 1) // 86_400))
