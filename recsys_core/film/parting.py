"""Whether groups of items, such as genres or planted tastes, have parted in the factors, and from which epoch on.

A group has parted where more than half of its items lie nearest to their own group: where the cosine, in all factors
less the mean of all items, with the mean direction of the other items of the own group is higher than with that of any
other group. Half is far above chance where there are several groups, and in the last epoch chance must be ruled out for
it too: by a permutation test of all groups together.
"""

from collections.abc import Sequence

import numpy as np

from recsys_core.data.dataset import Dataset

FEWEST = 10
"""A group with fewer items says nothing."""
HALF = 0.5
_LEVEL, _DRAWS = 0.05, 99
_NOTHING = 1e-10  # a squared length that is rounding


def item_groups(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the names of the groups of items, and (n,) the index of each item's, -1 where it has none.

    On synthetic data that is the strongest planted taste of an item, else the first genre that the data name.
    """
    if dataset.ground_truth is not None:
        return dataset.ground_truth.taste_names, dataset.ground_truth.item_tastes.argmax(axis=1)
    first = [genres[0] if genres else "" for genres in dataset.genres] or [""] * dataset.interactions.n_items
    names = tuple(sorted({name for name in first if name}))
    index_of = {"": -1, **{name: index for index, name in enumerate(names)}}
    return names, np.array([index_of[name] for name in first], np.int64)


def large_groups(names: Sequence[str], group_of: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Return only the groups with at least ten of the items, numbered anew; none at all if there are not two."""
    counts = np.bincount(group_of[group_of >= 0], minlength=len(names))
    large = np.flatnonzero(counts >= FEWEST)
    if len(large) < 2:
        return (), np.full(len(group_of), -1)
    renumbered = np.full(len(names) + 1, -1)
    renumbered[large] = np.arange(len(large))
    return tuple(names[int(index)] for index in large), renumbered[group_of]


def nearest_own(factors: np.ndarray, group_of: np.ndarray, n_groups: int) -> np.ndarray:
    """Return (G,): the share of each group's items that lie nearest to their own group.

    `factors` (b, k) are those of the items, `group_of` (b,) their groups; items of no group, -1, are left out.
    """
    if n_groups == 0:
        return np.zeros(0)
    directions, groups = _directions(factors, group_of)
    return _shares(directions, groups, n_groups)


def parting_p_values(factors: np.ndarray, group_of: np.ndarray, n_groups: int, *, seed: int = 0) -> np.ndarray:
    """Return (G,): how often items that were dealt to the groups at random lie as near to their own one.

    The groups' names are shuffled among the items 99 times. The shares are standardised over all these draws and the
    one observed, and each group is compared with the highest of all groups in every draw (max-T: Westfall and Young
    1993), so that where nothing has parted any group is said to be beyond chance in at most 5 of 100 trainings.
    """
    if n_groups == 0:
        return np.zeros(0)
    directions, groups = _directions(factors, group_of)
    rng = np.random.default_rng(seed)
    labels = [groups, *(rng.permutation(groups) for _ in range(_DRAWS))]
    shares = np.stack([_shares(directions, each, n_groups) for each in labels])
    spread = shares.std(axis=0)
    standardised = (shares - shares.mean(axis=0)) / np.where(spread > 0, spread, np.inf)
    largest = standardised[1:].max(axis=1)
    p_values: np.ndarray = (1 + (largest[:, None] >= standardised[0] - 1e-9).sum(axis=0)) / (1 + _DRAWS)
    return p_values


def parted_at(shares: np.ndarray, p_values: np.ndarray) -> list[int | None]:
    """Return for each group the frame from which on it has parted, to the end of the film; None where it has not.

    `shares` (f, G) are those of `nearest_own` in every frame, `p_values` (G,) belong to the last one.
    """
    found: list[int | None] = []
    for of_group, p_value in zip(shares.T, p_values, strict=True):
        not_yet = np.flatnonzero(of_group <= HALF)
        start = int(not_yet[-1]) + 1 if len(not_yet) else 0
        found.append(start if start < len(of_group) and p_value <= _LEVEL else None)
    return found


def _directions(factors: np.ndarray, group_of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The items that have a group, less their mean and at length 1, and their groups."""
    inside = group_of >= 0
    centred = factors[inside] - factors[inside].mean(axis=0)
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(lengths > 0, lengths, 1), group_of[inside]


def _shares(directions: np.ndarray, groups: np.ndarray, n_groups: int) -> np.ndarray:
    rows = np.arange(len(groups))
    is_member = np.zeros((n_groups, len(groups)), directions.dtype)
    is_member[groups, rows] = 1
    sums = is_member @ directions
    squares = np.einsum("gk,gk->g", sums, sums)
    products = directions @ sums.T
    own = products[rows, groups]
    products /= np.where(squares > _NOTHING, np.sqrt(squares), np.inf)
    left = squares[groups] - 2 * own + 1  # the squared length of the own sum less the item itself
    products[rows, groups] = (own - 1) / np.where(left > _NOTHING, np.sqrt(np.maximum(left, _NOTHING)), np.inf)
    is_own = products.argmax(axis=1) == groups
    return np.bincount(groups[is_own], minlength=n_groups) / np.maximum(np.bincount(groups, minlength=n_groups), 1)
