"""Breaking training ratings on purpose: what a recommender makes of damaged data, asked the same questions."""

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe, choice, number


@dataclass(frozen=True)
class Corruption(Recipe, ABC):
    """One kind of damage: `apply` takes a Dataset and gives a damaged one; the first is left as it is.

    Items and users keep their places; users may be added behind the others. `description` says what was done, in words.
    """

    key: ClassVar[str]
    description: ClassVar[str]

    @abstractmethod
    def apply(self, dataset: Dataset) -> Dataset:
        """The damaged data; raises InputError where it cannot be damaged so."""

    def settings(self) -> dict:
        return {"break": self.key, **super().settings()}


def _seed():
    return number(0, "Seed", "The same seed breaks the same way.", bounds=(0, 2**32 - 1), typical=(0, 100))


@dataclass(frozen=True)
class DropShare(Corruption):
    """Lose a random share of all ratings."""

    label, key = "Drop a share of the ratings", "drop"
    share: float = number(
        0.5, "Share dropped", "Of all training ratings, at random.", bounds=(0, 0.99), typical=(0.1, 0.9)
    )
    seed: int = _seed()

    @property
    def description(self) -> str:
        return f"{100 * self.share:g} % of the ratings dropped"

    def apply(self, dataset: Dataset) -> Dataset:
        rng = np.random.default_rng(self.seed)
        return _only(dataset, rng.random(dataset.interactions.n_interactions) >= self.share)


@dataclass(frozen=True)
class AddBots(Corruption):
    """Add users that are none: each chooses as many items as most people do.

    "random" bots choose blindly; "promoting" ones all choose the least popular item and else what is popular,
    the bandwagon attack of Mobasher, Burke, Bhaumik and Williams, ACM TOIT 2007. Their values are the highest known.
    """

    label, key = "Add bots", "bots"
    share: float = number(
        0.1, "Bots", "As a share of the people there are.", bounds=(0.001, 2), typical=(0.01, 1), log=True
    )
    kind: str = choice(
        "promoting",
        "What they do",
        "Promoting: all push the same item, the least popular one, and hide behind popular ones. Random: any items.",
        options=("promoting", "random"),
    )
    seed: int = _seed()

    @property
    def description(self) -> str:
        return f"{self.kind} bots added, {100 * self.share:g} % of the people"

    def apply(self, dataset: Dataset) -> Dataset:
        data, rng = dataset.interactions, np.random.default_rng(self.seed)
        count = max(1, round(self.share * data.n_users))
        size = int(np.clip(np.median(data.items_per_user), 1, data.n_items))
        weights = data.users_per_item + 1.0 if self.kind == "promoting" else np.ones(data.n_items)
        # The largest of log(weight) + Gumbel noise are a draw without replacement (Yellott 1977).
        keys = np.log(weights) + rng.gumbel(size=(count, data.n_items))
        if self.kind == "promoting":
            keys[:, promoted_item(data)] = np.inf
        items = np.argpartition(-keys, size - 1, axis=1)[:, :size]
        bots = Interactions.from_triples(
            np.repeat(np.arange(count), size), items.ravel(), np.full(items.size, _highest(data)), count, data.n_items
        )
        return replace(
            dataset,
            interactions=_stacked(data, bots),
            user_ids=(*dataset.user_ids, *(f"bot {place + 1}" for place in range(count))),
            times=None if dataset.times is None else np.append(dataset.times, np.full(items.size, dataset.times.max())),
            ground_truth=None,
        )


@dataclass(frozen=True)
class RemoveMostPopular(Corruption):
    """Take the item that most people have away from everybody."""

    label, key = "Remove the most popular item", "remove"
    description = "the most popular item removed"

    def apply(self, dataset: Dataset) -> Dataset:
        data = dataset.interactions
        return _only(dataset, data.items != np.argmax(data.users_per_item))


@dataclass(frozen=True)
class ShuffleUser(Corruption):
    """Put random items in the place of what the most active user had."""

    label, key = "Shuffle the most active person", "shuffle"
    description = "the most active person's items shuffled"
    seed: int = _seed()

    def apply(self, dataset: Dataset) -> Dataset:
        data = dataset.interactions
        own = data.of(int(np.argmax(data.items_per_user)))
        items = data.items.copy()
        count = own.stop - own.start
        items[own] = np.sort(np.random.default_rng(self.seed).choice(data.n_items, count, replace=False))
        return replace(dataset, interactions=replace(data, items=items))


