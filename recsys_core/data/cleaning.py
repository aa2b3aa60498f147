"""Mending a data set by steps: each takes a Dataset and gives another, and says what it took away.

    cleaned, effects = clean(dataset, [KCore(n=5)])

The steps stand in the mended data's origin; the same data with the same steps has the same fingerprint.
"""

import calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from recsys_core.data.dataset import Dataset, GroundTruth
from recsys_core.data.interactions import LARGEST_VALUE, Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe, number

_EPOCH = date(1970, 1, 1)
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_800  # of the years 1 to 9999


@dataclass(frozen=True)
class SwapSides(Recipe):
    """People become items and items people; titles and genres, which belong to items, are left behind."""

    label = "the swap"
    title = "People and items stand in each other's place: swap them"

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
            ground_truth=None,
        )


@dataclass(frozen=True)
class ZeroIsUnrated(Recipe):
    """A rating of 0 says that there is none."""

    label = "the zeros"
    title = "0 means unrated: leave the zeros out"

    @property
    def short_name(self) -> str:
        return "0 is unrated"

    def apply(self, dataset: Dataset) -> Dataset:
        return _only(dataset, dataset.interactions.values != 0)


@dataclass(frozen=True)
class Binarise(Recipe):
    """Ratings from the threshold on become 1, a like; all others are left out. The feedback is implicit then.

    To keep the others as known dislikes, see RelevantFrom.
    """

    label = "the threshold"
    title = "Only likes count: keep ratings from a threshold on, as 1"

    threshold: float = number(
        4.0,
        "A like is a rating of at least",
        "Lower ratings are left out; those that stay lose their number.",
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
class RelevantFrom(Recipe):
    """Ratings from the threshold on are relevant, others are not; none is taken away or changed."""

    label = "the relevance threshold"
    title = "Say from which rating on an item counts as relevant"

    threshold: float = number(
        4.0,
        "Relevant is a rating of at least",
        "What models learn as a choice, and what ranking metrics count as right. Ratings below 0 never are.",
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
class KCore(Recipe):
    """The k-core: the largest part in which every person and every item has at least n ratings.

    Leaving out an item takes ratings from people, and the other way round, so it goes in rounds until nobody is left
    with too few (Seidman 1983, Network structure and minimum degree; the result does not depend on the order).
    """

    label = "the k-core"
    title = "Keep people and items with at least n ratings (k-core)"

    n: int = number(
        5,
        "At least n ratings",
        "For every person and every item that stays.",
        bounds=(1, 1_000_000),
        typical=(1, 50),
    )

    @property
    def short_name(self) -> str:
        return f"{self.n}-core"

    def apply(self, dataset: Dataset) -> Dataset:
        return _only(dataset, peel_to_core(dataset.interactions, self.n)[0])


@dataclass(frozen=True)
class TimeWindow(Recipe):
    """Ratings given from `start` on and before `end`, in seconds since 1970."""

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
        """From the first moment of `first` to the last of `last`, in UTC."""
        start, end = (calendar.timegm(day.timetuple()) for day in (first, last))
        return cls(start, end + 86_400)

    @property
    def short_name(self) -> str:
        return f"{_day(self.start)} to {_day(self.end - 1)}"

    def apply(self, dataset: Dataset) -> Dataset:
        if dataset.times is None:
            raise InputError(
                "A time window must have a time for every rating. This data has none: load a file that has."
            )
        return _only(dataset, (dataset.times >= self.start) & (dataset.times < self.end))


CLEANING_STEPS: dict[str, type[Recipe]] = {
    "core": KCore,
    "binarise": Binarise,
    "relevant": RelevantFrom,
    "zeros": ZeroIsUnrated,
    "window": TimeWindow,
    "swap": SwapSides,
}


@dataclass(frozen=True)
class Effect:
    """What one step did: the ratings, people and items that it took away, and after each round what was left.

    `left` has the numbers of ratings before the step and after each of its rounds; only a k-core has more than one.
    """

    step: Recipe
    ratings: int
    people: int
    items: int
    left: tuple[int, ...]
    changed: bool

    def sentence(self) -> str:
        """Such as 'Took away 312 ratings (3 %), 0 people and 40 items, in 2 rounds: 9,000 → 8,690 → 8,688.'"""
        if not self.changed:
            return "Changes nothing."
        if isinstance(self.step, RelevantFrom):
            return f"Every rating stays; those below {self.step.threshold:g} are not relevant."
        if isinstance(self.step, SwapSides):
            return "People and items change places; no rating is lost."
        percent = 100 * self.ratings / self.left[0]
        share = f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"
        people = f"{self.people:,} {'person' if self.people == 1 else 'people'}"
        items = f"{self.items:,} {'item' if self.items == 1 else 'items'}"
        ratings = f"{self.ratings:,} {'rating' if self.ratings == 1 else 'ratings'}"
        text = f"Takes away {ratings} ({share} %), {people} and {items}"
        rounds = self.left[1:]
        if len(rounds) < 2:
            return f"{text}."
        shown = [f"{left:,}" for left in self.left]
        if len(shown) > 6:
            shown[3:-2] = ["…"]
        return f"{text}, in {len(rounds):,} rounds: {' → '.join(shown)} ratings."


def clean(dataset: Dataset, steps: Iterable[Recipe]) -> tuple[Dataset, tuple[Effect, ...]]:
    """`dataset` after the steps, in order, with what each did.

    Raises InputError where a step would leave nothing. Without steps the data set itself comes back.
    """
    steps = tuple(steps)
    effects, mended = [], dataset
    for step in steps:
        before, mended = mended, step.apply(mended)
        effects.append(_effect(step, before, mended))
    if not steps:
        return dataset, ()
    name = ", ".join([dataset.name, *(step.short_name for step in steps)])
    origin = {
        "kind": "mended",
        "source": dataset.fingerprint,
        "steps": steps_to_settings(steps),
    }
    return replace(mended, name=name, origin=origin), tuple(effects)


def steps_to_settings(steps: Sequence[Recipe]) -> list[dict]:
    """The steps as plain JSON."""
    names = {kind: name for name, kind in CLEANING_STEPS.items()}
    return [{"step": names[type(step)], **step.settings()} for step in steps]


def restore_steps(settings: Iterable[dict]) -> tuple[Recipe, ...]:
    """The steps that `to_settings` has written."""
    return tuple(
        CLEANING_STEPS[entry["step"]](**{name: value for name, value in entry.items() if name != "step"})
        for entry in settings
    )


def peel_to_core(data: Interactions, n: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """(which interactions lie in the n-core, as booleans; how many were left after each round).

    A round looks only at those whose ratings the round before has taken: a long chain that falls link by link costs
    its length, not the square of it.
    """
    by_item = np.argsort(data.items, kind="stable")
    item_indptr = np.concatenate([[0], np.cumsum(data.users_per_item)])
    users, items = (
        _Side(data.users, data.indptr, np.arange(data.n_interactions)),
        _Side(data.items, item_indptr, by_item),
    )
    inside, left = np.ones(data.n_interactions, bool), []
    n_left = data.n_interactions
    weak = [np.flatnonzero(side.counts < n) for side in (users, items)]
    while True:
        touched = np.concatenate([side.extract_entries(few) for side, few in zip((users, items), weak, strict=True)])
        gone = np.unique(touched[inside[touched]])
        if not len(gone):
            return inside, tuple(left)
        inside[gone] = False
        n_left -= len(gone)
        left.append(n_left)
        weak = [side.weakened(gone, n) for side in (users, items)]


class _Side:
    """The people or the items of a data set while ratings are taken from them."""

    def __init__(self, of_entry: np.ndarray, indptr: np.ndarray, entries: np.ndarray):
        self.of_entry, self.indptr, self.entries = of_entry, indptr, entries
        self.counts = np.diff(indptr)

    def extract_entries(self, members: np.ndarray) -> np.ndarray:
        """Where the ratings of these stand, taken or not."""
        starts, lengths = self.indptr[members], self.indptr[members + 1] - self.indptr[members]
        ends = np.cumsum(lengths)
        return self.entries[np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)]

    def weakened(self, gone: np.ndarray, n: int) -> np.ndarray:
        """Take these entries away; who has fewer than `n` left because of that."""
        members, taken = np.unique(self.of_entry[gone], return_counts=True)
        self.counts[members] -= taken
        return members[self.counts[members] < n]


def _effect(step: Recipe, before: Dataset, after: Dataset) -> Effect:
    old, new = before.interactions, after.interactions
    rounds = peel_to_core(old, step.n)[1] if isinstance(step, KCore) else (new.n_interactions,)
    swapped = isinstance(step, SwapSides)
    return Effect(
        step,
        old.n_interactions - new.n_interactions,
        0 if swapped else old.n_users - new.n_users,
        0 if swapped else old.n_items - new.n_items,
        (old.n_interactions, *rounds),
        before.fingerprint != after.fingerprint,
    )


def _only(dataset: Dataset, keep: np.ndarray) -> Dataset:
    """The ratings where `keep` is true, and the people and items that still have one."""
    if not keep.any():
        raise InputError(
            f"A step must leave at least one rating. Of {dataset.interactions.n_interactions:,} none would be left: "
            "choose a gentler value."
        )
    data = dataset.interactions.select(keep)
    people, items = np.flatnonzero(data.items_per_user), np.flatnonzero(data.users_per_item)
    place = np.zeros(data.n_items, np.int32)
    place[items] = np.arange(len(items), dtype=np.int32)
    indptr = np.concatenate([[0], np.cumsum(data.items_per_user[people])])
    ground_truth = dataset.ground_truth
    if ground_truth is not None:
        ground_truth = GroundTruth(
            ground_truth.user_tastes[people],
            ground_truth.item_tastes[items],
            ground_truth.popularity[items],
            ground_truth.taste_names,
        )
    return replace(
        dataset,
        interactions=replace(data, indptr=indptr, items=place[data.items], n_items=len(items)),
        user_ids=tuple(dataset.user_ids[user] for user in people),
        item_ids=tuple(dataset.item_ids[item] for item in items),
        titles=tuple(dataset.titles[item] for item in items),
        genres=tuple(dataset.genres[item] for item in items) if dataset.genres else (),
        times=None if dataset.times is None else dataset.times[keep],
        ground_truth=ground_truth,
    )


def day_range(dataset: Dataset) -> tuple[date, date]:
    """The days (UTC) of the first and the last rating of a data set with times."""
    return _day(dataset.times.min()), _day(dataset.times.max())


def _day(second: float) -> date:
    """Of times that no calendar holds, the nearest day that one does."""
    return _EPOCH + timedelta(days=int(min(max(second, _FIRST_SECOND), _LAST_SECOND - 1) // 86_400))
