"""Interactions: the (users × items) matrix in which all algorithms and metrics get their data."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from recsys_core.data.nouns import write_number
from recsys_core.errors import InputError

LARGEST_VALUE = 1e12
"""Squares of values must stay well within float32, or training overflows."""


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who interacted with what, and how much: an (m users, n items) matrix in CSR form with e entries.

    Row u has the items `items[indptr[u]:indptr[u + 1]]`, ascending and unique, and the float32 `values` at the same
    indices. The arrays are read-only, so models, splits and worker threads may share them. `from_triples` makes one and
    settles order, duplicates and types.

    Relevant, that is liked or chosen, are the values of at least `relevance_threshold`; None means 0, since values
    below 0 state a dislike and are never relevant. Raises InputError for a threshold that is not in 0 to 1e12.
    """

    indptr: np.ndarray
    items: np.ndarray
    values: np.ndarray
    n_items: int
    relevance_threshold: float | None = None

    def __post_init__(self) -> None:
        threshold = self.relevance_threshold
        if threshold is not None and not 0 <= threshold <= LARGEST_VALUE:  # true for NaN too
            raise InputError(
                f"A relevance threshold must lie in 0 to {write_number(LARGEST_VALUE)}, since values below 0 are never "
                f"relevant. Got {write_number(threshold, '.6g')}."
            )
        for array in (self.indptr, self.items, self.values):
            array.flags.writeable = False

    @classmethod
    def from_triples(
        cls,
        users: ArrayLike,
        items: ArrayLike,
        values: ArrayLike,
        n_users: int,
        n_items: int,
        *,
        relevance_threshold: float | None = None,
    ) -> "Interactions":
        """Build from sequences (e,) of user indices (0 to m − 1), item indices (0 to n − 1) and values.

        If a pair occurs more than once, the last one counts; values are never summed. Raises InputError for indices
        out of range, values that are not finite or beyond ±1e12, and unequal lengths.
        """
        rows, columns = _whole_numbers(users, "user"), _whole_numbers(items, "item")
        data = np.asarray(values, np.float64)
        if not len(rows) == len(columns) == len(data):
            raise InputError(
                f"Users, items and values must have the same length. Got {len(rows)}, {len(columns)} and {len(data)}."
            )
        for name, indices, count in (("user", rows, n_users), ("item", columns, n_items)):
            if len(indices) and not (0 <= indices.min() and indices.max() < count):
                raise InputError(
                    f"Every {name} index must lie in 0 to {count - 1}. Got {indices.min()} to {indices.max()}."
                )
        if not np.all(np.abs(data) <= LARGEST_VALUE):  # false for NaN too
            raise InputError(
                f"Every value must be a number within ±{write_number(LARGEST_VALUE)}. Some are not: drop or "
                "rescale them."
            )
        key = rows * n_items + columns
        if np.any(key[1:] <= key[:-1]):
            order = np.argsort(key, kind="stable")
            is_last_of_pair = np.append(key[order][1:] != key[order][:-1], True)
            order = order[is_last_of_pair]
            rows, columns, data = rows[order], columns[order], data[order]
        indptr = np.zeros(n_users + 1, np.int64)
        np.cumsum(np.bincount(rows, minlength=n_users), out=indptr[1:])
        return cls(indptr, columns.astype(np.int32), data.astype(np.float32), n_items, relevance_threshold)

    @property
    def n_users(self) -> int:
        """The number of users m."""
        return len(self.indptr) - 1

    @property
    def n_interactions(self) -> int:
        """The number of interactions e."""
        return len(self.items)

    @property
    def density(self) -> float:
        """Share of the m × n cells that are filled."""
        return self.n_interactions / max(1, self.n_users * self.n_items)

    @cached_property
    def users(self) -> np.ndarray:
        """(e,) int32: the user of each interaction."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), self.items_per_user)

    @cached_property
    def items_per_user(self) -> np.ndarray:
        """(m,): the number of interactions of each user."""
        return np.diff(self.indptr)

    @cached_property
    def users_per_item(self) -> np.ndarray:
        """(n,): the number of interactions of each item."""
        return np.bincount(self.items, minlength=self.n_items)

    @cached_property
    def distinct_values(self) -> tuple[np.ndarray, np.ndarray]:
        """(distinct values, ascending; how often each occurs)."""
        return np.unique(self.values, return_counts=True)

    @cached_property
    def rating_scale(self) -> float:
        """The standard deviation of the values; their absolute value if all are equal, and 1 if all are 0 or missing.

        A shift of all ratings leaves it alone, and a factor multiplies it.
        """
        if self.n_interactions and np.ptp(self.values):
            return float(self.values.std(dtype=np.float64))
        return float(np.max(np.abs(self.values), initial=0)) or 1.0

    @cached_property
    def mean_strength(self) -> float:
        """The mean of the values above 0, such as counts; 1 where none is above 0."""
        is_above = self.values > 0
        above = self.values if is_above.all() else self.values[is_above]
        return float(above.mean(dtype=np.float64)) if len(above) else 1.0

    @cached_property
    def matrix(self) -> sparse.csr_array:
        """The interactions as a SciPy CSR array (m, n) that shares memory."""
        return self._csr_array(self.values)

    @cached_property
    def binary(self) -> sparse.csr_array:
        """A SciPy CSR array (m, n) of float32 with 1 at every interaction, whatever its value; `items` are shared."""
        return self._csr_array(np.ones(self.n_interactions, np.float32))

    def _csr_array(self, values: np.ndarray) -> sparse.csr_array:
        # SciPy takes one type for both kinds of index, and would copy the items to have them in that of `indptr`.
        indptr = self.indptr.astype(np.int32) if self.n_interactions < 2**31 else self.indptr
        return sparse.csr_array((values, self.items, indptr), shape=(self.n_users, self.n_items))

    @cached_property
    def is_relevant(self) -> np.ndarray:
        """(e,) bool: whether each interaction is relevant."""
        return self.values >= np.float32(self.relevance_threshold or 0)

    @cached_property
    def relevant(self) -> "Interactions":
        """The relevant interactions, over the same users and items; this object itself where all are relevant."""
        return self if self.is_relevant.all() else self.select(self.is_relevant)

    @cached_property
    def transposed(self) -> "Interactions":
        """The interactions with items as rows and users as columns."""
        columns = self.matrix.tocsc()
        indptr, users = columns.indptr.astype(np.int64), columns.indices.astype(np.int32, copy=False)
        return Interactions(indptr, users, columns.data, self.n_users, self.relevance_threshold)

    def of(self, user: int) -> slice:
        """Return the slice of `items` and `values` that belongs to `user`."""
        return slice(self.indptr[user], self.indptr[user + 1])

    def select(self, keep: np.ndarray) -> "Interactions":
        """Keep the interactions where `keep` (e,) bool is true, over the same users and items."""
        keep = np.asarray(keep, bool)
        indptr = np.concatenate([[0], np.cumsum(keep)])[self.indptr]
        return replace(self, indptr=indptr, items=self.items[keep], values=self.values[keep])

    def joined(self, other: "Interactions") -> "Interactions":
        """Unite two sets of interactions over the same users and items; of a pair in both, the value of `other` counts.

        Raises InputError where their relevance thresholds differ.
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


def _whole_numbers(indices: ArrayLike, name: str) -> np.ndarray:
    """Return `indices` as int64. Raises InputError unless they are integers."""
    array = np.asarray(indices)
    if len(array) and not np.issubdtype(array.dtype, np.integer):
        raise InputError(f"Every {name} index must be a whole number. Got {array.dtype} values.")
    return np.asarray(array, np.int64)
