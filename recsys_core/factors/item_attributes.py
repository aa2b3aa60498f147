"""Item attributes (genres or planted tastes): their correlation with factors, and what a group of items shares."""

from collections.abc import Sequence

import numpy as np

from recsys_core.data.dataset import Dataset


def item_attributes(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the t names and the (n, t) values of the attributes of all items: the planted tastes, or else the genres.

    Planted tastes are shares of an item, genres are 0 or 1. A data set without either has t = 0.
    """
    if dataset.ground_truth is not None:
        return dataset.ground_truth.taste_names, dataset.ground_truth.item_tastes
    return genres_of(dataset)


def genres_of(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the t genres in alphabetical order, and (n, t) with 1 where an item has one."""
    names = tuple(sorted({genre for genres in dataset.genres for genre in genres}))
    column_of = {name: column for column, name in enumerate(names)}
    membership = np.zeros((dataset.interactions.n_items, len(names)), np.float32)
    for item, genres in enumerate(dataset.genres):
        membership[item, [column_of[genre] for genre in genres]] = 1
    return names, membership


def correlations(axes: np.ndarray, attributes: np.ndarray) -> np.ndarray:
    """Return (k, t): the Pearson correlation of each of the `axes` (n, k) with each of the `attributes` (n, t).

    For an attribute that is 0 or 1, such as a genre, this is the point-biserial correlation. A column that does not
    vary correlates with nothing: 0.
    """
    a, b = (_standardised(columns) for columns in (axes, attributes))
    products: np.ndarray = a.T @ b
    return products


def _standardised(columns: np.ndarray) -> np.ndarray:
    """Return columns of mean 0 and length 1; zeros for a column that does not vary."""
    centred = columns - columns.mean(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(centred, axis=0)
    standardised: np.ndarray = centred / np.where(lengths > 1e-9, lengths, np.inf)
    return standardised


def standardised_mean(axes: np.ndarray, items: Sequence[int]) -> np.ndarray:
    """Return (k,): how many standard deviations the mean of `items` lies from that of all, on each axis (n, k)."""
    axes = axes.astype(np.float64)
    spread = axes.std(axis=0)
    shift: np.ndarray = axes[items].mean(axis=0) - axes.mean(axis=0)
    return shift / np.where(spread > 1e-9, spread, np.inf)


def attribute_lift(membership: np.ndarray, items: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return (t,) the share of `items` that have each attribute of `membership` (n, t), and (t,) the lift: that share
    divided by the share among all items."""
    share, overall = membership[items].mean(axis=0), membership.mean(axis=0)
    return share, share / np.where(overall > 0, overall, np.inf)
