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

METHODS = ("random per user", "leave one out", "leave last out", "strictly by time")
OLD_BY_TIME = "by time"
"""Of runs and links of earlier versions only: it is done as it was then, and offered nowhere."""
OLD_CAUTION = "an older split that lets a model learn from the future and is not offered any more"
NEEDS_TIME = ("leave last out", "strictly by time", OLD_BY_TIME)
BY_SHARES = ("random per user", "strictly by time", OLD_BY_TIME)
LEAKS = {
    "random per user": "A model can learn from the future: held out is a random share of each person's ratings, so "
    "that the person's own later ratings, and everybody else's, are in training.",
    "leave one out": "A model can learn from the future: held out is any one of a person's ratings, so that the "
    "person's own later ratings, and everybody else's, are in training.",
    "leave last out": "A model cannot learn from a person's own future, but from everybody else's: held out is each "
    "person's latest rating, and what others rated after it is in training.",
    "strictly by time": "A model cannot learn from the future: all training ratings are earlier than the validation "
    "ratings, and these are earlier than the test ratings. The price is that people who first rated after training "
    "ends cannot be scored.",
    OLD_BY_TIME: "A model learns from the future: people who first rated after training ends keep all their ratings "
    "in training. This split is of an earlier version and not offered any more; 'strictly by time' takes its place.",
}
"""What each method lets a model know that it could not know in use, in a sentence."""


