"""What came of a split: its shares, what a model can learn from the future, and what no model can find."""

from dataclasses import dataclass

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import BY_SHARES, Split

PARTS = ("train", "validation", "test", "left_out")
FAR = 0.25
"""A share is far from what was asked where it misses it by more than this share of it."""


@dataclass(frozen=True)
class FutureShares:
    """The shares of training ratings that are later than a held-out rating: of all, and of the same person's own.

    Averaged over each person's held-out ratings, then over people, as metrics are.
    """

    of_all: float
    of_own: float


def subset_shares(split: Split) -> dict[str, float]:
    """Return the share of all ratings that each of PARTS holds; all 0 without any rating."""
    counts = {name: getattr(split, name).n_interactions for name in PARTS}
    return {name: count / max(1, sum(counts.values())) for name, count in counts.items()}


def missed_subsets(split: Split) -> list[str]:
    """Return which of "validation" and "test" hold a share far from what was asked; none where no shares are."""
    if split.recipe.method not in BY_SHARES:
        return []
    asked = {"validation": split.recipe.validation, "test": split.recipe.test}
    if split.recipe.learns_from_validation:
        del asked["validation"]
    got = subset_shares(split)
    return [name for name, share in asked.items() if abs(got[name] - share) > FAR * share]


def n_scored(split: Split, subset: str) -> int:
    """Return how many users are scored on "validation" or "test": those with a relevant rating in it."""
    return int(np.sum(getattr(split, subset).relevant.items_per_user > 0))


def n_of_new_items(split: Split, subset: str) -> int:
    """Return how many relevant ratings of "validation" or "test" are of items without any training rating."""
    return int(np.sum(_is_of_new_item(split, getattr(split, subset).relevant)))


def reachable_recall(split: Split, subset: str) -> float:
    """Return the mean over scored users of the share of relevant held-out items that have a training rating.

    No model that learns items from ratings alone finds the others but by chance: more recall is luck. 0 without users.
    """
    held_out = getattr(split, subset).relevant
    scored = held_out.items_per_user > 0
    n_new = np.bincount(held_out.users[_is_of_new_item(split, held_out)], minlength=held_out.n_users)
    return float(np.mean(1 - n_new[scored] / held_out.items_per_user[scored])) if scored.any() else 0.0


def future_shares(dataset: Dataset, split: Split) -> FutureShares | None:
    """Return how much of train is later than the test, or without a test than validation.

    None where nothing is held out or no times are known.
    """
    held_out = split.test if split.test.n_interactions else split.validation
    if dataset.times is None or not held_out.n_interactions:
        return None
    moments, moment_of = np.unique(dataset.times, return_inverse=True)
    trained, asked = (moment_of[_places(dataset.interactions, chosen)] for chosen in (split.train, held_out))
    n_train, n_own = split.train.n_interactions, split.train.items_per_user[held_out.users]
    of_all = 1 - np.searchsorted(np.sort(trained), asked, "right") / n_train
    # One ascending key of person and moment: its place among all tells how many of the person's own come before.
    own = np.sort(split.train.users.astype(np.int64) * len(moments) + trained)
    upto = np.searchsorted(own, held_out.users.astype(np.int64) * len(moments) + asked, "right")
    of_own = 1 - (upto - split.train.indptr[held_out.users]) / n_own
    return FutureShares(*(_mean_over_users(held_out, each) for each in (of_all, of_own)))


def _is_of_new_item(split: Split, held_out: Interactions) -> np.ndarray:
    return split.train.users_per_item[held_out.items] == 0


def _places(data: Interactions, subset: Interactions) -> np.ndarray:
    """Where the interactions of `subset` stand in `data`, which holds them all."""
    keys = [each.users.astype(np.int64) * each.n_items + each.items for each in (data, subset)]
    return np.searchsorted(*keys)


def _mean_over_users(subset: Interactions, values: np.ndarray) -> float:
    counts = subset.items_per_user
    sums = np.bincount(subset.users, weights=values, minlength=subset.n_users)
    return float(np.mean(sums[counts > 0] / counts[counts > 0]))
