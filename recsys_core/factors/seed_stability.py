"""Measure how far a map depends on the random start: align the maps of several seeds and compare them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import orthogonal_procrustes

_NEARLY_ALL, _STILL = 0.9, 0.01  # the share of points that vary by less than this on a stable map
_NOWHERE = 1e-20  # a squared distance from the centre, where a typical point has 1


def procrustes_align(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return `points` (count, k) rotated and mirrored as a whole so that they come nearest to `reference` (count, k).

    The orthogonal R with the least ‖XR − Y‖² (Schönemann, Psychometrika 1966). Distances within `points` stay.
    """
    rotation, _ = orthogonal_procrustes(points.astype(np.float64), reference.astype(np.float64))
    aligned: np.ndarray = points @ rotation
    return aligned


def seed_variability(maps: Sequence[np.ndarray]) -> np.ndarray:
    """Return (count,): how far each point moves from seed to seed, as a share of its distance from the centre.

    `maps` holds the (count, d) points of one recipe trained with S seeds; each is aligned to the first. With the mean
    x̄ of the S positions x of a point, the value is √(Σ‖x − x̄‖² / (S − 1)) / √(Σ‖x‖² / S): 0 if it always is in the
    same position, at most √(S / (S − 1)). What it is where positions have nothing in common depends on how the points
    lie, since alignment brings any two clouds nearer: `chance_variability` says it. A point that always is in the
    origin does not move: 0.
    """
    first = maps[0].astype(np.float64)
    positions = np.stack([first, *(procrustes_align(points, first) for points in maps[1:])])
    moved = np.sum((positions - positions.mean(axis=0)) ** 2, axis=(0, 2)) / (len(positions) - 1)
    distance = np.mean(np.sum(positions**2, axis=2), axis=0)
    share: np.ndarray = np.sqrt(moved / np.where(distance > _NOWHERE, distance, np.inf))
    return share


def chance_variability(maps: Sequence[np.ndarray], n_people: int, *, seed: int = 0) -> np.ndarray:
    """Return (count,) what `seed_variability` would be if the positions of a point had nothing in common.

    In every map each of the first `n_people` points takes the place of one of them at random, and so do the others.
    """
    rng = np.random.default_rng(seed)
    shuffled = [
        np.concatenate([rng.permutation(points[:n_people]), rng.permutation(points[n_people:])]) for points in maps
    ]
    return seed_variability(shuffled)


def is_stable(variability: np.ndarray, counts: np.ndarray) -> bool:
    """Return whether nine in ten of the points with ratings vary by less than 1%; both arguments are (count,)."""
    return bool(np.quantile(variability[counts > 0], _NEARLY_ALL) < _STILL)


@dataclass(frozen=True)
class Decile:
    """Points with `low` to `high` ratings each, and the `median` of their variability."""

    low: int
    high: int
    median: float


def extreme_deciles(variability: np.ndarray, counts: np.ndarray) -> tuple[Decile, Decile]:
    """Return the tenth of all points with the fewest ratings, and that with the most.

    `variability` and `counts` are (count,); points without ratings are left out.
    """
    rated = np.flatnonzero(counts)
    order = rated[np.argsort(counts[rated], kind="stable")]
    size = max(1, len(order) // 10)
    return _decile(order[:size], variability, counts), _decile(order[-size:], variability, counts)


def _decile(points: np.ndarray, variability: np.ndarray, counts: np.ndarray) -> Decile:
    return Decile(int(counts[points].min()), int(counts[points].max()), float(np.median(variability[points])))
