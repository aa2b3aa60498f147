"""A score of the truncated SVD, factor by factor, in digits that can be checked by hand."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.models import FactorModel

_DIGITS = 7  # of a score, in the products; the last two are lost in their sum
_LOST = 2


@dataclass(frozen=True, eq=False)
class WorkedSVD:
    """The averages, u_f σ_f v_f for every factor (k,), rounded as they are printed, and the sum of these products.

    σ is what λ left of it. `decimals` are those of `left`, `sigma`, `right` and `products`, `score_decimals` those to
    which `averages` and `total` make the score.
    """

    left: np.ndarray
    sigma: np.ndarray
    right: np.ndarray
    products: np.ndarray
    averages: float
    total: float
    decimals: tuple[int, int, int, int]

    @property
    def score_decimals(self) -> int:
        return self.decimals[-1] - _LOST


def worked_svd(model: FactorModel, user: int, item: int) -> WorkedSVD:
    """Take the score of `user` for `item` apart into averages and (U Σ Vᵀ)_ui.

    The factors of SVD are P = U √Σ and Q = V √Σ, so σ_f = ‖P_f‖‖Q_f‖; factors that λ has shrunk to 0 add nothing.
    Products have so many decimals as tell seven digits of the score, whatever its unit, and each of u, σ and v as many
    as rounding it needs to move their sum by no more than a last digit.
    """
    p, q = model.user_factors.astype(np.float64), model.item_factors.astype(np.float64)
    averages = float(model.offset) + float(model.user_bias[user]) + float(model.item_bias[item])
    sigma = np.linalg.norm(p, axis=0) * np.linalg.norm(q, axis=0)
    root = np.sqrt(np.where(sigma > 0, sigma, 1.0))
    u, v = p[user] / root, q[item] / root
    last = max(_LOST, _DIGITS - 1 - _magnitude(max(abs(averages), float(np.abs(p[user] * q[item]).sum()))))
    moved_by = (np.abs(sigma * v).sum(), np.abs(u * v).sum(), np.abs(u * sigma).sum())
    decimals = [max(0, last + 1 + _magnitude(float(each))) for each in moved_by]
    left, sigma, right = (np.round(each, digits) for each, digits in zip((u, sigma, v), decimals, strict=True))
    products = np.round(left * sigma * right, last)
    total = float(np.round(products.sum(), last))
    return WorkedSVD(left, sigma, right, products, averages, total, (decimals[0], decimals[1], decimals[2], last))


def _magnitude(value: float) -> int:
    """Return the exponent of the leading digit; 0 for 0."""
    return int(np.floor(np.log10(value))) if value > 0 else 0
