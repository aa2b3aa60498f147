"""Cutting a data set into train, validation and test so that nothing leaks."""

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe, choice, number

METHODS = ("random per user", "leave one out", "leave last out", "by time")
NEEDS_TIME = ("leave last out", "by time")
_BY_SHARES = ("random per user", "by time")


@dataclass(frozen=True)
class SplitRecipe(Recipe):
    """How to hold ratings out. Shares count only for 'random per user' and 'by time'."""

    label = "the split"

    method: str = choice(
        "random per user",
        "Hold out",
        "Which ratings are kept from the learner: a random share of each person's, one of each person's, "
        "each person's latest, or everything after a moment in time.",
        options=METHODS,
    )
    validation: float = number(
        0.1,
        "Validation",
        "Used for the live curve and for all choosing.",
        bounds=(0, 0.45),
        typical=(0.05, 0.3),
    )
    test: float = number(0.2, "Test", "Kept for the final comparison.", bounds=(0, 0.45), typical=(0.05, 0.4))
    seed: int = number(0, "Seed", "The same seed cuts the same way.", bounds=(0, 2**32 - 1), typical=(0, 100))

    learn_from: str = choice(
        "training",
        "Learn from",
        "What models see before the test: the training ratings, or the validation ratings too, once all is chosen.",
        options=("training", "training and validation"),
    )

    @property
    def learns_from_validation(self) -> bool:
        """Whether the validation ratings are part of train, so that only the test is left to score on."""
        return self.learn_from != "training"

    def settings(self) -> dict[str, Any]:
        """The values by field name; where models learn from the training ratings alone, as nearly always, that is
        not mentioned, so that the fingerprints of such splits are those that they had before one could choose."""
        settings = super().settings()
        if not self.learns_from_validation:
            del settings["learn_from"]
        return settings

    @property
    def sentence(self) -> str:
        """'random per user, 10 % for validation, 20 % for the test, seed 0', of these only what counts."""
        words = [self.method]
        if self.method in _BY_SHARES:
            words.append(f"{100 * self.validation:g} % for validation, {100 * self.test:g} % for the test")
        if self.method != "by time":  # of equal times, luck decides which is the latest
            words.append(f"seed {self.seed}")
        if self.learns_from_validation:
            words.append("models learn from validation ratings too")
        return ", ".join(words)


@dataclass(frozen=True, eq=False)
class Split:
    """Three disjoint sets of interactions over the same users and items; together they are the data.

    A learner gets `train` only. Every user of `validation` or `test` has something in `train`.
    `n_kept_whole` counts the users who could not give up a rating and stay in train entirely.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    recipe: SplitRecipe
    n_kept_whole: int
    data_fingerprint: str

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stand for the data and the cut."""
        return _fingerprint(self.data_fingerprint, self.recipe)

    def part(self, name: str) -> tuple[Interactions, Interactions]:
        """(seen, held_out) for ranking: what is left out of the lists, and what should be found.

        For "validation" only train is seen; for "test" train and validation are.
        """
        if name == "validation":
            return self.train, self.validation
        if name == "test":
            return self._seen_before_test, self.test
        raise InputError(f"A part to score must be 'validation' or 'test'. Got {name!r}.")

    @cached_property
    def selection_fingerprint(self) -> str:
        """The fingerprint of this split as models were chosen on it, before any learned from its validation ratings.

        Looks at the test are counted under it.
        """
        return _fingerprint(self.data_fingerprint, replace(self.recipe, learn_from="training"))

    @property
    def open_part(self) -> str:
        """The part that choosing may look at: "validation", and the test stays sealed; without any only "test"."""
        return "validation" if self.validation.relevant.n_interactions else "test"

    @cached_property
    def _seen_before_test(self) -> Interactions:
        return self.train.joined(self.validation)

    def n_overlaps(self) -> int:
        """How many (user, item) pairs stand in more than one part. Honest splits have 0."""
        parts = (self.train, self.validation, self.test)
        keys = np.concatenate([part.users.astype(np.int64) * part.n_items + part.items for part in parts])
        return len(keys) - len(np.unique(keys))


