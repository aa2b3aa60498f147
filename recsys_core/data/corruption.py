"""Corrupt training ratings on purpose, to see what models make of corrupted data while the held-out ratings stay."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe, choice, number
from recsys_core.percent import percent


@dataclass(frozen=True)
class Corruption(Recipe, ABC):
    """One kind of corruption of a data set. `key` names it in stored JSON.

    Users and items keep their indices; users may be added behind the others.
    """

    key: ClassVar[str]

    @property
    @abstractmethod
    def description(self) -> str:
        """Say what was done, as "50% of the training data dropped"."""

    def describe(self, n_before: int, n_after: int) -> str:
        """Say what was done to a training set of `n_before` ratings, of which `n_after` are left or were made."""
        return self.description

    @abstractmethod
    def apply(self, dataset: Dataset) -> Dataset:
        """Return a corrupted copy of `dataset`. Raises InputError where this corruption is impossible."""

    def settings(self) -> dict[str, Any]:
        """Return the key and the values by field name, ready for JSON."""
        return {"break": self.key, **super().settings()}


def _seed() -> int:
    """Return the field of a corruption that holds its seed."""
    seed: int = number(0, "Seed", "The same seed gives the same corruption.", bounds=(0, 2**32 - 1), typical=(0, 100))
    return seed


@dataclass(frozen=True)
class DropShare(Corruption):
    """Drop a random share of all ratings."""

    label, key = "Drop a share of the data", "drop"
    share: float = number(
        0.5,
        "Share dropped",
        "The share of all training data that is dropped, at random.",
        bounds=(0, 0.99),
        typical=(0.1, 0.9),
    )
    seed: int = _seed()

    @property
    def description(self) -> str:
        return f"{100 * self.share:g}% of the training data dropped"

    def apply(self, dataset: Dataset) -> Dataset:
        rng = np.random.default_rng(self.seed)
        return dataset.select(rng.random(dataset.interactions.n_interactions) >= self.share)


@dataclass(frozen=True)
class AddBots(Corruption):
    """Add fake users, each with as many items as the median user and the highest value in the data.

    "random" bots choose uniformly. "promoting" bots all choose the least popular item, and otherwise popular ones:
    the bandwagon attack of Mobasher, Burke, Bhaumik and Williams, ACM TOIT 2007.
    """

    label, key = "Add bots", "bots"
    share: float = number(
        0.1, "Number of bots", "As a share of the number of people.", bounds=(0.001, 2), typical=(0.01, 1), log=True
    )
    kind: str = choice(
        "promoting",
        "What the bots do",
        "Promoting bots all push the least popular item and hide among the popular ones. Random bots choose any items.",
        options=("promoting", "random"),
    )
    seed: int = _seed()

    @property
    def description(self) -> str:
        return f"{self.kind} bots added, {100 * self.share:g}% of the people"

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
            user_ids=(*dataset.user_ids, *(f"bot {index + 1}" for index in range(count))),
            times=None if dataset.times is None else _appended(dataset.times, dataset.times.max(), items.size),
            given_subsets=_appended(dataset.given_subsets, 0, items.size),
            ground_truth=None,
            user_attributes={name: (*texts, *[""] * count) for name, texts in dataset.user_attributes.items()},
        )


@dataclass(frozen=True)
class RemoveMostPopular(Corruption):
    """Remove the most popular item from everybody's ratings."""

    label, key = "Remove the most popular item", "remove"
    description = "the most popular item removed"

    def apply(self, dataset: Dataset) -> Dataset:
        data = dataset.interactions
        return dataset.select(data.items != np.argmax(data.users_per_item))


@dataclass(frozen=True)
class ShuffleUser(Corruption):
    """Replace the items of the most active user by random ones."""

    label, key = "Shuffle the most active person", "shuffle"
    description = "the most active person's items shuffled"
    seed: int = _seed()

    def apply(self, dataset: Dataset) -> Dataset:
        data = dataset.interactions
        of_user = data.of(int(np.argmax(data.items_per_user)))
        items = data.items.copy()
        count = of_user.stop - of_user.start
        items[of_user] = np.sort(np.random.default_rng(self.seed).choice(data.n_items, count, replace=False))
        return replace(dataset, interactions=replace(data, items=items))


@dataclass(frozen=True)
class KeepEarliest(Corruption):
    """Keep only the earliest ratings, and all that have the same time as the last of them: no order is made up."""

    label, key = "Keep only the earliest data", "earlier"
    share: float = number(
        0.5,
        "Share kept",
        "The share of the training data that is kept, the earliest first. What has the same time stays together.",
        bounds=(0.01, 1),
        typical=(0.1, 1),
    )

    @property
    def description(self) -> str:
        return f"only the earliest {100 * self.share:g}% of the training data kept, with all of the same time"

    def describe(self, n_before: int, n_after: int) -> str:
        if abs(n_after - self.share * n_before) <= 1:
            return f"only the earliest {100 * self.share:g}% of the training data kept"
        return (
            f"only the earliest part of the training data kept ({percent(n_after / n_before)}, not "
            f"{100 * self.share:g}%, since many have the same time)"
        )

    def apply(self, dataset: Dataset) -> Dataset:
        if dataset.times is None:
            raise InputError("To keep only the earliest data, all of it must have times. This data has none.")
        return dataset.select(dataset.times <= np.quantile(dataset.times, self.share, method="lower"))


