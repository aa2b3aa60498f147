"""Guess whether a file is a matrix of users × items, and which of its cells hold no rating."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.columns import sample_column
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.numbers import MISSING, looks_numeric, parse_ratings
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
    if not _mostly_numeric(texts) or any(sample_column(table, index).is_time for index in indices[:10]):
        return None
    columns = [_present(sample_column(table, index).filled) for index in indices[:10]]
    if any(sum(map(looks_numeric, texts)) < 0.5 * len(texts) for texts in columns):
        return None
    ids = table.frame.iloc[:SAMPLE, 0].str.strip()
    wide = replace(layout, orientation="wide", user=0, item=None, rating=None)
    if layout.header:
        is_named = column_roles.role_of(table.names[0]) == column_roles.USER or column_roles.is_index(table.names[0])
        return (wide, []) if is_named or (ids.is_unique and table.n_columns > 4) else None
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


def _mostly_numeric(texts: Iterable[str]) -> bool:
    filled = _present(texts)
    return len(filled) > 0 and sum(map(looks_numeric, filled)) >= 0.8 * len(filled)


def _present(texts: Iterable[str]) -> list[str]:
    """Return the texts that stand for a value, whether a number or not."""
    return [text for text in texts if text.strip().casefold() not in MISSING]
