"""Folding in: people known by their ratings alone get what training would have made of them."""

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS, ALS, BPR, SVD, ImplicitALS, LambdaRank
from recsys_core.algorithms.centering import CENTERINGS
from recsys_core.algorithms.kernels.regression_fold_in import fold_in_by_regression
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from tests import oracles
from tests.small_trainings import recipe, run, scores, small_ratings

ALTERNATING = [
    ImplicitALS(n_factors=5, regularization=0.5, alpha=2.0, unobserved=0.3, n_epochs=3),
    ImplicitALS(n_factors=5, regularization=0.01, penalty="weighted", n_epochs=3),
    *(
        ALS(n_factors=5, regularization=0.1, penalty=penalty, centering=centering, n_epochs=3)
        for penalty in ("weighted", "plain")
        for centering in CENTERINGS
    ),
]


@pytest.mark.parametrize("algorithm", ALTERNATING, ids=str)
def test_the_people_of_the_training_data_get_their_next_half_step(algorithm):
    train = small_ratings()
    *_, before, last = run(algorithm, train)
    folded = algorithm.fold_in(before.model, train, train)
    np.testing.assert_allclose(folded.user_factors, last.model.user_factors, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(folded.user_bias, last.model.user_bias, atol=1e-6)


@pytest.mark.parametrize("penalty", ["weighted", "plain"])
def test_a_new_person_solves_the_normal_equations(penalty):
    train, algorithm = small_ratings(), ALS(n_factors=4, penalty=penalty, centering="none")
    model = run(algorithm, train)[-1].model
    ratings = {3: 5.0, 7: 1.0, 20: 4.0}
    person = Interactions.from_triples([0] * 3, list(ratings), list(ratings.values()), 1, train.n_items)
    table = [[ratings.get(item, np.nan) for item in range(train.n_items)]]
    lam = algorithm.regularization * train.rating_scale  # of all whom the model knows, not of this person
    expected = oracles.als_step(table, model.item_factors.astype(float), lam, penalty)
    np.testing.assert_allclose(algorithm.fold_in(model, train, person).user_factors, expected, rtol=1e-4)


@pytest.mark.parametrize("regularization", [0.0, 3.0, 1e5])
@pytest.mark.parametrize("centering", CENTERINGS)
def test_svd_folds_its_own_people_onto_themselves(centering, regularization):
    train, algorithm = small_ratings(), SVD(n_factors=12, regularization=regularization, centering=centering)
    model = run(algorithm, train)[-1].model
    np.testing.assert_allclose(scores(algorithm.fold_in(model, train, train)), scores(model), atol=2e-4)


@pytest.mark.parametrize("key", ["ease", "item_knn", "biases"])
def test_what_has_no_factors_folds_its_own_people_onto_themselves(key):
    train, algorithm = small_ratings(), recipe(ALGORITHMS[key], regularization=1.0)
    model = run(algorithm, train)[-1].model
    np.testing.assert_allclose(scores(algorithm.fold_in(model, train, train)), scores(model), atol=1e-5)


def test_graded_gains_of_one_person_are_those_of_the_whole_scale():
    """On a scale of 0 to 100 somebody's 80 is not the worst that there is, even if it is their lowest."""
    train = small_ratings()
    hundred = Interactions(train.indptr, train.items, 20 * train.values, train.n_items)
    algorithm = LambdaRank(n_factors=4, n_epochs=10, gains="graded")
    model = run(algorithm, hundred)[-1].model
    person = Interactions.from_triples([0, 0], [3, 8], [80, 100], 1, train.n_items)
    folded = algorithm.fold_in(model, hundred, person).scores(np.array([0]))[0]
    without = algorithm.fold_in(model, hundred, person.select(person.items == 8)).scores(np.array([0]))[0]
    assert np.mean(folded < folded[3]) > np.mean(without < without[3])


def test_a_regression_folds_in_about_as_well_as_what_the_algorithms_know_better():
    """What an algorithm falls back on that says nothing about new users, beside the methods of those that do."""
    split = make_split(generate(SyntheticRecipe(n_users=200, n_items=150, feedback="implicit")))
    for algorithm in (BPR(n_epochs=30), LambdaRank(n_epochs=30), ImplicitALS(), SVD(n_factors=12)):
        model = run(algorithm, split.train)[-1].model
        ours, theirs = (
            fold_in_by_regression(model, split.train, split.train),
            algorithm.fold_in(model, split.train, split.train),
        )
        assert evaluate(ours, split).mean("ndcg", 10) > 0.93 * evaluate(theirs, split).mean("ndcg", 10), algorithm.label
