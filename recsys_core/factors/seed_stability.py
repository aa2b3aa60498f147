"""Measure how far a map depends on the random start: align the maps of several seeds and compare them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import orthogonal_procrustes

_NOWHERE = 1e-20  # a squared distance from the centre, where a typical point has 1


def procrustes_align(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return `points` (count, k) rotated and mirrored as a whole so that they come nearest to `reference` (count, k).

    The orthogonal R with the least ‖XR − Y‖² (Schönemann, Psychometrika 1966). Distances within `points` stay.
    """
    rotation, _ = orthogonal_procrustes(points.astype(np.float64), reference.astype(np.float64))
    aligned: np.ndarray = points @ rotation
    return aligned


def seed_variability(models: Sequence[np.ndarray]) -> np.ndarray:
    """Return (count,): how far each point moves from seed to seed, as a share of its distance from the centre.

    `models` holds the (count, k) points of one recipe trained with several seeds; each is aligned to the first.
    The value is the root mean square distance of a point from its mean position, divided by its root mean square
    distance from the origin: 0 if it always is in the same position, 1 if its positions have nothing in common. A
    point that always is in the origin does not move: 0.
    """
    first = models[0].astype(np.float64)
    positions = np.stack([first, *(procrustes_align(points, first) for points in models[1:])])
    moved = np.mean(np.sum((positions - positions.mean(axis=0)) ** 2, axis=2), axis=0)
    distance = np.mean(np.sum(positions**2, axis=2), axis=0)
    share: np.ndarray = np.sqrt(moved / np.where(distance > _NOWHERE, distance, np.inf))
    return share


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
