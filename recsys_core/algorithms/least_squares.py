"""All ridge systems of one side of a factorisation at once: the step that ALS alternates."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.lapack import solve_positive_definite
from recsys_core.data.interactions import Interactions
from recsys_core.threads import for_each_block

_STACK_BYTES = 4_000_000  # a block of gathered factors should stay near the cache
_LEAST_RIDGE = 1e-5  # of a system's mean diagonal; below, float32 cannot tell it from singular
_PARALLEL_FROM = 3e7  # multiply-adds; below, handing work to threads costs more than it saves


@dataclass(frozen=True, eq=False)
class RowGroups:
    """Rows of like length, to be padded to the longest of the group and solved as one stack."""

    data: Interactions
    groups: list[np.ndarray]
    n_factors: int

    @classmethod
    def of(cls, data: Interactions, n_factors: int) -> "RowGroups":
        """Sort the non-empty rows by length and cut where padding or memory would grow too much."""
        lengths = data.items_per_user
        by_length = np.argsort(lengths, kind="stable")
        by_length = by_length[lengths[by_length] > 0]
        groups, start = [], 0
        while start < len(by_length):
            shortest = lengths[by_length[start]]
            fits_padding = np.searchsorted(lengths[by_length], 1.12 * shortest + 3, side="right")
            longest = lengths[by_length[fits_padding - 1]]
            fits_memory = start + max(1, int(_STACK_BYTES / (4 * n_factors * max(longest, n_factors))))
            stop = min(fits_padding, fits_memory)
            groups.append(by_length[start:stop])
            start = stop
        return cls(data, groups, n_factors)


def solve_rows(
    rows: RowGroups,
    factors: np.ndarray,
    *,
    targets: np.ndarray,
    ridge: np.ndarray,
    weights: np.ndarray | None = None,
    gram: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """For every row u minimise xᵀG x + Σ_j w_uj (x·y_j)² − 2 Σ_j t_uj (x·y_j) + ridge_u ‖x‖² over x.

    The sums run over the row's entries j; y_j are the rows of `factors` (n, k); `targets` t and `weights` w
    (1 where None) stand beside the entries; `gram` is G (k, k), zero where None; `ridge` is (m,).
    The minimiser solves (G + Σ w y yᵀ + ridge I) x = Σ t y. Returns x (m, k), zero for empty rows, and the
    fitted x·y_j of every entry. Where the system is singular (ridge 0 and fewer entries than factors) the
    shortest minimiser is taken.
    """
    data, k = rows.data, rows.n_factors
    padded_factors = np.concatenate([factors, np.zeros((1, k), np.float32)])  # padding points at the zero row
    solutions = np.zeros((data.n_users, k), np.float32)
    fitted = np.empty(data.n_interactions, np.float32)
    ridge = np.broadcast_to(np.asarray(ridge, np.float32), data.n_users)
    diagonal = np.arange(k)
    roots = np.ones(1, np.float32) if weights is None else np.sqrt(weights)
    common_root = roots[0] if roots.min() == roots.max() else None  # as where all that is known is who chose what

    def solve_group(group: np.ndarray) -> None:
        lengths = data.items_per_user[group]
        places = np.arange(lengths[-1])
        is_entry = places < lengths[:, None]
        entries = np.where(is_entry, data.indptr[group][:, None] + places, 0)
        y = np.take(padded_factors, np.where(is_entry, data.items[entries], len(factors)), axis=0)
        t = np.where(is_entry, targets[entries], 0)
        right_sides = np.matmul(t[:, None, :], y)[:, 0]
        if common_root is None:
            weighted = y * roots[entries][:, :, None]
        else:
            weighted = y if common_root == 1 else y * common_root
        # A product of an array with its own transpose is one `syrk` a row: half the multiplications.
        systems = np.matmul(weighted.transpose(0, 2, 1), weighted)
        if gram is not None:
            systems += gram
        systems[:, diagonal, diagonal] += ridge[group][:, None]
        mean_diagonal = np.trace(systems, axis1=1, axis2=2) / k
        failed = solve_positive_definite(systems, right_sides)
        x = right_sides
        # Where the ridge drowns in the rounding of float32, Cholesky may even pass and be wrong.
        delicate = np.union1d(failed, np.flatnonzero(ridge[group] <= _LEAST_RIDGE * mean_diagonal))
        if len(delicate):
            x[delicate] = _solved_in_double(weighted[delicate], t[delicate], y[delicate], gram, ridge[group[delicate]])
        solutions[group] = x
        fitted[entries[is_entry]] = np.matmul(y, x[:, :, None])[:, :, 0][is_entry]

    work = data.n_interactions * k * k
    for_each_block(solve_group, rows.groups, parallel=work > _PARALLEL_FROM)
    return solutions, fitted


def _solved_in_double(weighted, t, y, gram, ridge) -> np.ndarray:
    """The systems of `solve_rows` formed and solved in float64; the shortest solution of a singular one."""
    weighted, y = weighted.astype(np.float64), y.astype(np.float64)
    systems = weighted.transpose(0, 2, 1) @ weighted
    if gram is not None:
        systems += gram
    diagonal = np.arange(systems.shape[1])
    systems[:, diagonal, diagonal] += ridge[:, None]
    right_sides = np.matmul(t[:, None, :], y)[:, 0, :, None]
    inverses = np.linalg.pinv(systems, hermitian=True, rcond=1e-8)
    return (inverses @ right_sides)[:, :, 0].astype(np.float32)
