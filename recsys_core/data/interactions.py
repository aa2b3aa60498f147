"""Interactions: the only form of data that the mathematics sees."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from recsys_core.errors import InputError

LARGEST_VALUE = 1e12
"""Squares of values must stay well within float32, or training overflows."""


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who interacted with what, and how much: an (m users, n items) matrix in CSR form.

    Row u holds `items[indptr[u]:indptr[u + 1]]`, ascending and unique, with float32 `values` beside
    them. The arrays are read-only, so models, splits and worker threads may share them.
    Make one with `from_triples`, which settles order, duplicates and types once.

    `relevance_threshold` says which values are relevant, that is, liked or chosen: those of at least the threshold.
    Without one (None) all are, except values below 0, which state a dislike and are never relevant.
    Raises InputError for a threshold that is not a number from 0 to 1e12.
    """

    indptr: np.ndarray
    items: np.ndarray
    values: np.ndarray
    n_items: int
    relevance_threshold: float | None = None

    def __post_init__(self):
        threshold = self.relevance_threshold
        if threshold is not None and not 0 <= threshold <= LARGEST_VALUE:  # true for NaN too
            raise InputError(
                f"A relevance threshold must lie in 0 to {LARGEST_VALUE:g}, since values below 0 are never relevant. "
                f"Got {threshold:g}."
            )
        for array in (self.indptr, self.items, self.values):
            array.flags.writeable = False

    @classmethod
    def from_triples(
        cls, users, items, values, n_users: int, n_items: int, *, relevance_threshold: float | None = None
    ) -> "Interactions":
        """Build from parallel sequences of user ids (0..m-1), item ids (0..n-1) and values.

        Of a pair that occurs more than once, the last one counts; values are never summed.
        Raises InputError for ids out of range, values that are not finite, or unequal lengths.
        """
        users, items = _whole_numbers(users, "user"), _whole_numbers(items, "item")
        values = np.asarray(values, np.float64)
        if not len(users) == len(items) == len(values):
            raise InputError(
                f"Users, items and values must have the same length. Got {len(users)}, {len(items)} and {len(values)}."
            )
        for name, ids, count in (("user", users, n_users), ("item", items, n_items)):
            if len(ids) and not (0 <= ids.min() and ids.max() < count):
                raise InputError(f"Every {name} id must lie in 0 to {count - 1}. Got {ids.min()} to {ids.max()}.")
        if not np.all(np.abs(values) <= LARGEST_VALUE):  # false for NaN too
            raise InputError(
                f"Every value must be a number within ±{LARGEST_VALUE:g}. Some are not: leave them out or rescale."
            )
        key = users * n_items + items
        if np.any(key[1:] <= key[:-1]):
            order = np.argsort(key, kind="stable")
            is_last_of_pair = np.append(key[order][1:] != key[order][:-1], True)
            order = order[is_last_of_pair]
            users, items, values = users[order], items[order], values[order]
        indptr = np.zeros(n_users + 1, np.int64)
        np.cumsum(np.bincount(users, minlength=n_users), out=indptr[1:])
        return cls(indptr, items.astype(np.int32), values.astype(np.float32), n_items, relevance_threshold)

    @property
    def n_users(self) -> int:
        return len(self.indptr) - 1

    @property
    def n_interactions(self) -> int:
        return len(self.items)

    @property
    def density(self) -> float:
        """Share of the m × n cells that are filled."""
        return self.n_interactions / max(1, self.n_users * self.n_items)

    @cached_property
    def users(self) -> np.ndarray:
        """The user of each interaction, in the order of `items` and `values`."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), self.items_per_user)

    @cached_property
    def items_per_user(self) -> np.ndarray:
        return np.diff(self.indptr)

    @cached_property
    def users_per_item(self) -> np.ndarray:
        return np.bincount(self.items, minlength=self.n_items)

    @cached_property
    def rating_scale(self) -> float:
        """The standard deviation of the values: a shift of all ratings leaves it alone, a factor multiplies it.

        Where all values are alike it is their size, and 1 where they are 0 or there are none.
        """
        if self.n_interactions and np.ptp(self.values):
            return float(self.values.std(dtype=np.float64))
        return float(np.max(np.abs(self.values), initial=0)) or 1.0

    @cached_property
    def mean_strength(self) -> float:
        """The mean of the values above 0, as of counts; 1 for choices without a value, and where none is above 0."""
        above = self.values[self.values > 0]
        return float(above.mean(dtype=np.float64)) if len(above) else 1.0

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """The same arrays as a SciPy matrix."""
        return sparse.csr_array((self.values, self.items, self.indptr), shape=(self.n_users, self.n_items))

    @cached_property
    def binary(self) -> sparse.csr_array:
        """Who interacted with what: 1 at every interaction, whatever its value, float32."""
        ones = np.ones(self.n_interactions, np.float32)
        return sparse.csr_array((ones, self.items, self.indptr), shape=(self.n_users, self.n_items))

    @cached_property
    def is_relevant(self) -> np.ndarray:
        """Whether each interaction is relevant, boolean, in the order of `items` and `values`."""
        return self.values >= np.float32(self.relevance_threshold or 0)

    @cached_property
    def relevant(self) -> "Interactions":
        """Only the relevant interactions, over the same users and items; this very object where all are."""
        return self if self.is_relevant.all() else self.select(self.is_relevant)

    @cached_property
    def transposed(self) -> "Interactions":
        """Items as rows and users as columns: what serves one side serves the other."""
        columns = self.matrix.tocsc()
        indptr, users = columns.indptr.astype(np.int64), columns.indices.astype(np.int32)
        return Interactions(indptr, users, columns.data, self.n_users, self.relevance_threshold)

    def of(self, user: int) -> slice:
        """Where the interactions of one user stand in `items` and `values`."""
        return slice(self.indptr[user], self.indptr[user + 1])

    def select(self, keep: np.ndarray) -> "Interactions":
        """Only the interactions where the boolean `keep` is true; the same users and items."""
        keep = np.asarray(keep, bool)
        indptr = np.concatenate([[0], np.cumsum(keep)])[self.indptr]
        return replace(self, indptr=indptr, items=self.items[keep], values=self.values[keep])

    def joined(self, other: "Interactions") -> "Interactions":
        """These and those, over the same users and items; where both have a pair, the other's value counts.

        Raises InputError where the two disagree about what is relevant.
        """
        if self.relevance_threshold != other.relevance_threshold:
            raise InputError(
                "Interactions must have the same relevance threshold to be joined. "
                f"Got {self.relevance_threshold} and {other.relevance_threshold}."
            )
        return Interactions.from_triples(
            np.concatenate([self.users, other.users]),
            np.concatenate([self.items, other.items]),
            np.concatenate([self.values, other.values]),
            self.n_users,
            self.n_items,
            relevance_threshold=self.relevance_threshold,
        )


def _whole_numbers(ids, name: str) -> np.ndarray:
    ids = np.asarray(ids)
    if len(ids) and not np.issubdtype(ids.dtype, np.integer):
        raise InputError(f"Every {name} id must be a whole number, its place in a list. Got {ids.dtype} values.")
    return ids.astype(np.int64)
