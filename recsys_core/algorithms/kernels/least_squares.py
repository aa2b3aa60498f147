"""Solve all ridge systems of one side of a factorisation at once: the step that ALS alternates."""

import math
from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.kernels.lapack import solve_positive_definite
from recsys_core.algorithms.kernels.row_groups import RowGroup, RowGroups
from recsys_core.algorithms.kernels.side_by_side import solve_side_by_side
from recsys_core.algorithms.kernels.weighted_entries import WeightedEntries
from recsys_core.data.interactions import Interactions
from recsys_core.threads import for_each_block

_LEAST_RIDGE = 1e-5  # of a system's mean diagonal; below, float32 cannot tell it from singular
_LEAST_DIRECTION = 1e-8  # of the largest eigenvalue; what is weaker in float32 factors is their rounding
_LEAST_PIVOT = 1e-10  # squared, of the largest diagonal; below, float64 cannot tell a system from singular
_PARALLEL_FROM = 3e7  # multiply-adds; below, handing work to threads costs more than it saves
_SIDE_BY_SIDE_UP_TO = 24  # factors; from 32 on LAPACK row by row is quicker
_ROWS_PER_FACTOR = 8  # from so many rows on, systems are solved side by side; below, LAPACK's calls are fewer
_BATCH_WORK, _ROW_WORK = 200_000, 80  # of a batch, about; and of a row, in entries: what solving it takes
_EVENLY = 4  # batches come in multiples, so that 2 or 4 threads end together; following the cores would change bits


def solve_rows(
    rows: RowGroups,
    factors: np.ndarray,
    *,
    targets: np.ndarray | float | np.floating,
    ridge: np.ndarray,
    weights: np.ndarray | float | np.floating = 1.0,
    everywhere: float = 0.0,
    fitted: np.ndarray | None = None,
    minima: np.ndarray | None = None,
) -> np.ndarray:
    """Minimise for every row u a Σ_i (x·y_i)² + Σ_j w_uj (x·y_j)² − 2 Σ_j t_uj (x·y_j) + ridge_u ‖x‖² over x.

    The first sum runs over all rows y_i of `factors` Y (n, k), with a = `everywhere`, the others over the row's
    entries j; `targets` t and `weights` w stand beside the entries, or are one number for all; `ridge` is (m,).
    The minimiser solves (a YᵀY + Σ w y yᵀ + ridge I) x = b with b = Σ t y. Returns x (m, k), zero for empty rows. Where
    given, `fitted` is filled with the x·y_j of all entries, and `minima` (m,) with the minima, −b·x. Where the system
    is singular (nothing everywhere, ridge 0 and fewer entries than factors) the shortest minimiser is taken.

    Systems are formed and solved in float32, where that can go wrong in better coordinates (`_whitened`) or in float64.
    """
    data, k = rows.data, rows.n_factors
    ridge = np.broadcast_to(np.asarray(ridge, np.float32), data.n_users)
    is_weak = everywhere > 0 and ridge.min() <= _LEAST_RIDGE * _largest_diagonal(data, factors, weights, everywhere)
    shared = (_whitened if is_weak else _as_they_are)(factors, everywhere, ridge)
    entries = WeightedEntries(rows, shared.factors, targets, weights)
    solutions = np.zeros((data.n_users, k), np.float32)

    def solve_batch(batch: list[RowGroup]) -> None:
        sizes = [len(group.rows) for group in batch]
        if k > _SIDE_BY_SIDE_UP_TO or sum(sizes) < _ROWS_PER_FACTOR * k:
            for group in batch:
                y = entries.factors_of(group)
                systems = entries.systems_of(group, y)
                finish(group, y, *_solve_one_by_one(systems, shared, group.rows))
            return
        systems = rows.scratch.array("side by side", (k + 1, k, sum(sizes)))
        stops = np.cumsum(sizes)
        for group, stop in zip(batch, stops, strict=True):
            formed = entries.systems_of(group, entries.factors_of(group))
            systems[:, :, stop - len(group.rows) : stop] = formed.transpose(1, 2, 0)
        batch_rows = np.concatenate([group.rows for group in batch])
        x, right, is_delicate = _solve_all_at_once(systems, shared, batch_rows)
        if fitted is None and not is_delicate.any():
            keep(batch_rows, x, right)
            return
        for group, *of_group in zip(
            batch, *(np.split(each, stops[:-1]) for each in (x, right, is_delicate)), strict=True
        ):
            finish(group, entries.factors_of(group), *of_group)

    def finish(group: RowGroup, y: np.ndarray, x: np.ndarray, right: np.ndarray, is_delicate: np.ndarray) -> None:
        if is_delicate.any():
            root, t = (each[is_delicate] for each in entries.roots_and_targets_of(group))
            ridge_there = shared.ridge_of(group.rows[is_delicate])
            x[is_delicate] = _solve_in_double(y[is_delicate], root, t, shared.gram, ridge_there)
        keep(group.rows, x, right)
        if fitted is not None:
            group.put(np.matmul(y, x[:, :, None])[:, :, 0] / entries.scale, fitted)

    def keep(of_rows: np.ndarray, x: np.ndarray, right: np.ndarray) -> None:
        solutions[of_rows] = x
        if minima is not None:
            minima[of_rows] = -np.einsum("rk,rk->r", x, right)

    batches = _batches(rows.groups) if k <= _SIDE_BY_SIDE_UP_TO else [[group] for group in rows.groups]
    for_each_block(solve_batch, batches, parallel=data.n_interactions * k * k > _PARALLEL_FROM)
    return solutions if shared.back is None else (solutions @ shared.back.T).astype(np.float32)


