"""Take the score of one user for an item apart, into terms that add up to it."""

import math
from collections.abc import Sequence

import numpy as np

from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.models import FactorModel, ItemModel, Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import count_noun


def bias_terms(model: Recommender, user: int, item: int) -> dict[str, float]:
    """Return the terms of a score that know nothing of taste, by name; those that the model lacks are left out."""
    if not isinstance(model, FactorModel):
        return {}
    terms = {
        "overall average": model.offset,
        "this person's generosity": float(model.user_bias[user]),
        "how well the item is liked": float(model.item_bias[item]),
    }
    return {name: term for name, term in terms.items() if term != 0}


def factor_terms(model: FactorModel, user: int, item: int) -> np.ndarray:
    """Return p_f q_f for every factor, (k,) float64; with the biases they add up to the score."""
    return np.asarray(model.user_factors[user].astype(np.float64) * model.item_factors[item])


def rating_terms(
    recipe: Algorithm, model: Recommender, train: Interactions, user: Interactions, items: np.ndarray
) -> np.ndarray:
    """Return what each past rating of one `user` (1, n) adds to the scores of `items` (c,): (ratings, c) float64.

    `train` is what the model was trained on, with or without this user.
    With A p = Σ_j t_j q_j the user's own equations, score(i) = q_i·p = Σ_j t_j q_iᵀA⁻¹q_j, beside the biases:
    Hu, Koren and Volinsky, ICDM 2008, section 5, with t_j what the rating asks for. For weights between items
    the terms are the weights themselves. They add up to the score of the user folded in (`Algorithm.fold_in`). What is
    not learned from, since it is not relevant, adds 0.
    Raises ValueError unless the recipe `explains_by_rating`.
    """
    learned = recipe.learns_from(user)
    own = _terms_of_learned(recipe, model, recipe.learns_from(train), learned, items)
    if learned is user:
        return own
    terms = np.zeros((user.n_interactions, len(items)))
    terms[user.is_relevant] = own
    return terms


def _terms_of_learned(
    recipe: Algorithm, model: Recommender, train: Interactions, user: Interactions, items: np.ndarray
) -> np.ndarray:
    """Return `rating_terms` of a user all of whose ratings the recipe learns from."""
    if isinstance(model, ItemModel):
        weights = model.weights
        if isinstance(weights, np.ndarray):
            return np.asarray(weights[np.ix_(user.items, items)], np.float64)
        return np.asarray(weights[user.items][:, items].toarray(), np.float64)
    equations = recipe.normal_equations(model, train, user) if isinstance(model, FactorModel) else None
    if equations is None or not isinstance(model, FactorModel):
        raise ValueError(f"{recipe.label} does not explain scores by ratings")
    q = model.item_factors.astype(np.float64)
    own, a = q[user.items], equations.system_of_one(q, user.items)
    # The pseudo-inverse takes the shortest solution where a ridge of 0 leaves several, as training does.
    per_target: np.ndarray = own @ np.linalg.pinv(a, rcond=1e-8, hermitian=True) @ q[items].T
    return np.asarray(equations.targets[:, None] * per_target)


def strongest_reason(
    recipe: Algorithm, model: Recommender, train: Interactions, user: Interactions, items: np.ndarray
) -> int:
    """Return the item that one `user` (1, n) rated and that adds most to the scores of `items`; where single ratings
    are not accounted for, the one rated highest."""
    if recipe.explains_by_rating:
        adds = rating_terms(recipe, model, train, user, items).sum(axis=1)
    else:
        adds = user.values
    return int(user.items[np.argmax(adds)])


def largest_gap(
    recipe: Algorithm, model: Recommender, train: Interactions, user: Interactions, items: np.ndarray
) -> float:
    """Return the largest difference between the scores that `model` gives its one `user` and the sums of their terms,
    which are computed anew in double precision."""
    sums = rating_terms(recipe, model, train, user, items).sum(axis=0)
    sums += [math.fsum(bias_terms(model, 0, item).values()) for item in items]
    return float(np.abs(sums - model.scores(np.array([0]))[0, items]).max(initial=0.0))


def keep_largest(names: Sequence[str], terms: np.ndarray, most: int, noun: str) -> tuple[list[str], np.ndarray]:
    """Return the `most` largest terms by absolute value, the largest first, and what is left as one term.

    That is named by how many terms it stands for and their plural `noun`: '12 other ratings'.
    """
    order = np.argsort(-np.abs(terms), kind="stable")
    shown, left = order[:most], order[most:]
    kept = [names[index] for index in shown]
    if len(left) == 0:
        return kept, terms[shown]
    return [*kept, count_noun(len(left), noun, "other")], np.append(terms[shown], terms[left].sum())
