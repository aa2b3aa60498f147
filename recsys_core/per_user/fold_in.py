"""Folding people in: what a trained model makes of people of whom only ratings are known."""

from dataclasses import replace
from functools import singledispatch

import numpy as np

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.biases import Biases
from recsys_core.algorithms.bpr import BPR, mean_over_samples
from recsys_core.algorithms.ease import EASE
from recsys_core.algorithms.item_knn import ItemKNN
from recsys_core.algorithms.kernels.least_squares import solve_rows
from recsys_core.algorithms.kernels.row_groups import RowGroups
from recsys_core.algorithms.lambdarank import LambdaRank
from recsys_core.algorithms.models import FactorModel, ItemModel, Recommender
from recsys_core.algorithms.pairwise import binary_gains
from recsys_core.data.interactions import Interactions
from recsys_core.per_user.gradient_fold_in import gradient_fold_in
from recsys_core.per_user.normal_equations import normal_equations, shrunk_means
from recsys_core.threads import one_blas_thread


def fold_in(recipe: Algorithm, model: Recommender, train: Interactions, people: Interactions) -> Recommender:
    """The recommender of other `people` (m', n) over the items of `model`, which `recipe` has learned from `train`.

    What belongs to items stays as it is. For ALS, SVD, EASE, item neighbours and biases the result is exact: for
    the people of `train` themselves it is the half step of the training that belongs to people. For BPR and
    LambdaRank there are steps down the gradient that trained them, on the people alone. Learners of choices take from
    the people what is relevant, as they do from `train`.
    """
    with one_blas_thread():
        return _folded(recipe, model, recipe.learns_from(train), recipe.learns_from(people))


@singledispatch
def _folded(recipe, model: FactorModel, train: Interactions, people: Interactions) -> FactorModel:
    """By linear equations: SVD and both kinds of ALS."""
    equations = normal_equations(recipe, model, train, people)
    user_factors = solve_rows(
        RowGroups.of(people, model.n_factors),
        model.item_factors,
        targets=equations.targets,
        weights=equations.weights,
        everywhere=equations.everywhere,
        ridge=equations.ridge,
    )
    return replace(model, user_factors=user_factors, user_bias=equations.user_bias)


@_folded.register
def _(recipe: Biases, model: FactorModel, train: Interactions, people: Interactions) -> FactorModel:
    user_bias = shrunk_means(model, people, recipe.user_regularization)
    return replace(model, user_factors=np.zeros((people.n_users, 0), np.float32), user_bias=user_bias)


@_folded.register(EASE)
@_folded.register(ItemKNN)
def _(recipe, model: ItemModel, train: Interactions, people: Interactions) -> ItemModel:
    return ItemModel(people, model.weights)


@_folded.register
def _(recipe: BPR, model: FactorModel, train: Interactions, people: Interactions) -> FactorModel:
    return _by_steps(recipe, model, people, binary_gains(people), mean_over_samples)


@_folded.register
def _(recipe: LambdaRank, model: FactorModel, train: Interactions, people: Interactions) -> FactorModel:
    return _by_steps(recipe, model, people, recipe.gains_of(people, train), recipe.pair_weights)


def _by_steps(recipe: BPR | LambdaRank, model: FactorModel, people: Interactions, gains, pair_weights) -> FactorModel:
    user_factors = np.zeros((people.n_users, model.n_factors), np.float32)
    for user in np.flatnonzero(people.relevant.items_per_user):
        own = people.of(user)
        user_factors[user] = gradient_fold_in(
            model,
            people.items[own],
            gains[own],
            pair_weights=pair_weights,
            learning_rate=recipe.learning_rate,
            regularization=recipe.regularization,
            negatives=recipe.negatives,
        )
    return replace(model, user_factors=user_factors, user_bias=np.zeros(people.n_users, np.float32))
