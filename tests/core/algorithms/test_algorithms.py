"""Every algorithm in ALGORITHMS is held to the contract, and so are toys that say the least they can."""

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.reference_models import Popularity, Random
from recsys_core.data.interactions import Interactions
from tests.algorithm_contract import AlgorithmContract
from tests.small_trainings import run, scores, small_ratings
from tests.toy_algorithms import TOYS


@pytest.fixture(params={**ALGORITHMS, **TOYS})
def cls(request):
    return {**ALGORITHMS, **TOYS}[request.param]


class TestEveryAlgorithm(AlgorithmContract):
    """All laws of the contract, for each."""


def test_the_algorithms_have_different_labels():
    assert len({cls.label for cls in ALGORITHMS.values()}) == len(ALGORITHMS)


def test_the_truncated_svd_predicts_ratings_where_averages_are_taken_away():
    assert run(ALGORITHMS["svd"](centering="item mean"), small_ratings())[-1].model.predicts_ratings


@pytest.mark.parametrize("reference", [Random, Popularity])
def test_the_reference_models_are_algorithms_of_one_epoch(reference):
    (epoch,) = run(reference(), small_ratings())
    assert epoch.number == reference().last_epoch(small_ratings()) == 1
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
