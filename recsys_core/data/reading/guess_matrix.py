"""Guess whether a file is a matrix of users × items, and which of its cells hold no rating."""

from dataclasses import replace

import numpy as np
import pandas as pd

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.columns import numeric_share, sample_column
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.matrix_columns import in_file_order, order_matrix_columns
from recsys_core.data.reading.numbers import MISSING, are_opinions, parse_ratings
from recsys_core.data.reading.sentinels import find_sentinels
from recsys_core.data.reading.table import Table, factorise
from recsys_core.data.reading.values import LARGEST_OPINION, counted_values

SAMPLE = 1_000


def unrated_of_matrix(texts: np.ndarray, values: np.ndarray, counts: np.ndarray) -> tuple[float, ...]:
    """Return the values that fill cells without a rating: those far from all others, or 0 where no cell is blank."""
    far = tuple(each.value for each in find_sentinels(values, counts) if each.is_far)
    others = values[(values != 0) & ~np.isin(values, far)]
    has_blank = any(not text.strip() for text in texts)
    if not far and not has_blank and np.any(values == 0) and len(others) and others.min() > 0:
        return (0.0,)
    return far


def guess_wide(table: Table, layout: Layout) -> tuple[Layout, list[Doubt]] | None:
    """Return the layout of a matrix of users × items with its doubts, or None where the file is none."""
    if table.n_columns < 4:
        return None
    as_they_are = tuple(range(table.n_columns))
    order, described = order_matrix_columns(table) if layout.header else (as_they_are, ())
    if order == as_they_are:
        return _guess_wide(table, layout)
    arranged = replace(
        table, names=tuple(table.names[index] for index in order), frame=table.frame.iloc[:, list(order)]
    )
    found = _guess_wide(arranged, layout)
    return found and in_file_order(*found, table, order, described)


def _guess_wide(table: Table, layout: Layout) -> tuple[Layout, list[Doubt]] | None:
    """Return what `guess_wide` does for a table whose first column would name the person, and all others items."""
    # Of many items, some have the name of a role, such as the films 'Up' and 'Her'.
    n_named = (
        sum(column_roles.role_of(name) not in (None, column_roles.EVENT) for name in table.names[1:])
        if layout.header
        else 0
    )
    if n_named > (0 if table.n_columns <= 8 else 0.2 * table.n_columns):
        return None
    indices = range(1, min(table.n_columns, SAMPLE))
    codes, texts = factorise(np.concatenate([_sample(table, index) for index in indices]))
    is_numeric = numeric_share(texts, np.bincount(codes)) >= 0.8
    of_words = not is_numeric and are_opinions([text for text in texts if text.strip().casefold() not in MISSING])
    if not (is_numeric or of_words) or any(sample_column(table, index).is_time for index in indices[:10]):
        return None
    if is_numeric and any(sample_column(table, index).numeric_share < 0.5 for index in indices[:10]):
        return None
    ids = table.frame.iloc[:SAMPLE, 0].str.strip()
    wide = replace(layout, orientation="wide", user=0, item=None, rating=None)
    if layout.header:
        first = column_roles.role_of(table.names[0])
        is_named = first == column_roles.USER or column_roles.is_index(table.names[0])
        if not (is_named or (ids.is_unique and table.n_columns > 4)):
            return None
        wide, doubts = _without_statistics(table, wide)
        return wide, [*doubts, *([ITEMS_AS_ROWS] if first == column_roles.ITEM else [])]
    values, counts = counted_values(codes, texts, False)
    far = [each.value for each in find_sentinels(values, counts) if each.is_far]
    scale = values[~np.isin(values, far)]
    if table.n_columns < 5 or not np.max(np.abs(scale), initial=0) <= LARGEST_OPINION:
        return None
    if _counts_the_row(table, wide, far):
        return replace(wide, user=None, ignored=(0,)), [_matrix_doubt("without ids: users are numbered by row"), COUNTS]
    if ids.is_unique:
        return wide, [_matrix_doubt("; the first column is taken as user ids")]
    return replace(wide, user=None), [_matrix_doubt("without ids: users are numbered by row")]


def _matrix_doubt(how: str) -> Doubt:
    how = how if how.startswith(";") else f" {how}"
    sentence = f"The file looks like a matrix of users × items{how}, and items are numbered by column."
    return Doubt("matrix", sentence, 0, about=("orientation", "user"))


COUNTS = Doubt(
    "count column",
    "This column says how many items the person in the row has rated, so it is not an item.",
    0,
    (
        Answer("Leave it out"),
        Answer("It names the person", (("user", 0), ("ignored", ()))),
        Answer("It is an item", (("ignored", ()),)),
    ),
)


ITEMS_AS_ROWS = Doubt(
    "items as rows",
    "The first column is named like items, but each row is read as a person and each column as an item. If the rows "
    "are items, swap rows and columns in a spreadsheet (transpose) and choose the file again.",
    0,
)


def _without_statistics(table: Table, wide: Layout) -> tuple[Layout, list[Doubt]]:
    """Leave out columns that sum up the rows, such as a total."""
    head = table.head(SAMPLE)
    named = [index for index in range(1, table.n_columns) if column_roles.is_statistic(table.names[index])]
    plain = tuple(index for index in range(1, table.n_columns) if index not in named)
    if not named or not plain:
        return wide, []
    codes, texts = head.cells(plain)
    values = parse_ratings(texts, False)[0][codes].reshape(-1, len(plain))
    doubts, ignored = [], list[int]()
    for index in named:
        codes, texts = head.column(index)
        if _sums_up(parse_ratings(texts, False)[0][codes], values):
            ignored.append(index)
            sentence = "This column sums up the others in its row, so it is not an item."
            answers = (Answer("Leave it out"), Answer("It is an item", (("ignored", ()),)))
            doubts.append(Doubt(f"statistic {index}", sentence, index, answers))
    return replace(wide, ignored=tuple(ignored)), doubts


def _sums_up(numbers: np.ndarray, values: np.ndarray) -> bool:
    """Tell whether the numbers (r,) are the sums, the means or the counts of the rated cells in `values` (r, c)."""
    is_rated = np.isfinite(values)
    for rated in (is_rated, is_rated & (values != 0)):
        n_rated = rated.sum(axis=1)
        sums = np.where(rated, values, 0).sum(axis=1)
        for each in (sums, sums / np.maximum(1, n_rated), n_rated):
            if len(numbers) > 1 and np.mean(np.abs(numbers - each) <= 0.01 * np.maximum(1, np.abs(each))) >= 0.95:
                return True
    return False


def _counts_the_row(table: Table, wide: Layout, far: list[float]) -> bool:
    """Tell whether the first column says how many of the other cells in its row hold a rating."""
    head = table.head(SAMPLE)
    first = pd.to_numeric(head.frame.iloc[:, 0].str.strip(), errors="coerce").to_numpy(float)
    if not np.isfinite(first).all() or len(first) < 3 or len(np.unique(first)) < 2:
        return False
    codes, texts = head.cells(tuple(range(1, table.n_columns)))
    values = parse_ratings(texts, False)[0][codes].reshape(len(first), -1)
    for blanks in (far, [*far, 0.0]):
        n_rated = np.sum(np.isfinite(values) & ~np.isin(values, blanks), axis=1)
        if np.mean(n_rated == first) >= 0.95:
            return True
    return False


def _sample(table: Table, index: int) -> np.ndarray:
    return table.frame.iloc[:SAMPLE, index].to_numpy(object)