def _batches(groups: list[RowGroup]) -> list[list[RowGroup]]:
    """Put groups of rows, which come in the order of their length, together to batches of about the same work.

    Those with the longest rows come first: what a batch has too much is then made up for by the others.
    """
    until = np.cumsum([group.items.size + _ROW_WORK * len(group.rows) for group in groups])
    total = until[-1] if groups else 0
    n_batches = _EVENLY * round(total / (_EVENLY * _BATCH_WORK)) or math.ceil(total / _BATCH_WORK)
    batches: list[list[RowGroup]] = [[] for _ in range(n_batches)]
    for group, stop in zip(groups, until, strict=True):
        batches[min(n_batches - 1, int(n_batches * (stop - 1) / total))].append(group)
    return [batch for batch in reversed(batches) if batch]


def weighted_norm(factors: np.ndarray, ridge: np.ndarray) -> float:
    """Return Σ_u ridge_u ‖x_u‖², the penalty that belongs to `solve_rows`."""
    return float(np.sum(ridge * np.einsum("uk,uk->u", factors, factors), dtype=np.float64))


@dataclass(frozen=True, eq=False)
class _Shared:
    """What all rows have in common: the factors (n, k) to be combined, and a YᵀY (k, k), None where there is none.

    The ridge of row u is `base` + `above[u]` · `slopes` on the diagonal. Where `back` B (k, k) is given, all is in the
    coordinates z of x = Bz.
    """

    factors: np.ndarray
    gram: np.ndarray | None
    above: np.ndarray
    base: float = 0.0
    slopes: np.ndarray | float = 1.0
    back: np.ndarray | None = None

    def ridge_of(self, rows: np.ndarray) -> np.ndarray:
        """Return the ridge of rows, (r, 1), or (r, k) where directions differ."""
        return self.base + self.above[rows, None] * self.slopes