@dataclass(frozen=True)
class KeepActive(Corruption):
    """Keep only users with many ratings: pruning, of the training ratings alone."""

    label, key = "Leave out people with few items", "active"
    min_ratings: int = number(
        5,
        "Fewest items",
        "People with fewer items in training are not learned from. They are scored all the same.",
        bounds=(1, 100_000),
        typical=(2, 50),
    )

    @property
    def description(self) -> str:
        return f"people with fewer than {self.min_ratings:,} items in training left out"

    def apply(self, dataset: Dataset) -> Dataset:
        data = dataset.interactions
        return dataset.select((data.items_per_user >= self.min_ratings)[data.users])


CORRUPTIONS = {
    each.key: each for each in (DropShare, AddBots, RemoveMostPopular, ShuffleUser, KeepEarliest, KeepActive)
}


def restore_corruption(settings: Mapping[str, Any]) -> Corruption:
    """Return the corruption whose `settings()` these are. Raises KeyError for an unknown kind."""
    values = dict(settings)
    return CORRUPTIONS[values.pop("break")](**values)


@dataclass(frozen=True, eq=False)
class CorruptedSplit(Split):
    """A split whose training ratings are corrupted by `corruptions`; what is held out is that of the `whole` split."""

    whole: Split
    corruptions: tuple[Corruption, ...]

    def seen_and_held_out(self, subset: str) -> tuple[Interactions, Interactions]:
        """Return (seen, held_out) of the whole split, padded with empty rows for added users."""
        seen, held_out = self.whole.seen_and_held_out(subset)
        return _with_rows(seen, self.train.n_users), _with_rows(held_out, self.train.n_users)


def corrupt_split(dataset: Dataset, whole: Split, corruptions: Sequence[Corruption]) -> Split:
    """Apply `corruptions`, in order, to the training ratings of `whole`, a split of `dataset`.

    The held-out ratings stay as they are, so that scores before and after compare, and what a corruption makes up of
    them by chance is not trained on. Without corruptions `whole` itself is returned. Raises InputError where nothing
    would be left to train on.
    """
    if not corruptions:
        return whole
    corrupted = dataset.select(_is_in(whole.train, dataset.interactions))
    for each in corruptions:
        corrupted = each.apply(corrupted)
        held_out = [_is_in(each, corrupted.interactions) for each in (whole.validation, whole.test, whole.left_out)]
        corrupted = corrupted.select(~np.any(held_out, axis=0))
        if corrupted.interactions.n_interactions == 0:
            raise InputError(
                "Corrupted data must leave something to train on. Nothing was left: choose a milder corruption."
            )
    settings = [each.settings() for each in corruptions]
    text = json.dumps([dataset.fingerprint, settings, corrupted.fingerprint], sort_keys=True)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
    return restore_corrupted_split(whole, corruptions, corrupted.interactions, fingerprint)


def restore_corrupted_split(
    whole: Split, corruptions: Sequence[Corruption], train: Interactions, data_fingerprint: str
) -> CorruptedSplit:
    """Return the `whole` split with the training ratings `train` that these corruptions made of its own.

    `data_fingerprint` is that of the corrupted data, as `corrupt_split` gives it.
    """
    return CorruptedSplit(
        train=train,
        validation=_with_rows(whole.validation, train.n_users),
        test=_with_rows(whole.test, train.n_users),
        left_out=_with_rows(whole.left_out, train.n_users),
        recipe=whole.recipe,
        n_kept_whole=whole.n_kept_whole,
        data_fingerprint=data_fingerprint,
        is_graded=whole.is_graded,
        whole=whole,
        corruptions=tuple(corruptions),
    )


def promoted_item(data: Interactions) -> int:
    """Return the index of the item that promoting bots push: the least popular one that somebody has."""
    counts = data.users_per_item
    return int(np.argmin(np.where(counts > 0, counts, counts.max(initial=0) + 1)))


def _appended(values: np.ndarray | None, value: float, count: int) -> np.ndarray | None:
    return None if values is None else np.append(values, np.full(count, value, values.dtype))


def _is_in(subset: Interactions, data: Interactions) -> np.ndarray:
    """Tell which interactions of `data` are also in `subset`, over the same users and items."""
    keys = [each.users.astype(np.int64) * each.n_items + each.items for each in (data, subset)]
    return np.isin(keys[0], keys[1], assume_unique=True)


def _highest(data: Interactions) -> float:
    return float(data.values.max()) if data.n_interactions else 1.0


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
