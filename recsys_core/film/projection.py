"""The fixed map of a film: the map of the last epoch's model, as a linear function of raw factors."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.models import FactorModel


@dataclass(frozen=True, eq=False)
class FixedMap:
    """Where factors p (k,) of users and q (k,) of items lie: p · `user_axes` − `centre`, q · `item_axes` − `centre`.

    Axes are (k, 2), `shares` (2,) the shares of the variance that they show of the model they were made of. That
    model's points lie as in `figures.taste_map.taste_map`.
    """

    user_axes: np.ndarray
    item_axes: np.ndarray
    centre: np.ndarray
    shares: np.ndarray

    def place(self, user_factors: np.ndarray, item_factors: np.ndarray) -> np.ndarray:
        """Return the coordinates (…, a + b, 2) of users (…, a, k) and items (…, b, k) of any epoch."""
        axes = (self.user_axes.astype(np.float32), self.item_axes.astype(np.float32))
        points = (user_factors @ axes[0], item_factors @ axes[1])
        placed: np.ndarray = np.concatenate(points, axis=-2) - self.centre.astype(np.float32)
        return placed


def fix_map(model: FactorModel) -> FixedMap:
    """Return the map of `model`: the joint principal components of its users and items.

    As in `factors.axes.map_points`, users and items are the points U Σ and V Σ of P Qᵀ = U Σ Vᵀ, each side scaled to a
    root mean square length of 1. All of it follows from the Gram matrices A = PᵀP and B = QᵀQ, (k, k): with
    √A √B = W Σ Zᵀ the points are P √B Z and Q √A W, and so are linear in the factors. Other epochs are placed by the
    same linear functions: what moves on the map has moved in the factors.
    """
    p, q = model.user_factors, model.item_factors
    gram_p, gram_q = (side.T.astype(np.float64) @ side.astype(np.float64) for side in (p, q))
    root_p, root_q = _root(gram_p), _root(gram_q)
    left, _, right = np.linalg.svd(root_p @ root_q)
    of_users, of_items = _to_unit(root_q @ right.T, gram_p, len(p)), _to_unit(root_p @ left, gram_q, len(q))
    count = len(p) + len(q)
    mean = (p.sum(axis=0, dtype=np.float64) @ of_users + q.sum(axis=0, dtype=np.float64) @ of_items) / count
    covariance = (of_users.T @ gram_p @ of_users + of_items.T @ gram_q @ of_items) / count - np.outer(mean, mean)
    variances, directions = np.linalg.eigh(covariance)
    axes = directions[:, ::-1][:, :2]
    shares = np.maximum(variances[::-1], 0)[:2] / max(float(variances.sum()), 1e-300)
    missing = 2 - axes.shape[1]
    axes, shares = np.pad(axes, ((0, 0), (0, missing))), np.pad(shares, (0, missing))
    fixed = FixedMap(of_users @ axes, of_items @ axes, mean @ axes, shares)
    coordinates = fixed.place(p, q)
    farthest = coordinates[np.abs(coordinates).argmax(axis=0), [0, 1]]
    signs = np.where(farthest < 0, -1.0, 1.0)  # as `principal_components` has them
    return FixedMap(fixed.user_axes * signs, fixed.item_axes * signs, fixed.centre * signs, shares)


def _root(gram: np.ndarray) -> np.ndarray:
    """The symmetric square root of a Gram matrix."""
    values, vectors = np.linalg.eigh(gram)
    root: np.ndarray = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def _to_unit(transform: np.ndarray, gram: np.ndarray, count: int) -> np.ndarray:
    """Scale `transform` (k, k) so that the `count` points of that Gram matrix get a root mean square length of 1."""
    square = float(np.trace(transform.T @ gram @ transform)) / max(count, 1)
    scaled: np.ndarray = transform / max(float(np.sqrt(max(square, 0.0))), 1e-12)
    return scaled
