"""A score of the truncated SVD, factor by factor, in digits that can be checked by hand."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.models import FactorModel

_DECIMALS = 6


@dataclass(frozen=True, eq=False)
class WorkedSVD:
    """u_f σ_f v_f for every factor (k,), rounded as they are printed, and their sum; σ is what λ left of it."""

    left: np.ndarray
    sigma: np.ndarray
    right: np.ndarray
    products: np.ndarray
    total: float


def worked_svd(model: FactorModel, user: int, item: int) -> WorkedSVD:
    """Take the score of `user` for `item`, less the biases, apart as (U Σ Vᵀ)_ui.

    The factors of SVD are P = U √Σ and Q = V √Σ, so σ_f = ‖P_f‖‖Q_f‖; factors that λ has shrunk to 0 add nothing.
    """
    p, q = model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
    sigma = np.linalg.norm(p, axis=0) * np.linalg.norm(q, axis=0)
    root = np.sqrt(np.where(sigma > 0, sigma, 1.0))
    left, sigma, right = (np.round(each, _DECIMALS) for each in (p[user] / root, sigma, q[item] / root))
    products = np.round(left * sigma * right, _DECIMALS)
    return WorkedSVD(left, sigma, right, products, float(np.round(products.sum(), _DECIMALS)))
