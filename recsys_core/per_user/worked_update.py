"""One half step of alternating least squares for one person, in digits that can be checked by hand."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.per_user.normal_equations import normal_equations

_SYSTEM, _FACTOR = 4, 6  # decimals that are printed; a product of two such numbers needs ten


@dataclass(frozen=True, eq=False)
class WorkedUpdate:
    """The equations A p = b of one person with the items fixed, rounded as they are printed.

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


def worked_update(recipe: Algorithm, model: FactorModel, train: Interactions, person: Interactions) -> WorkedUpdate:
    """Form and solve in float64 the equations of one `person` (1, n) of `train`, of SVD or of either kind of ALS.

    A = G + Σ_j w_j q_j q_jᵀ + λ_u I and b = Σ_j t_j q_j over the rated items j: for ALS on ratings, where G = 0, w = 1
    and t = r, that is (QᵀQ + λ_u I) p = Qᵀr over the rated rows of Q. Where several solve it, p is the shortest.
    Both `train` and `person` hold what the recipe learns from.
    """
    equations, q = normal_equations(recipe, model, train, person), model.item_factors.astype(np.float64)
    system = equations.system_of_one(q, person.items)
    right = q[person.items].T @ equations.targets.astype(np.float64)
    solution = np.round(np.linalg.pinv(system, rcond=1e-8, hermitian=True) @ right, _FACTOR)
    system, right = np.round(system, _SYSTEM), np.round(right, _SYSTEM)
    products = np.round(system[0] * solution, _SYSTEM + _FACTOR)
    return WorkedUpdate(
        system,
        right,
        solution,
        float(equations.ridge[0]),
        person.n_interactions,
        products,
        float(np.round(products.sum(), _SYSTEM + _FACTOR)),
    )
