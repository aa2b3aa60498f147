"""The noise level, against the singular values of matrices of pure chance; and the λ that begins from it."""

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.kernels.noise_level import noise_level
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate


def chance(row_weights, column_weights, seed=0):
    """(Interactions, the largest singular value beyond the averages) where P(cell) is the product of the weights."""
    p = np.outer(row_weights, column_weights)
    table = np.random.default_rng(seed).random(p.shape) < p
    users, items = np.nonzero(table)
    data = Interactions.from_triples(users, items, np.ones(len(users)), *p.shape)
    return data, np.linalg.norm(table - p, 2)


def test_of_even_chance_it_is_the_largest_singular_value():
    data, largest = chance(np.full(400, 0.2), np.full(200, 0.2))
    assert noise_level(data) == pytest.approx(largest, rel=0.05)


def test_of_uneven_chance_it_is_near_it_where_plain_means_are_far_below():
    rng = np.random.default_rng(1)
    data, largest = chance(*(np.minimum(0.1 * rng.pareto(2.5, size) + 0.05, 0.7) for size in (500, 300)))
    assert noise_level(data) == pytest.approx(largest, rel=0.15)
    plain = np.sqrt(data.items_per_user.mean()) + np.sqrt(data.users_per_item.mean())
    assert plain < 0.75 * largest


def test_it_is_the_same_from_both_sides_and_nothing_where_nothing_is():
    data, _ = chance(np.full(20, 0.3), np.full(30, 0.5))
    assert noise_level(data) == pytest.approx(noise_level(data.transposed))
    assert noise_level(Interactions.from_triples([], [], [], 3, 4)) == 0


@pytest.mark.parametrize(
    "recipe",
    [
        SyntheticRecipe(),
        SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=10),
        SyntheticRecipe(1000, 500, picks=60),
    ],
    ids=["medium", "small", "large"],
)
def test_implicit_als_begins_near_its_best_on_small_and_large_data(recipe):
    """One λ cannot be: 15 is within 3 % on the first only."""
    split = make_split(generate(recipe))

    def ndcg(als):
        return evaluate(list(als.epochs(split.train))[-1].model, split, "validation").mean("ndcg", 10)

    als = ALGORITHMS["implicit_als"]
    best = max(ndcg(als(regularization=lam)) for lam in (3, 5, 7, 10, 15, 20, 25, 30, 40))
    assert ndcg(als.defaults_for(split.train)) > 0.97 * best
