"""Read a factor model: rotate its axes, find nearest neighbours and the extremes of an axis."""

from dataclasses import replace

import numpy as np

from recsys_core.algorithms.models import FactorModel

_ROTATIONS, _LEAST_GAIN = 500, 1e-6  # varimax ends when a rotation raises its criterion by less than this share
_MOST_COMPARED, _AT_A_TIME = 1_000, 100  # users whose scores are compared


def sort_by_strength(model: FactorModel) -> tuple[FactorModel, np.ndarray]:
    """Rotate the axes so that the strongest comes first; return the model, whose scores stay, and the strengths (k,).

    A product P Qᵀ fixes its factors only up to a change of axes. This is the choice of the singular value
    decomposition P Qᵀ = U Σ Vᵀ, with P = U √Σ and Q = V √Σ: each axis explains as much as it can after those before
    it. The strengths are Σ. The largest entry of each item axis is positive.
    """
    if model.n_factors == 0:
        return model, np.zeros(0)
    user_basis, user_part = np.linalg.qr(model.user_factors.astype(np.float64))
    item_basis, item_part = np.linalg.qr(model.item_factors.astype(np.float64))
    left, strengths, right = np.linalg.svd(user_part @ item_part.T, full_matrices=False)
    p = user_basis @ left * np.sqrt(strengths)
    q = item_basis @ right.T * np.sqrt(strengths)
    signs = np.where(q[np.abs(q).argmax(axis=0), np.arange(q.shape[1])] < 0, -1.0, 1.0)
    rotated = replace(model, user_factors=(p * signs).astype(np.float32), item_factors=(q * signs).astype(np.float32))
    return rotated, strengths


def varimax(model: FactorModel) -> FactorModel:
    """Rotate the axes so that each item loads on few of them; the scores stay.

    The orthogonal R that maximises Σ_f Var_i((QR)_if²), the variance of the squared item loadings (Kaiser,
    Psychometrika 1958, without his scaling of rows), found by singular value decompositions: R ← UVᵀ of the
    criterion's gradient, which never lowers it. Both sides are rotated, so P R (Q R)ᵀ = P Qᵀ. Axes come in order of
    ‖P_f‖‖Q_f‖, their share in the scores; the end where the loadings are concentrated is the positive one. Kept by
    hand: SciPy has no varimax, and statsmodels and factor_analyzer would be a dependency for these lines.
    """
    p, q = model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
    rotation, reached = np.eye(model.n_factors), 0.0
    for _ in range(_ROTATIONS):
        loadings = q @ rotation
        squares = loadings * loadings
        left, simplicity, right = np.linalg.svd(q.T @ (loadings * (squares - squares.mean(axis=0))))
        rotation = left @ right
        if simplicity.sum() <= reached * (1 + _LEAST_GAIN):
            break
        reached = simplicity.sum()
    signs = np.where(np.sum((q @ rotation) ** 3, axis=0) < 0, -1.0, 1.0)
    rotated = replace(
        model,
        user_factors=(p @ rotation * signs).astype(np.float32),
        item_factors=(q @ rotation * signs).astype(np.float32),
    )
    order = np.argsort(-axis_strengths(rotated), kind="stable")
    return replace(rotated, user_factors=rotated.user_factors[:, order], item_factors=rotated.item_factors[:, order])


def axis_strengths(model: FactorModel) -> np.ndarray:
    """Return (k,) ‖P_f‖‖Q_f‖, the size of each axis's term p_f q_fᵀ in all scores; Σ if sorted by strength."""
    strengths: np.ndarray = np.linalg.norm(model.user_factors, axis=0) * np.linalg.norm(model.item_factors, axis=0)
    return strengths


def largest_score_change(one: FactorModel, other: FactorModel) -> tuple[float, int]:
    """Return the greatest |p_u·q_i − p'_u·q'_i| between two models, and how many products were compared.

    All items, and at most about 1,000 users, evenly chosen. In float64: sums in float32 round more than a rotation of
    the axes does.
    """
    users = np.arange(0, one.n_users, max(1, one.n_users // _MOST_COMPARED))
    (p, q), (p_other, q_other) = (
        (model.user_factors[users].astype(np.float64), model.item_factors.T.astype(np.float64))
        for model in (one, other)
    )
    largest = 0.0
    for start in range(0, len(users), _AT_A_TIME):
        block = slice(start, start + _AT_A_TIME)
        largest = max(largest, float(np.abs(p[block] @ q - p_other[block] @ q_other).max(initial=0)))
    return largest, len(users) * one.n_items


def nearest_by_cosine(vectors: np.ndarray, index: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `count` other rows of `vectors` (n, k) with the greatest cosine to row `index`, and the cosines.

    All k factors count. A row of zeros is near nothing: its cosine is 0.
    """
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1)
    directions = vectors / np.where(lengths > 0, lengths, 1.0)[:, None]
    cosines = directions @ directions[index]
    cosines[index] = -np.inf
    order = np.argsort(-cosines, kind="stable")[: min(count, len(vectors) - 1)]
    return order, cosines[order]


def extremes(axis: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the `count` largest and of the `count` smallest values of an axis (n,), extremes first."""
    order = np.argsort(-axis, kind="stable")
    count = min(count, len(axis) // 2) or len(axis)
    return order[:count], order[::-1][:count]


def map_points(model: FactorModel, strengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return users (m, k) and items (n, k) as points of one space, for a model sorted by strength.

    With P = U √Σ and Q = V √Σ the points are U Σ and V Σ: two items are as far apart as the scores that they get
    from everyone differ. Each side is scaled to a root mean square length of 1, or one would shrink to a dot.
    """
    stretch = np.sqrt(strengths).astype(np.float32)
    return _scaled(model.user_factors * stretch), _scaled(model.item_factors * stretch)


def _scaled(vectors: np.ndarray) -> np.ndarray:
    total = float(np.einsum("nk,nk->", vectors, vectors, dtype=np.float64))  # in float32 it may overflow
    scaled: np.ndarray = vectors / max((total / len(vectors)) ** 0.5, 1e-12)
    return scaled
