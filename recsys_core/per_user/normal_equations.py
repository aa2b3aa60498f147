"""The linear equations that a person's factors solve when the items stay as they are."""

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.biases import Biases
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.svd import SVD
from recsys_core.data.interactions import Interactions

BY_RIDGE = (ALS, ImplicitALS, SVD)
"""The algorithms whose people are ridge regressions on the factors of items."""


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """(a QᵀQ + Σ_j weights_j q_j q_jᵀ + ridge_u I) p_u = Σ_j targets_j q_j over the items j of u, for every u.

    `targets` and `weights` stand beside the interactions of the people; `everywhere` is a, `ridge` (m,), and
    `user_bias` (m,) is what the targets leave out on behalf of the person.
    """

    targets: np.ndarray
    weights: np.ndarray
    everywhere: float
    ridge: np.ndarray
    user_bias: np.ndarray

    def system_of_one(self, item_factors: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Return the matrix (k, k), float64, where the equations are of one person, who has `items`."""
        q = item_factors.astype(np.float64)
        own = q[items]
        return self.everywhere * (q.T @ q) + (own.T * self.weights) @ own + self.ridge[0] * np.eye(q.shape[1])


@singledispatch
def normal_equations(recipe, model: FactorModel, train: Interactions, people: Interactions) -> NormalEquations:
    """The equations of `people` (m, n), of whom `model` need not have heard; for SVD and both kinds of ALS.

    `train` is what the model has learned from: the scale of its values is that of everybody's λ and confidence.
    """
    raise TypeError(f"{type(recipe).__name__} does not find people by linear equations")


@normal_equations.register
def _(recipe: ImplicitALS, model: FactorModel, train: Interactions, people: Interactions) -> NormalEquations:
    extra = recipe.extra_confidence(people, train.mean_strength)
    return NormalEquations(
        targets=np.float32(recipe.unobserved) + extra,
        weights=extra,
        everywhere=recipe.unobserved,
        ridge=recipe.ridge(people),
        user_bias=np.zeros(people.n_users, np.float32),
    )


@normal_equations.register
def _(recipe: ALS, model: FactorModel, train: Interactions, people: Interactions) -> NormalEquations:
    user_bias = _user_bias(recipe.centering, model, people)
    return NormalEquations(
        targets=_residuals(model, people, user_bias),
        weights=np.ones(people.n_interactions, np.float32),
        everywhere=0.0,
        ridge=recipe.ridge(people, train.rating_scale),
        user_bias=user_bias,
    )


@normal_equations.register
def _(recipe: SVD, model: FactorModel, train: Interactions, people: Interactions) -> NormalEquations:
    """SVD is least squares over all cells: as QᵀQ = (Σ − λs)₊, the row a of A has p = (QᵀQ + λsI)⁻¹ Qᵀa."""
    user_bias = _user_bias(recipe.centering, model, people)
    ones = np.ones(people.n_interactions, np.float32)
    return NormalEquations(
        targets=ones if recipe.centering == "none" else _residuals(model, people, user_bias),
        weights=np.zeros_like(ones),
        everywhere=1.0,
        ridge=np.full(people.n_users, recipe.ridge(train)),
        user_bias=user_bias,
    )


def ridge_rows(recipe: Algorithm, model: FactorModel, train: Interactions, person: Interactions) -> np.ndarray:
    """Return the rows R (rows, k) float64 of the ridge regression that gives one `person` (1, n) their factors.

    RᵀR + λ_u I is the matrix of `normal_equations`. For ALS on ratings R are the factors of the rated items. Where all
    cells count, as in SVD and implicit ALS, R are those of all items, each times the root of its confidence.
    `train` and `person` hold what the recipe learns from.
    """
    q = model.item_factors.astype(np.float64)
    if isinstance(recipe, ALS):
        return q[person.items]
    if isinstance(recipe, SVD):
        return q
    confidence = np.full(model.n_items, recipe.unobserved, np.float64)
    confidence[person.items] += recipe.extra_confidence(person, train.mean_strength)
    return q * np.sqrt(confidence)[:, None]


def _user_bias(centering: str, model: FactorModel, people: Interactions) -> np.ndarray:
    """What `Baseline` takes away on behalf of a person."""
    if centering == "biases":
        return shrunk_means(model, people, Biases().user_regularization)
    if centering == "user mean":
        return shrunk_means(model, people, 0.0)
    return np.zeros(people.n_users, np.float32)


def shrunk_means(model: FactorModel, people: Interactions, regularization: float) -> np.ndarray:
    """b_u = Σ_j (r_uj − μ − b_j) / (λ + |Ω_u|), (m,) float32; 0 where there is nothing to divide."""
    r = people.values.astype(np.float64) - model.offset - model.item_bias[people.items]
    sums = np.bincount(people.users, r, minlength=people.n_users)
    weights = regularization + people.items_per_user
    return np.divide(sums, weights, out=np.zeros(people.n_users), where=weights > 0).astype(np.float32)


def _residuals(model: FactorModel, people: Interactions, user_bias: np.ndarray) -> np.ndarray:
    """r − μ − b_u − b_j beside the interactions, float32."""
    return people.values - np.float32(model.offset) - user_bias[people.users] - model.item_bias[people.items]
