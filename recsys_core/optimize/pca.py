"""Principal component analysis: the flat view of many dimensions that hides least."""

from dataclasses import dataclass

import numpy as np

_ROUNDING = 1e-12  # of a sum of shares


@dataclass(frozen=True, eq=False)
class Projection:
    """`coordinates` (points, d) of the points along the d directions in which they vary most.

    They are the points less their `mean` (k,), times the `axes` (k, d), which are eigenvectors of `covariance` (k, k).
    `spectrum` (k,) holds the share of the variance along every direction, the largest first.
    """

    coordinates: np.ndarray
    spectrum: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    axes: np.ndarray

    @property
    def shares(self) -> np.ndarray:
        """(d,) the share of the variance that each axis shows; 0 where there are fewer directions than axes."""
        shown = self.spectrum[: self.axes.shape[1]]
        return np.pad(shown, (0, self.axes.shape[1] - len(shown)))

    def n_directions(self, share: float) -> int:
        """Return how many directions, the strongest first, it takes to show at least this share of the variance."""
        return int(np.searchsorted(np.cumsum(self.spectrum), share - _ROUNDING)) + 1

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
    mean = points.mean(axis=0)
    centred = points - mean
    # The k × k covariance is enough: k is small, the points are many.
    covariance = centred.T @ centred / len(points)
    variances, directions = np.linalg.eigh(covariance)
    spectrum = np.maximum(variances[::-1], 0) / max(variances.sum(), 1e-300)
    order = np.argsort(-variances)[:n_components]
    missing = n_components - len(order)
    axes = np.pad(directions[:, order], ((0, 0), (0, missing)))
    coordinates = centred @ axes
    extremes = coordinates[np.abs(coordinates).argmax(axis=0), np.arange(n_components)]
    signs = np.where(extremes < 0, -1.0, 1.0)
    return Projection((coordinates * signs).astype(np.float32), spectrum, mean, covariance, axes * signs)


@dataclass(frozen=True, eq=False)
class WorkedCoordinate:
    """One coordinate of one point in the digits that are printed, by factor (k,): (value − mean) · axis, summed."""

    values: np.ndarray
    means: np.ndarray
    axis: np.ndarray
    products: np.ndarray
    total: float


def worked_coordinate(projection: Projection, point: np.ndarray, axis: int = 0) -> WorkedCoordinate:
    """Work out the coordinate of `point` (k,) along axis number `axis`; four decimals, whose products need eight."""
    values, means, direction = (np.round(np.asarray(each, np.float64), 4) for each in
                           (point, projection.mean, projection.axes[:, axis]))  # fmt: skip
    products = np.round((values - means) * direction, 8)
    return WorkedCoordinate(values, means, direction, products, round(float(products.sum()), 8))
