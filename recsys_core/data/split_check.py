"""Check a split: its shares, what a model can learn from the future, and what no model can find."""

from dataclasses import dataclass

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import BY_SHARES, Split

SUBSETS = ("train", "validation", "test", "left_out")
FAR = 0.25
"""A share is far from the one in the recipe if it misses it by more than this fraction of it."""


@dataclass(frozen=True)
class FutureShares:
    """The shares of training ratings that are later than a held-out rating: among all, and among the same user's.

    Averaged over each user's held-out ratings, then over users, as metrics are.
    """

    of_all: float
    of_own: float


def subset_shares(split: Split) -> dict[str, float]:
    """Return the share of all ratings in each of SUBSETS; all 0 if there are no ratings."""
    counts = {name: getattr(split, name).n_interactions for name in SUBSETS}
    return {name: count / max(1, sum(counts.values())) for name, count in counts.items()}


def missed_subsets(split: Split) -> list[str]:
    """Return which of "validation" and "test" have a share far from the recipe's; [] where the method has no shares."""
    if split.recipe.method not in BY_SHARES:
        return []
    wanted = {"validation": split.recipe.validation, "test": split.recipe.test}
    if split.recipe.learns_from_validation:
        del wanted["validation"]
    actual = subset_shares(split)
    return [name for name, share in wanted.items() if abs(actual[name] - share) > FAR * share]


def scored_subsets(split: Split) -> list[str]:
    """Return the subsets on which somebody is scored, of "validation" and "test"."""
    return [name for name in ("validation", "test") if n_scored(split, name)]


def n_scored(split: Split, subset: str) -> int:
    """Return how many users are scored on "validation" or "test": those with a relevant rating in it."""
    return int(np.sum(getattr(split, subset).relevant.items_per_user > 0))


def n_of_new_items(split: Split, subset: str) -> int:
    """Return how many relevant ratings of "validation" or "test" are of items that have no training rating."""
    return int(np.sum(_is_of_new_item(split, getattr(split, subset).relevant)))


def reachable_recall(split: Split, subset: str) -> float:
    """Return the mean over scored users of the share of relevant held-out items that have a training rating.

    A model that learns items from ratings alone finds the others by chance only: recall beyond this is luck. 0 without
    scored users.
    """
    held_out = getattr(split, subset).relevant
    scored = held_out.items_per_user > 0
    n_new = np.bincount(held_out.users[_is_of_new_item(split, held_out)], minlength=held_out.n_users)
    return float(np.mean(1 - n_new[scored] / held_out.items_per_user[scored])) if scored.any() else 0.0


def future_shares(dataset: Dataset, split: Split) -> FutureShares | None:
    """Return how much of train is later than the test, or than the validation if there is no test.

    None where nothing is held out or there are no times.
    """
    held_out = split.test if split.test.n_interactions else split.validation
    if dataset.times is None or not held_out.n_interactions:
        return None
    trained, tested = (dataset.times[_indices_in(dataset.interactions, each)] for each in (split.train, held_out))
    n_train, n_of_user = split.train.n_interactions, split.train.items_per_user[held_out.users]
    in_order = np.sort(trained)
    n_up_to_now = np.searchsorted(in_order, tested, "right")
    of_all = 1 - n_up_to_now / n_train
    # A training rating is no later than a moment where fewer are earlier than it than are up to that moment. So in one
    # ascending key of user and number of earlier ones, the index tells how many of the user's own come before.
    n_earlier = np.searchsorted(in_order, trained)
    keys = np.sort(split.train.users * np.int64(n_train + 1) + n_earlier)
    n_up_to = np.searchsorted(keys, held_out.users * np.int64(n_train + 1) + n_up_to_now)
    of_own = 1 - (n_up_to - split.train.indptr[held_out.users]) / n_of_user
    return FutureShares(*(_mean_over_users(held_out, each) for each in (of_all, of_own)))


def _is_of_new_item(split: Split, held_out: Interactions) -> np.ndarray:
    is_new: np.ndarray = split.train.users_per_item[held_out.items] == 0
    return is_new


def _indices_in(data: Interactions, subset: Interactions) -> np.ndarray:
    """Return the index in `data` of each interaction of `subset`; `data` has them all."""
    all_keys, keys = (each.users.astype(np.int64) * each.n_items + each.items for each in (data, subset))
    return np.asarray(np.searchsorted(all_keys, keys))


def _mean_over_users(subset: Interactions, values: np.ndarray) -> float:
    counts = subset.items_per_user
    sums = np.bincount(subset.users, weights=values, minlength=subset.n_users)
    return float(np.mean(sums[counts > 0] / counts[counts > 0]))
