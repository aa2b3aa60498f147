"""One half step of alternating least squares for one user, in digits that can be checked by hand."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions

_SYSTEM, _FACTOR = 4, 6  # decimals that are printed; a product of two such numbers needs ten


@dataclass(frozen=True, eq=False)
class WorkedUpdate:
    """The equations A p = b of one user with the items fixed, rounded as they are printed.

    `system` is A (k, k), `right` is b (k,) and `solution` is p (k,); `ridge` is the λ_u on the diagonal of A and
    `n_ratings` counts the ratings in it. `products` (k,) are A_1f p_f of the first equation and `total` their sum,
    which differs from b_1 by the rounding of what is printed.
    """

    system: np.ndarray
    right: np.ndarray
    solution: np.ndarray
    ridge: float
    n_ratings: int
    products: np.ndarray
    total: float


def worked_update(recipe: Algorithm, model: FactorModel, train: Interactions, user: Interactions) -> WorkedUpdate:
    """Form and solve in float64 the normal equations of one `user` (1, n) of `train`.

    A = G + Σ_j w_j q_j q_jᵀ + λ_u I and b = Σ_j t_j q_j over the rated items j: for ALS on ratings, where G = 0, w = 1
    and t = r, that is (QᵀQ + λ_u I) p = Qᵀr over the rated rows of Q. Where several solve it, p is the shortest.
    Both `train` and `user` hold what the recipe learns from. Raises ValueError where it has no such equations.
    """
    equations, q = recipe.normal_equations(model, train, user), model.item_factors.astype(np.float64)
    if equations is None:
        raise ValueError(f"{recipe.label} has no normal equations")
    system = equations.system_of_one(q, user.items)
    right = q[user.items].T @ equations.targets.astype(np.float64)
    solution = np.round(np.linalg.pinv(system, rcond=1e-8, hermitian=True) @ right, _FACTOR)
    system, right = np.round(system, _SYSTEM), np.round(right, _SYSTEM)
    products = np.round(system[0] * solution, _SYSTEM + _FACTOR)
    return WorkedUpdate(
        system,
        right,
        solution,
        float(equations.ridge[0]),
        user.n_interactions,
        products,
        float(np.round(products.sum(), _SYSTEM + _FACTOR)),
    )
