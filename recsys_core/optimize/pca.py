"""Principal component analysis: the flat view of many dimensions that hides least."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Projection:
    """`coordinates` (points, d) of the points, and the `shares` (d,) of their variance that each axis shows."""

    coordinates: np.ndarray
    shares: np.ndarray

    @property
    def hidden(self) -> float:
        """The share of the variance that this view does not show."""
        return float(max(0.0, 1.0 - self.shares.sum()))


def principal_components(points: np.ndarray, n_components: int = 2) -> Projection:
    """Project `points` (count, k) onto the directions of greatest variance (Pearson 1901).

    Where k is smaller than `n_components` the missing coordinates are 0. The largest coordinate of each
    axis is positive, so that the view does not flip between calls.
    """
    points = np.asarray(points, np.float64)
    centred = points - points.mean(axis=0)
    # The k × k covariance is enough: k is small, the points are many.
    variances, directions = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(-variances)[:n_components]
    coordinates = centred @ directions[:, order]
    coordinates = np.pad(coordinates, ((0, 0), (0, n_components - coordinates.shape[1])))
    extremes = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(n_components)]
    coordinates *= np.where(extremes < 0, -1.0, 1.0)
    shares = np.maximum(variances[order], 0) / max(variances.sum(), 1e-300)
    return Projection(coordinates.astype(np.float32), np.pad(shares, (0, n_components - len(order))))
