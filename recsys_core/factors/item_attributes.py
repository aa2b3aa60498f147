"""Item attributes as columns: their correlation with factors, and what a group of items shares."""

from collections.abc import Sequence

import numpy as np

from recsys_core.data.attributes import Attribute, format_number
from recsys_core.data.dataset import GENRES, Dataset
from recsys_core.errors import InputError, to_python

TASTES = "planted tastes"
"""The name under which the planted tastes describe the items of synthetic data."""
MOST_VALUES = 100
"""An attribute of more values is described by its most frequent ones only."""
_N_RANGES, _FEWEST_ITEMS = 4, 10
_ENDS, _ENDS_IN_TIME = ("lower", "higher"), ("earlier", "later")


def item_attributes(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the t names and the (n, t) values of the attributes of all items: the planted tastes, or else the genres.

    Planted tastes are shares of an item, genres are 0 or 1. A data set without either has t = 0.
    """
    if dataset.ground_truth is not None:
        return dataset.ground_truth.taste_names, dataset.ground_truth.item_tastes
    return genres_of(dataset)


def describable_by(dataset: Dataset) -> list[str]:
    """Return the names of what items can be described by; the first is what `item_attributes` returns, if anything."""
    return [*([TASTES] if dataset.ground_truth is not None else []), *dataset.attributes_of_items]


def described_by(dataset: Dataset, name: str) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the t values and (n, t) of one attribute of the items; `name` is one of `describable_by`.

    Raises InputError for an attribute that the data do not have.
    """
    if name == TASTES and dataset.ground_truth is not None:
        return item_attributes(dataset)
    if name not in dataset.attributes_of_items:
        raise InputError(
            f"Items can be described by attributes that the data have. These have no {to_python(name)!r}: load the "
            "file of items that has it."
        )
    return membership_of(dataset.attributes_of_items[name])


def membership_of(attribute: Attribute) -> tuple[tuple[str, ...], np.ndarray]:
    """Return t values by name, and (n, t) float32 with 1 where an item has one.

    Numbers and days make up to four ranges of about as many items; of other attributes the 100 most frequent values
    count. An item of which nothing is known has none.
    """
    if attribute.is_ordered:
        return _ranges(attribute)
    names = tuple(sorted(list(attribute.counts)[:MOST_VALUES]))
    column_of = {name: column for column, name in enumerate(names)}
    membership = np.zeros((len(attribute.texts), len(names)), np.float32)
    for item, values in enumerate(attribute.values):
        membership[item, [column_of[value] for value in values if value in column_of]] = 1
    return names, membership


def _ranges(attribute: Attribute) -> tuple[tuple[str, ...], np.ndarray]:
    numbers = attribute.numbers
    known = np.isfinite(numbers)
    if not known.any():
        return (), np.zeros((len(numbers), 0), np.float32)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, _N_RANGES + 1)[1:-1], method="lower"))
    range_of = np.searchsorted(edges, numbers, side="left")
    names, columns = list[str](), list[np.ndarray]()
    for index in range(len(edges) + 1):
        members = known & (range_of == index)
        if members.any():
            low, high = (format_number(end(numbers[members])) for end in (np.min, np.max))
            names.append(low if low == high else f"{low} to {high}")
            columns.append(members)
    return tuple(names), np.array(columns, np.float32).reshape(len(names), -1).T


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


def attribute_columns(dataset: Dataset) -> tuple[tuple[str, ...], np.ndarray]:
    """Return t names and (n, t) of all that factors may follow: planted tastes, or else each value of each attribute.

    Numbers and days are a column of their own, with the mean where they are unknown. Values that fewer than ten items
    have, or all but fewer than ten, are left out, and so is the planted taste where there is only one: all items have
    it alike, and nothing can follow what does not vary.
    """
    if dataset.ground_truth is not None:
        tastes, shares = item_attributes(dataset)
        return (tastes, shares) if len(tastes) > 1 else ((), shares[:, :0])
    names, columns = list[str](), list[np.ndarray]()
    for name, attribute in dataset.attributes_of_items.items():
        if attribute.is_ordered:
            numbers = attribute.numbers
            if attribute.is_known.any():
                names.append(name)
                columns.append(np.where(np.isfinite(numbers), numbers, np.nanmean(numbers)))
            continue
        values, membership = membership_of(attribute)
        frequent = np.minimum(membership.sum(axis=0), len(membership) - membership.sum(axis=0)) >= _FEWEST_ITEMS
        names += [value if name == GENRES else f"{name} {value}" for value in np.array(values, object)[frequent]]
        columns += list(membership[:, frequent].T)
    return tuple(names), np.array(columns, np.float64).reshape(len(names), len(dataset.titles)).T


def chance_level(axes: np.ndarray, attributes: np.ndarray, *, n_shuffles: int = 200, seed: int = 0) -> float:
    """Return the correlation, of either sign, that the best of all pairs exceeds by chance in 5 of 100 cases.

    The rows of `axes` (n, k) are shuffled against those of `attributes` (n, t), which keeps what the columns of each
    have in common: the 95% quantile of the largest correlation (Westfall and Young 1993). So among attributes that have
    nothing to do with the factors, any is said to be followed in at most about 5% of all cases.
    """
    if not axes.size or not attributes.size:
        return 1.0
    rng = np.random.default_rng(seed)
    a, b = (_standardised(columns).astype(np.float32) for columns in (axes, attributes))
    largest = [float(np.abs(rng.permutation(a).T @ b).max()) for _ in range(n_shuffles)]
    return float(np.quantile(largest, 0.95, method="higher"))


def name_ends(axes: np.ndarray, dataset: Dataset, items: np.ndarray) -> list[tuple[str, str]]:
    """Return for each of the `axes` (n, k) what its negative and its positive end follow, at most two attributes each.

    `axes` has a row for each of `items`. Only correlations beyond what `chance_level` returns count; an end that
    follows nothing is "".
    """
    names, columns = attribute_columns(dataset)
    columns = columns[items]
    level = chance_level(axes, columns)
    ordered = {
        name: _ENDS_IN_TIME if each.is_in_years else _ENDS
        for name, each in dataset.attributes_of_items.items()
        if each.is_ordered
    }
    ends = list[tuple[str, str]]()
    for related in correlations(axes, columns):
        both: tuple[list[str], list[str]] = [], []
        for t in np.argsort(-np.abs(related), kind="stable"):
            if abs(related[t]) <= level:
                break
            is_high = bool(related[t] > 0)
            if names[t] in ordered:
                for end in (False, True):
                    both[end].append(f"{ordered[names[t]][end == is_high]} {names[t]}")
            else:
                both[is_high].append(names[t])
        ends.append((" · ".join(both[0][:2]), " · ".join(both[1][:2])))
    return ends


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