@dataclass(frozen=True)
class SplitRecipe(Recipe):
    """How to hold ratings out. Shares count only for the methods in BY_SHARES."""

    label = "the split"

    method: str = choice(
        "random per user",
        "Method",
        "Which ratings are held out: a random share of each person's, one of each person's, each person's latest, or "
        "everything after a moment in time. Only the last keeps the future from the model.",
        options=METHODS,
        retired=(OLD_BY_TIME,),
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
        """'random per user, 10% for validation, 20% for the test, seed 0', of these only what counts."""
        words = [self.method]
        if self.method == OLD_BY_TIME:
            words.append(OLD_CAUTION)
        if self.method in BY_SHARES:
            words.append(f"{100 * self.validation:g}% for validation, {100 * self.test:g}% for the test")
        if self.method not in ("strictly by time", OLD_BY_TIME):  # of equal times, luck decides which is the latest
            words.append(f"seed {self.seed}")
        if self.learns_from_validation:
            words.append("models learn from validation ratings too")
        return ", ".join(words)


@dataclass(frozen=True, eq=False)
class Split:
    """Four disjoint sets of interactions over the same users and items; together they are the data.

    A learner gets `train` only. Every user of `validation` or `test` has something in `train`. `left_out` can be
    neither learned from nor scored: it is later than train, and its users have nothing in train.
    `n_kept_whole` counts the users all of whose ratings are in train.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    left_out: Interactions
    recipe: SplitRecipe
    n_kept_whole: int
    data_fingerprint: str

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that stand for the data and the cut."""
        return _fingerprint(self.data_fingerprint, self.recipe)

    def seen_and_held_out(self, subset: str) -> tuple[Interactions, Interactions]:
        """(seen, held_out) for ranking: what is left out of the lists, and what should be found.

        For "validation" only train is seen; for "test" train and validation are.
        """
        if subset == "validation":
            return self.train, self.validation
        if subset == "test":
            return self._seen_before_test, self.test
        raise InputError(f"A subset to score must be 'validation' or 'test'. Got {subset!r}.")

    @cached_property
    def selection_fingerprint(self) -> str:
        """The fingerprint of this split as models were chosen on it, before any learned from its validation ratings.

        Looks at the test are counted under it.
        """
        return _fingerprint(self.data_fingerprint, replace(self.recipe, learn_from="training"))

    @property
    def open_subset(self) -> str:
        """The part that choosing may look at: "validation", and the test stays sealed; without any only "test"."""
        return "validation" if self.validation.relevant.n_interactions else "test"

    @cached_property
    def _seen_before_test(self) -> Interactions:
        return self.train.joined(self.validation)

    def n_overlaps(self) -> int:
        """How many (user, item) pairs stand in more than one part. Honest splits have 0."""
        parts = (self.train, self.validation, self.test, self.left_out)
        keys = np.concatenate([part.users.astype(np.int64) * part.n_items + part.items for part in parts])
        keys.sort()
        return int(np.sum(keys[1:] == keys[:-1]))


def _fingerprint(data_fingerprint: str, recipe: SplitRecipe) -> str:
    text = json.dumps([data_fingerprint, recipe.settings()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_split(dataset: Dataset, recipe: SplitRecipe = SplitRecipe()) -> Split:
    """Cut `dataset` as `recipe` says.

    - random per user: of a user's c ratings, round(c · share) go to test and to validation.
    - leave one out: one random rating of each user to test, one to validation.
    - leave last out: the latest to test, the one before to validation.
    - strictly by time: everything from one moment on to test, from an earlier one on to validation, whole moments
      each. The two moments are those that miss the shares asked for by the fewest ratings. Train is never empty,
      nor is a part asked for where there are moments enough, the test coming first. Users with nothing in train are
      unknown to a model: all their ratings are left out, also those of who appears before the test begins.
    - by time: as earlier versions did it, with quantiles of the times, and unknown users whole in train.

    Each user keeps at least one rating in train, except for those left out. Where models learn from validation ratings
    too, those are part of train afterwards and the validation is empty; test and left_out are the same. Raises
    InputError where a time is needed and none is known, and where a split strictly by time finds one moment only.
    """
    if recipe.method in NEEDS_TIME and dataset.times is None:
        raise InputError(
            f"Splitting '{recipe.method}' must have a time for every rating. This data has none: "
            "choose 'random per user' or 'leave one out'."
        )
    data = dataset.interactions
    rng = np.random.default_rng(recipe.seed)
    if recipe.method == "strictly by time":
        in_validation, in_test = _from_moments(dataset.times, recipe)
    elif recipe.method == OLD_BY_TIME:
        in_validation, in_test = _by_time(data, dataset.times, recipe)
    else:
        shuffle = rng.random(data.n_interactions)
        order_within_user = dataset.times if recipe.method == "leave last out" else shuffle
        n_validation, n_test = _quota(data.items_per_user, recipe)
        from_the_end = _places_from_the_end(data, order_within_user, shuffle)
        in_test = from_the_end < n_test[data.users]
        in_validation = ~in_test & (from_the_end < (n_test + n_validation)[data.users])
    in_train = ~in_validation & ~in_test
    n_in_train = np.bincount(data.users[in_train], minlength=data.n_users)
    is_left_out = (n_in_train == 0)[data.users]
    in_validation &= ~is_left_out
    if recipe.learns_from_validation:
        in_train, in_validation = in_train | in_validation, np.zeros(data.n_interactions, bool)
    train = data.select(in_train)
    return Split(
        train=train,
        validation=data.select(in_validation),
        test=data.select(in_test & ~is_left_out),
        left_out=data.select(is_left_out),
        recipe=recipe,
        n_kept_whole=int(np.sum((train.items_per_user == data.items_per_user) & (data.items_per_user > 0))),
        data_fingerprint=dataset.fingerprint,
    )


def offered_methods(dataset: Dataset) -> tuple[str, ...]:
    """Those of METHODS that mean something on `dataset`: by time only where the times differ."""
    times = dataset.times
    has_an_order = times is not None and bool(np.any(times != times[:1]))
    return METHODS if has_an_order else tuple(method for method in METHODS if method not in NEEDS_TIME)


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


def _from_moments(times: np.ndarray, recipe: SplitRecipe) -> tuple[np.ndarray, np.ndarray]:
    """Masks of what is late enough for validation and for test, whole moments each."""
    moments, counts = np.unique(times, return_counts=True)
    n_moments, n = len(moments), len(times)
    nothing = np.zeros(n, bool)
    if n == 0 or not (recipe.validation or recipe.test):
        return nothing, nothing
    if n_moments == 1:
        raise InputError(
            "Splitting 'strictly by time' must have ratings of two moments or more. All of these have the same time: "
            "choose 'random per user' or 'leave one out'."
        )
    n_before = np.concatenate([[0], np.cumsum(counts)])
    first = 2 if recipe.validation and n_moments > 2 else 1  # moments that must be left before the test
    test_from = np.arange(first, n_moments) if recipe.test else np.array([n_moments])
    validation_from = test_from
    if recipe.validation and test_from[-1] > 1:
        wanted = n_before[test_from] - recipe.validation * n
        after = np.searchsorted(n_before, wanted).clip(1, test_from - 1)
        before = (after - 1).clip(1)
        is_nearer = np.abs(n_before[before] - wanted) < np.abs(n_before[after] - wanted)
        validation_from = np.where(is_nearer, before, after)
    n_test, n_validation = n - n_before[test_from], n_before[test_from] - n_before[validation_from]
    missed = np.abs(n_test - recipe.test * n) + np.abs(n_validation - recipe.validation * n)
    best = len(missed) - 1 - np.argmin(missed[::-1])  # of equally near ones the later, which leaves more to learn from
    is_from = [times >= moments[at[best]] if at[best] < n_moments else nothing for at in (validation_from, test_from)]
    return is_from[0] & ~is_from[1], is_from[1]


def _by_time(data: Interactions, times: np.ndarray, recipe: SplitRecipe):
    """Masks of validation and test as earlier versions made them; unknown users stay whole in train."""
    if data.n_interactions == 0:
        return np.zeros(0, bool), np.zeros(0, bool)
    test_from = np.quantile(times, 1 - recipe.test, method="higher")
    validation_from = np.quantile(times, 1 - recipe.test - recipe.validation, method="higher")
    in_test = (times >= test_from) if recipe.test else np.zeros(len(times), bool)
    in_validation = ((times >= validation_from) & ~in_test) if recipe.validation else np.zeros(len(times), bool)
    trained_users = np.bincount(data.users[~in_test & ~in_validation], minlength=data.n_users) > 0
    can_be_scored = trained_users[data.users]
    return in_validation & can_be_scored, in_test & can_be_scored
