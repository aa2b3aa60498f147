"""Attributes of items: what is known of each beside its ratings, as numbers, days, a category or several values."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys_core.data.nouns import write_number

NUMERIC, DATE, CATEGORICAL, SEVERAL = "numeric", "date", "categorical", "several values"
"""The kinds of attributes, as they are called on the screen."""
UNKNOWN = "unknown"
"""The group of those of whom an attribute is not known."""
SEPARATOR = "|"
"""What stands between the values of an attribute of the kind SEVERAL."""
_EPOCH_YEAR = 1970


@dataclass(frozen=True, eq=False)
class Attribute:
    """One text for each of n items, "" where it is unknown; `kind` says how to read the texts.

    NUMERIC are plain numbers, DATE days as YYYY-MM-DD, CATEGORICAL one value, and SEVERAL values with "|" between them.
    """

    kind: str
    texts: tuple[str, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hex digits of SHA-256 over the kind and the texts."""
        return hashlib.sha256(json.dumps([self.kind, self.texts]).encode()).hexdigest()[:16]

    @property
    def is_ordered(self) -> bool:
        """Whether the values are numbers or days, so that one is more than another."""
        return self.kind in (NUMERIC, DATE)

    @property
    def is_in_years(self) -> bool:
        """Whether the numbers are years: those of days, or whole numbers from 1000 to 2999."""
        known = self.numbers[np.isfinite(self.numbers)]
        may_be = len(known) > 0 and bool(np.all((known >= 1000) & (known < 3000) & (known == np.floor(known))))
        return self.kind == DATE or may_be

    @cached_property
    def numbers(self) -> np.ndarray:
        """(n,) the numbers, NaN where unknown or no number; a day is a year with its fraction."""
        if self.kind == DATE:
            days = np.array([text or "NaT" for text in self.texts], "datetime64[D]")
            years = days.astype("datetime64[Y]")
            first, next_first = years.astype("datetime64[D]"), (years + 1).astype("datetime64[D]")
            fraction = (days - first) / np.where(np.isnat(days), np.timedelta64(1, "D"), next_first - first)
            dated: np.ndarray = np.where(np.isnat(days), np.nan, _EPOCH_YEAR + years.astype(np.int64) + fraction)
            return dated
        if self.kind == NUMERIC:
            return np.array([float(text) if text else np.nan for text in self.texts], np.float64)
        return np.full(len(self.texts), np.nan)

    @cached_property
    def values(self) -> tuple[tuple[str, ...], ...]:
        """The values of each item; () where unknown."""
        if self.kind == SEVERAL:
            return tuple(tuple(dict.fromkeys(filter(None, text.split(SEPARATOR)))) for text in self.texts)
        return tuple((text,) if text else () for text in self.texts)

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many items have each value, the most frequent first and equally frequent ones by name."""
        counts = Counter(value for values in self.values for value in values)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    @cached_property
    def is_known(self) -> np.ndarray:
        """(n,) bool: whether the attribute of the item is known."""
        return np.array([bool(text) for text in self.texts], bool)

    @property
    def label_of(self) -> list[str]:
        """For each item the one value that stands for it, of several the first; "" where unknown."""
        return [values[0] if values else "" for values in self.values]

    def has_any(self, wanted: Collection[str]) -> np.ndarray:
        """(n,) bool: whether the item has one of the `wanted` values; UNKNOWN is wanted of items without any."""
        wanted = set(wanted)
        without = UNKNOWN in wanted
        return np.array([not wanted.isdisjoint(values) or (without and not values) for values in self.values], bool)

    def between(self, low: float, high: float) -> np.ndarray:
        """(n,) bool: whether the number of the item, or the year of its day, is known and lies in `low` to `high`."""
        numbers = np.floor(self.numbers) if self.kind == DATE else self.numbers
        lies: np.ndarray = (numbers >= low) & (numbers <= high)
        return lies

    def take(self, items: Iterable[int]) -> "Attribute":
        """The attribute of these items only, in their order."""
        return Attribute(self.kind, tuple(self.texts[item] for item in items))

    def describe(self) -> str:
        """Say what the attribute was taken for: 'numeric, 1922 to 1998; 9 of 1,682 missing'."""
        if self.is_ordered:
            known = np.flatnonzero(np.isfinite(self.numbers))
            range_ = "no value"
            if len(known):
                low, high = known[self.numbers[known].argmin()], known[self.numbers[known].argmax()]
                ends = [self.texts[at] if self.kind == DATE else format_number(self.numbers[at]) for at in (low, high)]
                range_ = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
            text = f"{self.kind}, {range_}"
        else:
            count = len(self.counts)
            text = f"{self.kind}, {count:,} {'value' if count == 1 else 'values'}"
            if self.kind == SEVERAL:
                text = f"several values per item, {count:,} in all"
        n_missing = int(np.sum(~self.is_known))
        return f"{text}; {f'{n_missing:,} of {len(self.texts):,}' if n_missing else 'none'} missing"


def format_number(value: float) -> str:
    """Format a number with four digits or all of a whole one, without a comma in years."""
    if not float(value).is_integer():
        return write_number(value, ".4g")
    return f"{value:{',' if abs(value) >= 10_000 else ''}.0f}".replace("-", "−")
