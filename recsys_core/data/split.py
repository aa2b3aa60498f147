"""Split a data set into training, validation and test interactions that have no pair in common."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import rating_noun
from recsys_core.errors import InputError, to_python
from recsys_core.parameters import Recipe, choice, number

METHODS = ("random per user", "leave one out", "leave last out", "strictly by time")
GIVEN = "as given"
MOST_WINDOWS_BACK = 20
"""The split that came with the data; offered where one did."""
OLD_BY_TIME = "by time"
"""A method of earlier versions. Their runs and links still use it, unchanged; nobody can choose it any more."""
OLD_CAUTION = "an old method that lets models learn from the future and can no longer be chosen"
NEEDS_TIME = ("leave last out", "strictly by time", OLD_BY_TIME)
BY_SHARES = ("random per user", "strictly by time", OLD_BY_TIME)
LEAKS = {
    "random per user": "A model can learn from the future: a random share of each person's data is held out, so the "
    "training data include what the same person and everybody else did later.",
    "leave one out": "A model can learn from the future: any one thing that a person did is held out, so the training "
    "data include what the same person and everybody else did later.",
    "leave last out": "A model cannot learn from a person's own future, but it can from everybody else's: each "
    "person's latest choice is held out, and what others did later is in training.",
    "strictly by time": "A model cannot learn from the future: everything in training is earlier than the validation, "
    "and that is earlier than the test. The price is that people who are new after training ends cannot be scored.",
    GIVEN: "What a model can learn from is as whoever made the split decided: it is not known here whether that keeps "
    "the future from it.",
    OLD_BY_TIME: "A model learns from the future: people who are new after training ends are kept whole "
    "in training. Earlier versions offered this method; 'strictly by time' has replaced it.",
}
"""For each method, what it lets a model know that it could not know in use."""


@dataclass(frozen=True)
class SplitRecipe(Recipe):
    """How to hold interactions out. The shares count only for the methods in BY_SHARES."""

    label = "the split"

    method: str = choice(
        "random per user",
        "Method",
        "What is held out: a random share of what each person did, one thing at random, the latest, or everything "
        "after a point in time. Only the last method keeps the future from the model.",
        options=(*METHODS, GIVEN),
        retired=(OLD_BY_TIME,),
    )
    validation: float = number(
        0.1,
        "Validation",
        "The share of the data for the live curve and for choosing models and settings.",
        bounds=(0, 0.45),
        typical=(0.05, 0.3),
    )
    test: float = number(
        0.2, "Test", "The share of the data kept for the final comparison.", bounds=(0, 0.45), typical=(0.05, 0.4)
    )
    seed: int = number(0, "Seed", "The same seed gives the same split.", bounds=(0, 2**32 - 1), typical=(0, 100))

    learn_from: str = choice(
        "training",
        "Learn from",
        "What models learn from before the test: the training data or, once everything is chosen, the validation "
        "data too.",
        options=("training", "training and validation"),
    )
    windows_back: int = number(
        0,
        "Windows back",
        "For a split strictly by time: how many windows earlier it ends, each as long as the test or, without one, as "
        "validation. What came later is left out.",
        bounds=(0, MOST_WINDOWS_BACK),
        typical=(0, 5),
    )

    @property
    def learns_from_validation(self) -> bool:
        """Whether the validation interactions are part of `train`, so that only the test is left to score on."""
        return self.learn_from != "training"

    def settings(self) -> dict[str, Any]:
        """Return the values by field name, without `learn_from` and `windows_back` where they ask for nothing special.

        So the fingerprint of such a split is the one it had before there was a choice.
        """
        settings = super().settings()
        if not self.learns_from_validation:
            del settings["learn_from"]
        if not self.windows_back:
            del settings["windows_back"]
        return settings

    @property
    def sentence(self) -> str:
        """The recipe in words, as 'random per user, 10% validation, 20% test, seed 0'."""
        words = [self.method]
        if self.method == OLD_BY_TIME:
            words.append(OLD_CAUTION)
        if self.method in BY_SHARES:
            words.append(f"{100 * self.validation:g}% validation, {100 * self.test:g}% test")
        if self.windows_back:
            windows = "window" if self.windows_back == 1 else "windows"
            words.append(f"{self.windows_back} {windows} earlier")
        if self.method not in (
            "strictly by time",
            GIVEN,
            OLD_BY_TIME,
        ):  # of equal times, luck decides which is the latest
            words.append(f"seed {self.seed}")
        if self.learns_from_validation:
            words.append("models learn from the validation data too")
        return ", ".join(words)


@dataclass(frozen=True, eq=False)
class Split:
    """Four disjoint sets of interactions over the same users and items, which together are the data.

    Models learn from `train` only. Every user of `validation` or `test` has something in `train`. `left_out` can be
    neither learned from nor scored: it is later than `train`, and its users have nothing in `train`. `n_kept_whole` is
    the number of users whose interactions are all in `train`. `is_graded` says, as of a Dataset, whether values are
    ratings, so that predicting them means something.
    """

    train: Interactions
    validation: Interactions
    test: Interactions
    left_out: Interactions
    recipe: SplitRecipe
    n_kept_whole: int
    data_fingerprint: str
    is_graded: bool = field(default=True, kw_only=True)

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits that identify the data and the split."""
        return split_fingerprint(self.data_fingerprint, self.recipe)

    @property
    def rating_noun(self) -> str:
        """What the interactions are called: ratings where somebody rated, else interactions."""
        return rating_noun(is_graded=self.is_graded)

    def seen_and_held_out(self, subset: str) -> tuple[Interactions, Interactions]:
        """Return (seen, held_out) of "validation" or "test": what ranked lists leave out, and what they should find.

        Seen is train for the validation, and train with validation for the test. Raises InputError for another name.
        """
        if subset == "validation":
            return self.train, self.validation
        if subset == "test":
            return self._seen_before_test, self.test
        raise InputError(f"A subset to score must be 'validation' or 'test'. Got {to_python(subset)!r}.")

    @cached_property
    def selection_fingerprint(self) -> str:
        """The fingerprint of this split with `learn_from="training"`, as models were chosen on it.

        How often the test was opened is counted under it.
        """
        return split_fingerprint(self.data_fingerprint, replace(self.recipe, learn_from="training"))

    @property
    def open_subset(self) -> str:
        """The subset on which models may be chosen: "validation", or "test" if no relevant validation rating exists."""
        return "validation" if self.validation.relevant.n_interactions else "test"

    def is_sealed(self, subset: str) -> bool:
        """Return whether `subset` is a test that must be revealed first: there is, or was, something to choose on."""
        return subset != self.open_subset or self.recipe.learns_from_validation

    @cached_property
    def _seen_before_test(self) -> Interactions:
        return self.train.joined(self.validation)

    def n_overlaps(self) -> int:
        """Count the (user, item) pairs that are in more than one subset; 0 in every split that `make_split` makes."""
        subsets = (self.train, self.validation, self.test, self.left_out)
        keys = np.concatenate([each.users.astype(np.int64) * each.n_items + each.items for each in subsets])
        keys.sort(kind="stable")  # which sees that four runs are in order already
        return int(np.sum(keys[1:] == keys[:-1]))


