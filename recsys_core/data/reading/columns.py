"""Tell what a column holds from its texts alone, for columns whose names say nothing."""

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys_core.data.reading import events
from recsys_core.data.reading.numbers import (
    MISSING,
    NUMBER,
    are_opinions,
    looks_numeric,
    parse_ratings,
    uses_decimal_comma,
)
from recsys_core.data.reading.table import Table, factorise
from recsys_core.data.reading.times import looks_like_times

# Of a large file: the first rows, where order shows, and rows from all over it, where ids repeat.
N_HEAD, N_SPREAD = 2_000, 18_000
FINE = re.compile(r"-?[0-9]{1,3}[.][0-9]{4,}")
LOWEST_RATING, HIGHEST_RATING = -10, 100
# A scale has few steps; a finer one, such as -10 to 10 with two decimals, has no more than this many.
MOST_STEPS, MOST_FINE_STEPS = 21, 2_001
LONG_TEXT = 60


@dataclass(frozen=True, eq=False)
class Column:
    """A sample of one column: its distinct trimmed `texts`, and for each row the index into them (`codes`).

    `index` is the column's in the file; the first `n_head` rows of the sample are the first rows of the file.
    """

    index: int
    codes: np.ndarray
    texts: np.ndarray
    n_head: int

    @cached_property
    def counts(self) -> np.ndarray:
        """How often each text occurs in the sample."""
        return np.bincount(self.codes, minlength=len(self.texts))

    @cached_property
    def filled(self) -> np.ndarray:
        """The distinct texts that are not blank."""
        return np.array([text for text in self.texts if text], object)

    @property
    def n_rows(self) -> int:
        """The number of rows in the sample."""
        return len(self.codes)

    @cached_property
    def is_numeric(self) -> bool:
        """Whether nearly all texts are numbers."""
        return self.numeric_share >= 0.8

    @cached_property
    def numeric_share(self) -> float:
        """The share of numbers, as `numeric_share` returns it."""
        return numeric_share(self.texts, self.counts)

    @cached_property
    def values(self) -> np.ndarray:
        """The distinct finite numbers."""
        values = parse_ratings(self.filled, uses_decimal_comma(self.filled))[0]
        finite: np.ndarray = values[np.isfinite(values)]
        return finite

    @cached_property
    def is_whole(self) -> bool:
        """Whether nearly all texts are numbers, and all of these whole."""
        return self.is_numeric and len(self.values) > 0 and bool(np.all(self.values % 1 == 0))

    @cached_property
    def is_constant(self) -> bool:
        """Whether there is at most one text that is not blank."""
        return len(self.filled) < 2

    @cached_property
    def is_time(self) -> bool:
        """Whether the texts are moments from 1990 to 2037."""
        return looks_like_times(self.filled)

    @cached_property
    def is_opinion(self) -> bool:
        """Whether the texts are yes and no in words."""
        return are_opinions(self.filled)

    @cached_property
    def is_event(self) -> bool:
        """Whether the texts are kinds of events, such as view and purchase."""
        return events.are_events(self.filled)

    @cached_property
    def is_coordinate(self) -> bool:
        """Whether these are latitudes, longitudes or measurements: many numbers with many decimals."""
        fine = sum(FINE.fullmatch(text) is not None for text in self.filled)
        return self.is_numeric and not self.is_whole and fine > 0.5 * len(self.filled) and len(self.filled) > MOST_STEPS

    @cached_property
    def is_row_number(self) -> bool:
        """Whether each row counts one more than the row above."""
        head = self.texts[self.codes[: self.n_head]]
        if len(head) < 3 or not all(NUMBER.fullmatch(text) for text in head[:3]):
            return False
        numbers = [float(text) if NUMBER.fullmatch(text) else np.nan for text in head]
        return bool(np.all(np.diff(numbers) == 1))

    @cached_property
    def is_unique(self) -> bool:
        """Whether no text occurs twice."""
        return len(self.texts) == self.n_rows

    @cached_property
    def is_prose(self) -> bool:
        """Whether the texts are sentences."""
        return len(self.filled) > 0 and bool(np.mean([len(text) for text in self.filled[:500]]) > LONG_TEXT)

    @cached_property
    def may_be_rating(self) -> bool:
        """Whether the values could be ratings: words for yes and no, or few distinct numbers on a usual scale."""
        if self.is_opinion:
            return True
        # Nobody gives a rating such as '0007' or '8801234567'.
        if any(re.fullmatch(r"0[0-9]+|[0-9]{7,}", text) for text in self.filled[:100]):
            return False
        values = self.values
        # A sentinel such as 99 or 255 lies beyond the scale; it may be one value of many.
        inside = values[(values >= LOWEST_RATING) & (values <= HIGHEST_RATING)]
        if not self.is_numeric or len(inside) < max(1, len(values) - 1):
            return False
        if self.is_time or self.is_row_number or self.is_coordinate:
            return False
        return len(values) <= (MOST_STEPS if self.is_whole else MOST_FINE_STEPS) and len(values) <= max(
            2, 0.7 * self.n_rows
        )

    @cached_property
    def may_be_id(self) -> bool:
        """Whether the texts could name people or items."""
        if self.is_constant or self.is_row_number or self.is_coordinate or self.is_prose or self.is_event:
            return False
        return not self.is_time and (not self.is_numeric or self.is_whole)

    @cached_property
    def runs(self) -> float:
        """The share of the first rows that repeat the row above; near 1 where the file is grouped by this column."""
        head = self.codes[: self.n_head]
        return float(np.mean(head[1:] == head[:-1])) if len(head) > 1 else 0.0


def numeric_share(texts: np.ndarray, counts: np.ndarray) -> float:
    """Return the share of numbers among the texts that stand for a value, or NaN where none does.

    `counts` (t,) is how often each of the distinct `texts` (t,) occurs. The share is that of the distinct texts or that
    of the rows, whichever is larger: neither many rows with one word nor a few words beside five stars hide numbers.
    """
    is_value = np.array([text.strip().casefold() not in MISSING for text in texts], bool)
    if not is_value.any():
        return np.nan
    is_number = np.array([looks_numeric(text) for text in texts[is_value]], bool)
    return float(max(is_number.mean(), np.average(is_number, weights=counts[is_value])))


def sample_column(table: Table, index: int) -> Column:
    """Sample a column of the table, which is cheap for a file of any size."""
    n_rows, column = len(table.lines), table.frame.iloc[:, index]
    n_head = min(n_rows, N_HEAD)
    if n_rows > N_HEAD + N_SPREAD:
        rows = np.r_[:N_HEAD, np.linspace(N_HEAD, n_rows - 1, N_SPREAD).astype(np.int64)]
        column = column.take(rows)
    codes, texts = factorise(column)
    stripped = np.array([text.strip() for text in texts], object)
    codes_of_stripped, distinct = factorise(stripped)
    return Column(index, codes_of_stripped[codes], distinct, n_head)


def depends_on(one: Column, other: Column) -> bool:
    """Tell whether each text of `other` always comes with the same text of `one`, as an item's id with its title.

    False where the texts of `other` do not repeat often enough to tell.
    """
    n_others = len(other.texts)
    if n_others > 0.7 * other.n_rows or len(one.texts) < 2:
        return False
    pairs = other.codes.astype(np.int64) * len(one.texts) + one.codes
    return len(np.unique(pairs)) <= 1.01 * n_others


def mean_partners(one: Column, other: Column) -> float:
    """Return with how many texts of `one` a text of `other` comes, on average."""
    pairs = other.codes.astype(np.int64) * len(one.texts) + one.codes
    return len(np.unique(pairs)) / max(1, len(other.texts))