@dataclass(frozen=True)
class KeepEarliest(Corruption):
    """Learn only from what came before an earlier moment."""

    label, key = "Move the time cut", "earlier"
    share: float = number(
        0.5,
        "Share of the past kept",
        "The earliest ratings; all later ones are lost.",
        bounds=(0.01, 1),
        typical=(0.1, 1),
    )

    @property
    def description(self) -> str:
        return f"only the earliest {100 * self.share:g} % of the ratings kept"

    def apply(self, dataset: Dataset) -> Dataset:
        if dataset.times is None:
            raise InputError("To move the time cut, every rating must have a time. This data has none.")
        return _only(dataset, dataset.times <= np.quantile(dataset.times, self.share, method="lower"))


CORRUPTIONS = {each.key: each for each in (DropShare, AddBots, RemoveMostPopular, ShuffleUser, KeepEarliest)}


def restore_corruption(settings: dict) -> Corruption:
    """The break that `settings` were taken from."""
    values = dict(settings)
    return CORRUPTIONS[values.pop("break")](**values)


@dataclass(frozen=True, eq=False)
class CorruptedSplit(Split):
    """A split whose training ratings are damaged; what is held out, and what lists leave out, is as in `whole`."""

    whole: Split
    breaks: tuple[Corruption, ...]

    def seen_and_held_out(self, subset: str) -> tuple[Interactions, Interactions]:
        """As that of the whole split, with rows without anything for users that were added."""
        seen, held_out = self.whole.seen_and_held_out(subset)
        return _with_rows(seen, self.train.n_users), _with_rows(held_out, self.train.n_users)


def corrupt_split(dataset: Dataset, whole: Split, breaks: tuple[Corruption, ...]) -> Split:
    """`whole`, the split of `dataset`, after `breaks` one after another; `whole` itself where there are none.

    Only training ratings are damaged: the same held-out ratings of the same people are asked for, before and after.
    """
    if not breaks:
        return whole
    damaged = _only(dataset, _is_in(whole.train, dataset.interactions))
    for each in breaks:
        damaged = each.apply(damaged)
        if damaged.interactions.n_interactions == 0:
            raise InputError("After breaking the data, something must be left to learn from. Nothing was: break less.")
    settings = [each.settings() for each in breaks]
    text = json.dumps([dataset.fingerprint, settings, damaged.fingerprint], sort_keys=True)
    m = damaged.interactions.n_users
    return CorruptedSplit(
        train=damaged.interactions,
        validation=_with_rows(whole.validation, m),
        test=_with_rows(whole.test, m),
        left_out=_with_rows(whole.left_out, m),
        recipe=whole.recipe,
        n_kept_whole=whole.n_kept_whole,
        data_fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16],
        whole=whole,
        breaks=tuple(breaks),
    )


def promoted_item(data: Interactions) -> int:
    """What promoting bots push: the least popular item that somebody has."""
    counts = data.users_per_item
    return int(np.argmin(np.where(counts > 0, counts, counts.max(initial=0) + 1)))


def _only(dataset: Dataset, keep: np.ndarray) -> Dataset:
    times = None if dataset.times is None else dataset.times[keep]
    return replace(dataset, interactions=dataset.interactions.select(keep), times=times)


def _is_in(part: Interactions, data: Interactions) -> np.ndarray:
    """Which entries of `data` are in `part`, over the same users and items."""
    keys = [each.users.astype(np.int64) * each.n_items + each.items for each in (data, part)]
    return np.isin(keys[0], keys[1], assume_unique=True)


def _highest(data: Interactions) -> float:
    return float(data.values.max(initial=1.0))


def _stacked(above: Interactions, below: Interactions) -> Interactions:
    return replace(
        above,
        indptr=np.append(above.indptr, above.indptr[-1] + below.indptr[1:]),
        items=np.append(above.items, below.items),
        values=np.append(above.values, below.values),
    )


def _with_rows(data: Interactions, n_users: int) -> Interactions:
    indptr = np.append(data.indptr, np.full(n_users - data.n_users, data.indptr[-1]))
    return replace(data, indptr=indptr)
