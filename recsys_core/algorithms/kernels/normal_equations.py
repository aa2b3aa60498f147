"""The linear equations that the factors of users solve when the items stay as they are."""

from dataclasses import dataclass, replace

import numpy as np

from recsys_core.algorithms.kernels.least_squares import solve_rows
from recsys_core.algorithms.kernels.row_groups import RowGroups
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """(a QᵀQ + Σ_j weights_j q_j q_jᵀ + ridge_u I) p_u = Σ_j targets_j q_j over the items j of u, for every user u.

    `targets` and `weights` stand beside the interactions of the users; `everywhere` is a, `ridge` (m,), and
    `user_bias` (m,) is what the targets leave out on behalf of the user.
    """

    targets: np.ndarray
    weights: np.ndarray
    everywhere: float
    ridge: np.ndarray
    user_bias: np.ndarray

    def fold_in(self, model: FactorModel, users: Interactions) -> FactorModel:
        """Solve the equations of `users` with the items of `model` fixed, and return the model of these users."""
        user_factors = solve_rows(
            RowGroups.of(users, model.n_factors),
            model.item_factors,
            targets=self.targets,
            weights=self.weights,
            everywhere=self.everywhere,
            ridge=self.ridge,
        )
        return replace(model, user_factors=user_factors, user_bias=self.user_bias)

    def system_of_one(self, item_factors: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the matrix (k, k), float64, where the equations are of one user, who has `items`."""
        q = item_factors.astype(np.float64)
        own = q[items]
        system: np.ndarray = self.everywhere * (q.T @ q) + (own.T * self.weights) @ own
        system += self.ridge[0] * np.eye(q.shape[1])
        return system

    def rows_of_one(self, item_factors: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return rows R (rows, k), float64, such that RᵀR + λ_u I is the matrix of one user, who has `items`.

        They are item factors times the root of their weight: of all items where unobserved cells count, else of
        `items` alone. So the factors of the user are a ridge regression on R.
        """
        q = item_factors.astype(np.float64)
        if self.everywhere == 0:
            q, weights = q[items], self.weights
        else:
            weights = np.full(len(q), self.everywhere, np.float64)
            weights[items] += self.weights
        rows: np.ndarray = q * np.sqrt(weights)[:, None]
        return rows


def shrunk_means(model: FactorModel, users: Interactions, regularization: float) -> np.ndarray:
    """Return b_u = Σ_j (r_uj − μ − b_j) / (λ + |Ω_u|), (m,) float32; 0 where there is nothing to divide."""
    r = users.values.astype(np.float64) - model.offset - model.item_bias[users.items]
    sums = np.bincount(users.users, r, minlength=users.n_users)
    weights = regularization + users.items_per_user
    return np.divide(sums, weights, out=np.zeros(users.n_users), where=weights > 0).astype(np.float32)


def residuals(model: FactorModel, users: Interactions, user_bias: np.ndarray) -> np.ndarray:
    """Return r − μ − b_u − b_j beside the interactions, float32."""
    left: np.ndarray = users.values - np.float32(model.offset) - user_bias[users.users] - model.item_bias[users.items]
    return left