def _fingerprint(data_fingerprint: str, recipe: SplitRecipe) -> str:
    text = json.dumps([data_fingerprint, recipe.settings()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def split(dataset: Dataset, recipe: SplitRecipe = SplitRecipe()) -> Split:
    """Cut `dataset` as `recipe` says.

    - random per user: of a user's c ratings, round(c · share) go to test and to validation.
    - leave one out: one random rating of each user to test, one to validation.
    - leave last out: the latest to test, the one before to validation.
    - by time: everything after one moment to test, the share before it to validation; users without
      anything in train keep all their ratings in train.

    Each user keeps at least one rating in train. Where models learn from validation ratings too, those are part of
    train afterwards and the validation is empty; the test is the same. Raises InputError where a time is needed and
    none is known.
    """
    if recipe.method in NEEDS_TIME and dataset.times is None:
        raise InputError(
            f"Splitting '{recipe.method}' must have a time for every rating. This data has none: "
            "choose 'random per user' or 'leave one out'."
        )
    data = dataset.interactions
    rng = np.random.default_rng(recipe.seed)
    if recipe.method == "by time":
        in_validation, in_test = _by_time(data, dataset.times, recipe)
    else:
        shuffle = rng.random(data.n_interactions)
        order_within_user = dataset.times if recipe.method == "leave last out" else shuffle
        n_validation, n_test = _quota(data.items_per_user, recipe)
        from_the_end = _places_from_the_end(data, order_within_user, shuffle)
        in_test = from_the_end < n_test[data.users]
        in_validation = ~in_test & (from_the_end < (n_test + n_validation)[data.users])
    held_out = in_validation | in_test
    gave_up = np.bincount(data.users[held_out], minlength=data.n_users) > 0
    has_ratings = data.items_per_user > 0
    train, validation = data.select(~held_out), data.select(in_validation)
    if recipe.learns_from_validation:
        train, validation = train.joined(validation), data.select(np.zeros(data.n_interactions, bool))
    return Split(
        train=train,
        validation=validation,
        test=data.select(in_test),
        recipe=recipe,
        n_kept_whole=int(np.sum(has_ratings & ~gave_up)),
        data_fingerprint=dataset.fingerprint,
    )


def _quota(counts: np.ndarray, recipe: SplitRecipe) -> tuple[np.ndarray, np.ndarray]:
    """How many ratings each user gives to validation and to test, leaving at least one to train."""
    if recipe.method == "random per user":
        n_test, n_validation = np.rint(counts * recipe.test), np.rint(counts * recipe.validation)
    else:
        n_test = np.full(len(counts), float(recipe.test > 0))
        n_validation = np.full(len(counts), float(recipe.validation > 0))
    n_test = np.minimum(n_test, np.maximum(counts - 1, 0))
    n_validation = np.minimum(n_validation, np.maximum(counts - 1 - n_test, 0))
    return n_validation.astype(np.int64), n_test.astype(np.int64)


def _places_from_the_end(data: Interactions, key: np.ndarray, tie_break: np.ndarray) -> np.ndarray:
    """For each interaction, its place within its user by descending `key`, counted from 0."""
    order = np.lexsort((tie_break, key, data.users))
    places = np.empty(data.n_interactions, np.int64)
    places[order] = data.indptr[data.users[order] + 1] - 1 - np.arange(data.n_interactions)
    return places


def _by_time(data: Interactions, times: np.ndarray, recipe: SplitRecipe):
    """Masks of validation and test; users and moments are treated as a whole."""
    if data.n_interactions == 0:
        return np.zeros(0, bool), np.zeros(0, bool)
    test_from = np.quantile(times, 1 - recipe.test, method="higher")
    validation_from = np.quantile(times, 1 - recipe.test - recipe.validation, method="higher")
    in_test = (times >= test_from) if recipe.test else np.zeros(len(times), bool)
    in_validation = ((times >= validation_from) & ~in_test) if recipe.validation else np.zeros(len(times), bool)
    trained_users = np.bincount(data.users[~in_test & ~in_validation], minlength=data.n_users) > 0
    can_be_scored = trained_users[data.users]
    return in_validation & can_be_scored, in_test & can_be_scored
