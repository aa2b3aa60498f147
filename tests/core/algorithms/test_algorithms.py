"""Every algorithm in ALGORITHMS is held to the contract; a new one is at once, by standing in the dict."""

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel, ItemModel
from recsys_core.algorithms.reference_models import Popularity, Random
from recsys_core.data.interactions import Interactions
from tests.algorithm_contract import (
    IMPERSONAL,
    LEARNS_RATINGS_ONLY,
    AlgorithmContract,
    assert_same_epochs,
    recipe,
    run,
    scores,
    small_ratings,
)


@pytest.fixture(params=ALGORITHMS)
def key(request):
    return request.param


@pytest.fixture
def cls(key):
    return ALGORITHMS[key]


class TestEveryAlgorithm(AlgorithmContract):
    """All laws of the contract, for each."""


def test_the_algorithms_have_different_labels_and_the_exempt_ones_exist():
    assert len({cls.label for cls in ALGORITHMS.values()}) == len(ALGORITHMS)
    assert {*LEARNS_RATINGS_ONLY, *IMPERSONAL} < set(ALGORITHMS)


def test_another_seed_gives_another_model_exactly_where_the_algorithm_says_that_it_has_luck(cls):
    ours, theirs = (run(recipe(cls, n_epochs=2), small_ratings(), seed=seed) for seed in (0, 1))
    if cls.is_stochastic:
        assert not np.array_equal(scores(ours[-1].model), scores(theirs[-1].model))
    else:
        assert_same_epochs(ours, theirs)


def test_the_model_is_of_items_exactly_where_the_algorithm_says_so(cls):
    model = run(recipe(cls, n_epochs=1), small_ratings())[-1].model
    assert isinstance(model, ItemModel if cls.is_item_based else FactorModel)


def test_only_learners_of_ratings_claim_that_their_scores_are_ratings():
    predicts = {key: run(recipe(cls, n_epochs=1), small_ratings())[-1].model for key, cls in ALGORITHMS.items()}
    assert {key for key, model in predicts.items() if model.predicts_ratings} == set(LEARNS_RATINGS_ONLY)
    centred = run(ALGORITHMS["svd"](centering="item mean"), small_ratings())[-1].model
    assert centred.predicts_ratings


@pytest.mark.parametrize("rail", [Random, Popularity])
def test_the_rails_are_algorithms_of_one_epoch(rail):
    (epoch,) = run(rail(), small_ratings())
    assert epoch.number == rail().last_epoch(small_ratings()) == 1
    assert scores(epoch.model).shape == (60, 40)


def test_popularity_scores_an_item_by_how_many_people_have_it():
    data = Interactions.from_triples([0, 1, 2, 2], [1, 1, 1, 0], [5, 1, 1, 5], 3, 3)
    (epoch,) = run(Popularity(), data)
    np.testing.assert_array_equal(scores(epoch.model), np.tile([1, 3, 0], (3, 1)))


def test_random_scores_nothing():
    (epoch,) = run(Random(), small_ratings())
    assert not scores(epoch.model).any()


def test_a_factor_model_is_offset_plus_biases_plus_product():
    rng = np.random.default_rng(0)
    p, q, b, c = rng.normal(size=(4, 2)), rng.normal(size=(3, 2)), rng.normal(size=4), rng.normal(size=3)
    model = FactorModel.of(p, q, user_bias=b, item_bias=c, offset=0.5)
    expected = [[0.5 + b[u] + c[i] + sum(p[u, f] * q[i, f] for f in range(2)) for i in range(3)] for u in range(4)]
    np.testing.assert_allclose(scores(model), expected, rtol=1e-5)
    assert (model.n_users, model.n_items, model.n_factors) == (4, 3, 2)
