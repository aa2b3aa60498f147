"""How much a map depends on the random start: align the maps of several seeds, and measure how far points move."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


def procrustes_align(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """`points` (count, k) turned and mirrored as a whole so that they come nearest to `reference` (count, k).

    The orthogonal R with the least ‖XR − Y‖² is UVᵀ of the singular value decomposition of XᵀY (Schönemann,
    Psychometrika 1966). Distances within `points` stay as they are.
    """
    left, _, right = np.linalg.svd(points.T.astype(np.float64) @ reference)
    return points @ (left @ right)


def seed_variability(models: Sequence[np.ndarray]) -> np.ndarray:
    """(count,) how far each point moves from seed to seed, as a share of its distance from the centre.

    `models` are the (count, k) points of one recipe trained from several seeds; each is aligned to the first.
    The root mean square distance from the point's mean place, divided by its root mean square distance from the
    origin: 0 is a point that always stands in the same place, 1 one that has no place. A point that always stands
    in the origin does not move: 0.
    """
    first = models[0].astype(np.float64)
    places = np.stack([first, *(procrustes_align(points, first) for points in models[1:])])
    moved = np.mean(np.sum((places - places.mean(axis=0)) ** 2, axis=2), axis=0)
    distance = np.mean(np.sum(places**2, axis=2), axis=0)
    return np.sqrt(moved / np.where(distance > _NOWHERE, distance, np.inf))


_NOWHERE = 1e-20  # of squared distance, where a typical point has 1


@dataclass(frozen=True)
class Decile:
    """Points with `low` to `high` ratings each, and the `median` of their variability."""

    low: int
    high: int
    median: float


def tenths(wobbles: np.ndarray, counts: np.ndarray) -> tuple[Decile, Decile]:
    """The tenth of all points with the fewest ratings, and that with the most; points without are left out."""
    rated = np.flatnonzero(counts)
    order = rated[np.argsort(counts[rated], kind="stable")]
    size = max(1, len(order) // 10)
    return tuple(
        Decile(int(counts[part].min()), int(counts[part].max()), float(np.median(wobbles[part])))
        for part in (order[:size], order[-size:])
    )
