"""What is known of items beside their ratings: which factors follow it, and what a group of them shares."""

from collections.abc import Sequence

import numpy as np

from recsys_core.data.dataset import Dataset


def item_attributes(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Names (t) and (n, t) values of what each item is known to be: the planted tastes, or else the genres.

    Planted tastes are shares of an item, genres are 0 or 1. A data set without either has t = 0.
    """
    if dataset.ground_truth is not None:
        return dataset.ground_truth.taste_names, dataset.ground_truth.item_tastes
    return genres_of(dataset)


def genres_of(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """The genres by name, and (n, t) 1 where an item has one."""
    names = tuple(sorted({genre for genres in dataset.genres for genre in genres}))
    place = {name: column for column, name in enumerate(names)}
    belongs = np.zeros((dataset.interactions.n_items, len(names)), np.float32)
    for item, genres in enumerate(dataset.genres):
        belongs[item, [place[genre] for genre in genres]] = 1
    return names, belongs


def correlations(axes: np.ndarray, traits: np.ndarray) -> np.ndarray:
    """(k, t) Pearson correlation of each of the `axes` (n, k) with each of the `traits` (n, t) over the n items.

    For a trait that is 0 or 1, as a genre, this is the difference of the two mean loadings in units of spread (the
    point-biserial correlation). What does not vary correlates with nothing: 0.
    """
    a, b = (_standardised(columns) for columns in (axes, traits))
    return a.T @ b


def _standardised(columns: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and length 1; of zeros where a column does not vary."""
    centred = columns - columns.mean(axis=0, dtype=np.float64)
    lengths = np.linalg.norm(centred, axis=0)
    return centred / np.where(lengths > 1e-9, lengths, np.inf)


def standardised_mean(axes: np.ndarray, items: Sequence[int]) -> np.ndarray:
    """(k,) how many standard deviations the mean of some items lies from that of all, on each of the `axes` (n, k)."""
    axes = axes.astype(np.float64)
    spread = axes.std(axis=0)
    return (axes[items].mean(axis=0) - axes.mean(axis=0)) / np.where(spread > 1e-9, spread, np.inf)


def attribute_lift(belongs: np.ndarray, items: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """(t,) the share of some items that has each trait of `belongs` (n, t), and how many times the share of all."""
    share, of_all = belongs[items].mean(axis=0), belongs.mean(axis=0)
    return share, share / np.where(of_all > 0, of_all, np.inf)