def _solve_one_by_one(
    systems: np.ndarray, shared: _Shared, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Add to `systems` (r, k + 1, k) what is shared and solve them by LAPACK; they are overwritten.

    Returns x (r, k), the right sides (r, k), and whether a row asks for more than float32 (r,).
    """
    k, ridge = systems.shape[2], shared.ridge_of(rows)
    if shared.gram is not None:
        systems[:, :k] += shared.gram
    diagonals = np.einsum("rkk->rk", systems[:, :k])  # a view
    diagonals += ridge
    # Where the ridge drowns in the rounding of float32, Cholesky may even pass and be wrong.
    is_delicate = ridge.min(axis=1) <= _LEAST_RIDGE * diagonals.mean(axis=1)
    right_sides = systems[:, k].copy()
    is_delicate[solve_positive_definite(systems)] = True
    return systems[:, k].copy(), right_sides, is_delicate


def _solve_all_at_once(
    systems: np.ndarray, shared: _Shared, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Do the same for `systems` (k + 1, k, r), side by side."""
    k, ridge = systems.shape[1], shared.ridge_of(rows)
    if shared.gram is not None:
        systems[:k] += shared.gram[:, :, None]
    diagonals = np.einsum("kkr->kr", systems[:k])  # a view
    diagonals += ridge.T
    is_delicate = ridge.min(axis=1) <= _LEAST_RIDGE * diagonals.mean(axis=0)
    right_sides = systems[k].T.copy()
    x, has_failed = solve_side_by_side(systems)
    return x.T.copy(), right_sides, is_delicate | has_failed


def _as_they_are(factors: np.ndarray, everywhere: float, ridge: np.ndarray) -> _Shared:
    gram = np.float32(everywhere) * (factors.T @ factors) if everywhere else None
    return _Shared(factors, gram, ridge)


def _whitened(factors: np.ndarray, everywhere: float, ridge: np.ndarray) -> _Shared:
    """Return coordinates in which what all rows share, a YᵀY + ridge_0 I with the least ridge, is the identity.

    With a YᵀY = V diag(g) Vᵀ and B = V diag(g + ridge_0)^−½ a system becomes I + Σ w ỹỹᵀ, ỹ = Bᵀy, plus what its ridge
    is above the least. No ỹ is longer than 1/√a, so that float32 serves even where YᵀY is singular to it. Directions
    that no y has are left out, as the shortest solution asks.
    """
    y, least = factors.astype(np.float64), float(ridge.min())
    g, v = np.linalg.eigh(everywhere * (y.T @ y))
    strength = np.maximum(g, 0) + least
    is_there = strength > _LEAST_DIRECTION * strength[-1]
    inverse = np.divide(1, strength, out=np.zeros_like(strength), where=is_there)
    back = v * np.sqrt(inverse)
    return _Shared((y @ back).astype(np.float32), None, ridge - ridge.min(), 1.0, inverse.astype(np.float32), back)


def _largest_diagonal(
    data: Interactions, factors: np.ndarray, weights: np.ndarray | float | np.floating, everywhere: float
) -> float:
    """Return a bound of the mean diagonal of every row's system, its ridge left out."""
    squares = np.einsum("ik,ik->i", factors, factors)
    most = float(np.max(weights, initial=0)) * float(data.items_per_user.max()) * float(squares.max())
    return float((everywhere * float(squares.sum(dtype=np.float64)) + most) / factors.shape[1])


def _solve_in_double(
    y: np.ndarray, root: np.ndarray, t: np.ndarray, gram: np.ndarray | None, ridge: np.ndarray
) -> np.ndarray:
    """Form and solve the systems of `solve_rows` in float64; take the shortest solution of a singular one.

    y (r, L, k), root √w and t (r, L), gram (k, k) or None, ridge (r, 1) or (r, k). Returns x (r, k).
    """
    y, root, t = (each.astype(np.float64) for each in (y, root, t))
    weighted = y * root[..., None]
    if gram is None and ridge.shape[1] == 1 and y.shape[1] < y.shape[2]:
        # Among the L entries: x = Aᵀ(AAᵀ + ridge I)⁻¹ t/√w with A = √w y. Without ridge it is the shortest x.
        wanted = np.divide(t, root, out=np.zeros_like(t), where=root > 0)
        systems = weighted @ weighted.transpose(0, 2, 1)
        diagonals = np.einsum("rll->rl", systems)  # a view
        has_factors = diagonals > 0
        diagonals += np.where(has_factors, ridge, 0)
        # An entry without factors, as padding, asks for nothing, and may not decide what is singular.
        largest = diagonals.max(axis=1, keepdims=True)
        diagonals += np.where(has_factors, 0, np.where(largest > 0, largest, 1))
        among_entries = _solve_semidefinite(systems, wanted)
        return np.asarray(np.matmul(among_entries[:, None, :], weighted)[:, 0], np.float32)
    systems = weighted.transpose(0, 2, 1) @ weighted
    if gram is not None:
        systems += gram
    diagonals = np.einsum("rkk->rk", systems)
    diagonals += ridge
    return _solve_semidefinite(systems, np.matmul(t[:, None, :], y)[:, 0]).astype(np.float32)


def _solve_semidefinite(systems: np.ndarray, right_sides: np.ndarray) -> np.ndarray:
    """Return x (r, k) for systems (r, k, k) and right_sides (r, k), float64; the shortest where many solve one."""
    k = right_sides.shape[1]
    bordered = np.concatenate([systems, right_sides[:, None, :]], axis=1)
    failed = solve_positive_definite(bordered)
    x = bordered[:, k].copy()
    pivots = np.einsum("rkk->rk", bordered[:, :k])
    largest = np.einsum("rkk->rk", systems).max(axis=1)
    singular = np.union1d(failed, np.flatnonzero(pivots.min(axis=1) ** 2 <= _LEAST_PIVOT * largest))
    inverses = np.linalg.pinv(systems[singular], hermitian=True, rcond=_LEAST_DIRECTION)
    x[singular] = np.matmul(inverses, right_sides[singular, :, None])[:, :, 0]
    return x
