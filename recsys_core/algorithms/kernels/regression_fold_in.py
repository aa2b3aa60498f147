"""New users for any model of factors: how ratings become factors is learned from the users of the training."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from recsys_core.algorithms.kernels.normal_equations import residuals, shrunk_means
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions

_SHRINKAGE = 15.0  # ratings at the mean that a user is given on top of their own, as in the algorithm Biases
_LEAST_RIDGE = 1e-3  # of the mean diagonal


def fold_in_by_regression(model: FactorModel, train: Interactions, users: Interactions) -> FactorModel:
    """Return the model of `users` (m', n), of whom `model`, trained on `train` (m, n), need not have heard.

    A user is described by f_u = Σ_j t_uj q_j / √|I_u| over their items j, with t = 1, or what biases leave of a rating
    where the model predicts ratings. The matrix W that minimises Σ_u ‖p_u − f_u W‖² + ε‖W‖² over the users of `train`
    turns such a description into factors: p_u = f_u W. This is a linear attribute-to-factor mapping (Gantner et al.,
    Learning attribute-to-feature mappings for cold-start recommendations, ICDM 2010), the attributes being a user's
    items. It asks nothing of the algorithm, and is exact for none but a plain SVD of users with equally long lists.
    """
    known, _ = _describe(model, train)
    described, user_bias = _describe(model, users)
    gram = known.T @ known
    ridge = _LEAST_RIDGE * max(float(np.trace(gram)), 1e-12) / max(1, len(gram))
    mapping = np.linalg.solve(gram + ridge * np.eye(len(gram)), known.T @ model.user_factors.astype(np.float64))
    return replace(model, user_factors=(described @ mapping).astype(np.float32), user_bias=user_bias)


def _describe(model: FactorModel, users: Interactions) -> tuple[np.ndarray, np.ndarray]:
    """Return f_u (m, k) float64 and the biases of users (m,), 0 where the model does not predict ratings."""
    user_bias, targets = np.zeros(users.n_users, np.float32), np.ones(users.n_interactions)
    if model.predicts_ratings:
        user_bias = shrunk_means(model, users, _SHRINKAGE)
        targets = residuals(model, users, user_bias).astype(np.float64)
    targets = targets / np.sqrt(users.items_per_user[users.users])
    table = sparse.csr_array((targets, users.items, users.indptr), (users.n_users, users.n_items))
    return table @ model.item_factors.astype(np.float64), user_bias