def split_fingerprint(data_fingerprint: str, recipe: SplitRecipe) -> str:
    """Return the fingerprint that `recipe` gives a split of the data, without making the split."""
    text = json.dumps([data_fingerprint, recipe.settings()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def make_split(dataset: Dataset, recipe: SplitRecipe = SplitRecipe()) -> Split:
    """Split `dataset` by the method of `recipe`:

    - random per user: of a user's c ratings, round(c · share) go to the test and to the validation.
    - leave one out: one random rating of each user goes to the test, one to the validation.
    - leave last out: the latest rating of each user goes to the test, the one before to the validation.
    - strictly by time: all ratings from one moment on go to the test, from an earlier one on to the validation; ratings
      of the same moment stay together. The two moments are those whose shares miss the recipe's by the fewest ratings.
      Train is never empty, nor is a subset with a share where there are enough moments, the test coming first. A user
      with nothing in train is unknown to a model: all their ratings are left out.
    - as given: as somebody else has split the data.
    - by time: as earlier versions did it, by quantiles of the times, with unknown users whole in train.

    Each user keeps at least one rating in train, except for those left out. Where models learn from validation ratings
    too, these become part of train and the validation is empty; test and left_out stay the same. Raises InputError
    where the method needs times and there are none, and where a split strictly by time finds only one moment.
    """
    data = dataset.interactions
    rng = np.random.default_rng(recipe.seed)
    is_later = np.zeros(data.n_interactions, bool)
    if recipe.method == "strictly by time":
        times = _times_for(dataset, recipe)
        in_validation, in_test = _hold_out_moments(times, recipe)
        for _ in range(recipe.windows_back):
            is_later |= in_test if in_test.any() else in_validation
            in_validation, in_test = _hold_out_moments_among(~is_later, times, recipe)
    elif recipe.method == GIVEN:
        in_validation, in_test = (_given_subsets(dataset) == subset for subset in (1, 2))
    elif recipe.method == OLD_BY_TIME:
        in_validation, in_test = _hold_out_quantiles(data, _times_for(dataset, recipe), recipe)
    else:
        shuffle = rng.random(data.n_interactions)
        order_within_user = _times_for(dataset, recipe) if recipe.method == "leave last out" else shuffle
        n_validation, n_test = _numbers_held_out(data.items_per_user, recipe)
        from_the_end = _ranks_from_the_end(data, order_within_user, shuffle)
        in_test = from_the_end < n_test[data.users]
        in_validation = ~in_test & (from_the_end < (n_test + n_validation)[data.users])
    in_train = ~in_validation & ~in_test & ~is_later
    n_in_train = np.bincount(data.users[in_train], minlength=data.n_users)
    is_left_out = (n_in_train == 0)[data.users] | is_later
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
        is_graded=dataset.is_graded,
    )


def offered_methods(dataset: Dataset) -> tuple[str, ...]:
    """Return those of METHODS that `dataset` allows: methods that need times only where the times differ."""
    methods = METHODS if dataset.has_an_order else tuple(method for method in METHODS if method not in NEEDS_TIME)
    return methods if dataset.given_subsets is None else (GIVEN, *methods)


def _given_subsets(dataset: Dataset) -> np.ndarray:
    """Return where each rating is in the split that came with the data. Raises InputError where none did."""
    if dataset.given_subsets is None:
        raise InputError(
            f"For the split '{GIVEN}', the data must have come with one. This data did not: choose another."
        )
    return dataset.given_subsets


def _hold_out_moments_among(
    candidates: np.ndarray, times: np.ndarray, recipe: "SplitRecipe"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the masks (e,) of `_hold_out_moments` of only the ratings that are `candidates`, a boolean mask (e,)."""
    masks = np.zeros((2, len(times)), bool)
    masks[:, candidates] = _hold_out_moments(times[candidates], recipe)
    return masks[0], masks[1]


def _times_for(dataset: Dataset, recipe: SplitRecipe) -> np.ndarray:
    """Return the times of `dataset`. Raises InputError where it has none."""
    if dataset.times is None:
        raise InputError(
            f"For the split '{recipe.method}', everything must have a time. This data has no times: "
            "choose 'random per user' or 'leave one out'."
        )
    return dataset.times


def _numbers_held_out(counts: np.ndarray, recipe: SplitRecipe) -> tuple[np.ndarray, np.ndarray]:
    """Return how many of each user's ratings go to (validation, test), leaving at least one for train."""
    if recipe.method == "random per user":
        n_test, n_validation = np.rint(counts * recipe.test), np.rint(counts * recipe.validation)
    else:
        n_test = np.full(len(counts), float(recipe.test > 0))
        n_validation = np.full(len(counts), float(recipe.validation > 0))
    n_test = np.minimum(n_test, np.maximum(counts - 1, 0))
    n_validation = np.minimum(n_validation, np.maximum(counts - 1 - n_test, 0))
    return n_validation.astype(np.int64), n_test.astype(np.int64)


def _ranks_from_the_end(data: Interactions, key: np.ndarray, tie_break: np.ndarray) -> np.ndarray:
    """Rank each interaction (e,) among those of its user by descending `key`, from 0."""
    order = _order_at_random(data, key) if key is tie_break else None
    if order is None:
        order = np.lexsort((tie_break, key, data.users))
    ranks = np.empty(data.n_interactions, np.int64)
    ranks[order] = data.indptr[data.users[order] + 1] - 1 - np.arange(data.n_interactions)
    return ranks


def _order_at_random(data: Interactions, key: np.ndarray) -> np.ndarray | None:
    """Return the indices that sort the interactions by user and then by `key` (e,), random numbers in [0, 1).

    One sort of whole numbers, made of the user and the first bits of the random number, takes a quarter of the time of
    two. None in the rare case that these bits do not decide.
    """
    n_bits = 64 - int(data.n_users).bit_length()
    bits = (key * 2.0**53).astype(np.uint64) >> np.uint64(max(0, 53 - n_bits))
    combined = (data.users.astype(np.uint64) << np.uint64(n_bits)) | bits
    order = np.argsort(combined)
    combined = combined[order]
    return None if np.any(combined[1:] == combined[:-1]) else order


def _hold_out_moments(times: np.ndarray, recipe: SplitRecipe) -> tuple[np.ndarray, np.ndarray]:
    """Return boolean masks (e,) of the validation and the test of a split strictly by time."""
    moments, counts = np.unique(times, return_counts=True)
    n_moments, n = len(moments), len(times)
    nothing = np.zeros(n, bool)
    if n == 0 or not (recipe.validation or recipe.test):
        return nothing, nothing
    if n_moments == 1:
        raise InputError(
            "For the split 'strictly by time', the data must have two times or more. All of these have the same time: "
            "choose 'random per user' or 'leave one out'."
        )
    n_before = np.concatenate([[0], np.cumsum(counts)])
    first = 2 if recipe.validation and n_moments > 2 else 1  # so many moments must be left before the test
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
    best = len(missed) - 1 - np.argmin(missed[::-1])  # of equally good ones the latest, which leaves most to learn from
    is_from = [times >= moments[at[best]] if at[best] < n_moments else nothing for at in (validation_from, test_from)]
    return is_from[0] & ~is_from[1], is_from[1]


def _hold_out_quantiles(data: Interactions, times: np.ndarray, recipe: SplitRecipe) -> tuple[np.ndarray, np.ndarray]:
    """Return masks of validation and test as earlier versions made them; unknown users stay whole in train."""
    if data.n_interactions == 0:
        return np.zeros(0, bool), np.zeros(0, bool)
    test_from = np.quantile(times, 1 - recipe.test, method="higher")
    validation_from = np.quantile(times, 1 - recipe.test - recipe.validation, method="higher")
    in_test = (times >= test_from) if recipe.test else np.zeros(len(times), bool)
    in_validation = ((times >= validation_from) & ~in_test) if recipe.validation else np.zeros(len(times), bool)
    trained_users = np.bincount(data.users[~in_test & ~in_validation], minlength=data.n_users) > 0
    can_be_scored = trained_users[data.users]
    return in_validation & can_be_scored, in_test & can_be_scored
