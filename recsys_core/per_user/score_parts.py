"""Taking a person's score for an item apart, into parts that add up to it."""

import math
from collections.abc import Sequence
from functools import singledispatch

import numpy as np

from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.ease import EASE
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.item_knn import ItemKNN
from recsys_core.algorithms.models import FactorModel, ItemModel, Recommender
from recsys_core.algorithms.svd import SVD
from recsys_core.data.interactions import Interactions
from recsys_core.per_user.normal_equations import normal_equations

BY_RATING = (ALS, ImplicitALS, SVD, EASE, ItemKNN)
"""The algorithms whose scores are sums over what a person has rated."""


def bias_parts(model: Recommender, user: int, item: int) -> dict[str, float]:
    """The parts of a score that know nothing of taste, by name; those that the model does not have are left out."""
    if isinstance(model, ItemModel):
        return {}
    parts = {
        "overall average": model.offset,
        "this person's generosity": float(model.user_bias[user]),
        "how well the item is liked": float(model.item_bias[item]),
    }
    return {name: part for name, part in parts.items() if part != 0}


def factor_parts(model: FactorModel, user: int, item: int) -> np.ndarray:
    """p_f q_f for every factor, (k,) float64; with the biases they add up to the score."""
    return model.user_factors[user].astype(np.float64) * model.item_factors[item]


def rating_parts(
    recipe, model: Recommender, train: Interactions, person: Interactions, items: np.ndarray
) -> np.ndarray:
    """What each past rating of one `person` (1, n) gives to the scores of `items` (c,): (ratings, c) float64.

    `train` is what the model was trained on, with or without this person.
    With A p = Σ_j t_j q_j the person's own equations, score(i) = q_i·p = Σ_j t_j q_iᵀA⁻¹q_j, beside the biases:
    Hu, Koren and Volinsky, ICDM 2008, section 5, with t_j what the rating asks for. For EASE and neighbours
    the parts are weights themselves. They add up to the score of the person folded in (`fold_in`). What a learner of
    choices does not learn from, since it is not relevant, gives 0.
    """
    learned = recipe.learns_from(person)
    own = _parts_of_learned(recipe, model, recipe.learns_from(train), learned, items)
    if learned is person:
        return own
    parts = np.zeros((person.n_interactions, len(items)))
    parts[person.is_relevant] = own
    return parts


@singledispatch
def _parts_of_learned(
    recipe, model: FactorModel, train: Interactions, person: Interactions, items: np.ndarray
) -> np.ndarray:
    """`rating_parts` of a person all of whose ratings the recipe learns from."""
    equations = normal_equations(recipe, model, train, person)
    q = model.item_factors.astype(np.float64)
    own, a = q[person.items], equations.system_of_one(q, person.items)
    # The pseudo-inverse takes the shortest solution where a ridge of 0 leaves several, as training does.
    return equations.targets[:, None] * (own @ np.linalg.pinv(a, rcond=1e-8, hermitian=True) @ q[items].T)


@_parts_of_learned.register(EASE)
@_parts_of_learned.register(ItemKNN)
def _(recipe, model: ItemModel, train: Interactions, person: Interactions, items: np.ndarray) -> np.ndarray:
    parts = (
        model.weights[np.ix_(person.items, items)]
        if isinstance(model.weights, np.ndarray)
        else (model.weights[person.items][:, items].toarray())
    )
    return parts.astype(np.float64)


def most_telling(recipe, model: Recommender, train: Interactions, person: Interactions, items: np.ndarray) -> int:
    """The item that one `person` (1, n) rated and that gives most to the scores of `items`; where single ratings are
    not accounted for, the one rated highest."""
    if isinstance(recipe, BY_RATING):
        gives = rating_parts(recipe, model, train, person, items).sum(axis=1)
    else:
        gives = person.values
    return int(person.items[np.argmax(gives)])


def unexplained(recipe, model: Recommender, train: Interactions, person: Interactions, items: np.ndarray) -> float:
    """The largest difference between the scores that `model` gives its one `person` and the sums of their parts,
    which are found anew in double precision."""
    sums = rating_parts(recipe, model, train, person, items).sum(axis=0)
    sums += [math.fsum(bias_parts(model, 0, item).values()) for item in items]
    return float(np.abs(sums - model.scores(np.array([0]))[0, items]).max(initial=0.0))


def gathered(names: Sequence[str], parts: np.ndarray, most: int, rest: str) -> tuple[list[str], np.ndarray]:
    """The `most` largest parts by absolute value, the largest first, and what is left as one part named `rest`.

    `rest` may hold "{count}", how many parts it stands for.
    """
    order = np.argsort(-np.abs(parts), kind="stable")
    shown, left = order[:most], order[most:]
    names = [names[place] for place in shown]
    if len(left) == 0:
        return names, parts[shown]
    return [*names, rest.format(count=len(left))], np.append(parts[shown], parts[left].sum())
