"""Reading a factor model: its axes in order of strength, who is near whom, what stands at the two ends."""

from dataclasses import replace

import numpy as np

from recsys_core.algorithms.algorithm import FactorModel


def by_strength(model: FactorModel) -> tuple[FactorModel, np.ndarray]:
    """The same scores with the axes turned so that the strongest comes first, and the strengths (k,).

    The factors of a product P Qᵀ are only fixed up to a change of axes. Of all these we show the one of the
    singular value decomposition P Qᵀ = U Σ Vᵀ, with P = U √Σ and Q = V √Σ: each axis explains as much as it
    can after those before it. The strengths are Σ. The largest entry of each item axis is positive.
    """
    if model.n_factors == 0:
        return model, np.zeros(0)
    user_basis, user_part = np.linalg.qr(model.user_factors.astype(np.float64))
    item_basis, item_part = np.linalg.qr(model.item_factors.astype(np.float64))
    left, strengths, right = np.linalg.svd(user_part @ item_part.T, full_matrices=False)
    p = user_basis @ left * np.sqrt(strengths)
    q = item_basis @ right.T * np.sqrt(strengths)
    signs = np.where(q[np.abs(q).argmax(axis=0), np.arange(q.shape[1])] < 0, -1.0, 1.0)
    turned = replace(model, user_factors=(p * signs).astype(np.float32), item_factors=(q * signs).astype(np.float32))
    return turned, strengths


def nearest(vectors: np.ndarray, index: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The `count` other rows of `vectors` (n, k) with the greatest cosine to row `index`, and the cosines.

    All k factors count. A row of zeros is near nobody: its cosine is 0.
    """
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    directions = vectors / np.where(lengths > 0, lengths, 1.0)[:, None]
    cosines = directions @ directions[index]
    cosines[index] = -np.inf
    order = np.argsort(-cosines, kind="stable")[: min(count, len(vectors) - 1)]
    return order, cosines[order]


def ends(axis: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The positions of the `count` largest and of the `count` smallest values of one factor, extremes first."""
    order = np.argsort(-axis, kind="stable")
    count = min(count, len(axis) // 2) or len(axis)
    return order[:count], order[::-1][:count]
