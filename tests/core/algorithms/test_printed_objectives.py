"""The formulas that Train prints for BPR and LambdaRank are what is done: evaluated by loops, they give the steps."""

import math

import numpy as np
import pytest

from recsys_core.algorithms import pairwise
from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.epochs import last_model
from recsys_core.algorithms.lambdarank import LambdaRank, graded_gains
from recsys_core.algorithms.pairwise import mean_over_samples
from recsys_core.algorithms.reference_models import Popularity
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.metrics.ranking import exponential_gain
from tests import oracles

LAM, RATE, K = 0.7, 0.1, 5


def stars(m: int = 6, n: int = 12) -> Interactions:
    rng = np.random.default_rng(0)
    users, items = np.nonzero(rng.random((m, n)) < 0.4)
    return Interactions.from_triples(users, items, rng.integers(1, 6, len(users)), m, n)


class OneStep:
    """A pass over `data` in a single step: the parameters before it, what was compared, and the gradients."""

    def __init__(self, monkeypatch, data, gains, pair_weights, negatives):
        monkeypatch.setattr(pairwise, "_block", lambda n, n_active, choices: (n_active, False))
        monkeypatch.setattr(pairwise, "adagrad_rows", self._note)
        self.pairs, self.gradients = None, []

        def weigh(pairs):
            self.pairs = pairs
            return pair_weights(pairs)

        models = pairwise.train_on_pairs(
            BPR(n_factors=3, learning_rate=RATE, regularization=LAM, negatives=negatives, start="noise"),
            data,
            np.random.default_rng(0),
            gains=gains,
            pair_weights=weigh,
        )
        before, after = next(models), next(models)
        self.p, self.q, self.b = (
            each.astype(float) for each in (before.user_factors, before.item_factors, before.item_bias)
        )
        self.p_after, self.scores = after.user_factors, before.scores(np.arange(data.n_users))
        users = [int(np.abs(self.scores - row).sum(axis=1).argmin()) for row in self.pairs.scores]
        assert sorted(users) == list(range(data.n_users))
        self.compared = {
            (users[row], int(item)): self.pairs.samples[row][valid].tolist()
            for row, item, valid in zip(self.pairs.rows, self.pairs.items, self.pairs.valid, strict=True)
            if valid.any()
        }

    def _note(self, values, squares, columns, gradient, learning_rate):
        self.gradients.append(gradient.copy())
        return values

    def assert_follows(self, weights) -> None:
        """The step is Adagrad's along the finite differences of the printed objective with these `weights`."""
        value = lambda p, q, b: oracles.pairwise_objective(p, q, b, self.compared, weights, LAM)  # noqa: E731
        by_q, by_b = self.gradients
        np.testing.assert_allclose(by_q, oracles.slope_of(lambda q: value(self.p, q, self.b), self.q), atol=2e-4)
        np.testing.assert_allclose(by_b, oracles.slope_of(lambda b: value(self.p, self.q, b), self.b), atol=2e-4)
        by_p = oracles.slope_of(lambda p: value(p, self.q, self.b), self.p)
        np.testing.assert_allclose(self.p_after, self.p - RATE * by_p / np.sqrt(1e-6 + by_p**2), atol=2e-4)


@pytest.mark.parametrize("negatives", pairwise.NEGATIVES)
def test_a_step_of_bpr_goes_down_the_printed_objective(negatives, monkeypatch):
    data = stars()
    step = OneStep(monkeypatch, data, np.ones(data.n_interactions, np.float32), mean_over_samples, negatives)
    assert len(step.compared) == data.n_interactions
    step.assert_follows(oracles.equal_weights(step.compared))


@pytest.mark.parametrize("gains", ["binary", "graded"])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_step_of_lambdarank_goes_along_the_printed_forces(share, gains, monkeypatch):
    data = stars()
    recipe = LambdaRank(floor=share, truncation=K, gains=gains)
    good = graded_gains(data.values) if gains == "graded" else np.ones(data.n_interactions, np.float32)
    step = OneStep(monkeypatch, data, good, recipe.pair_weights, "uniform")
    table = np.zeros(step.scores.shape)
    table[data.users, data.items] = good
    step.assert_follows(oracles.lambdarank_weights(step.compared, step.scores, table, K, share))


def test_the_papers_penalty_per_triple_is_what_the_help_says_it_is():
    """A triple's step shrinks p_u, q_i and q_j by λ_Θ Θ; over an epoch of one triple a choice that is our 2λΘ."""
    data, lam = generate(SyntheticRecipe(n_users=200, n_items=300)).interactions, 1.5
    rng, times_item = np.random.default_rng(0), np.zeros(data.n_items)
    chosen, n_epochs = set(zip(data.users.tolist(), data.items.tolist(), strict=True)), 40
    for _ in range(n_epochs):
        for u, i in zip(data.users.tolist(), data.items.tolist(), strict=True):
            j = int(rng.integers(data.n_items))
            while (u, j) in chosen:
                j = int(rng.integers(data.n_items))
            times_item[[i, j]] += 1 / n_epochs
    of_people = 2 * lam / data.items_per_user
    np.testing.assert_allclose(of_people * np.bincount(data.users), 2 * lam)  # a person's triples are their choices
    of_items = 2 * lam / (data.users_per_item + data.n_interactions / data.n_items)
    shrunk = of_items * times_item
    assert np.median(shrunk) == pytest.approx(2 * lam, rel=0.05)
    assert np.all(np.abs(shrunk / (2 * lam) - 1) < 0.3)


def test_the_help_states_the_papers_penalty_on_movielens_1m():
    """1,000,209 ratings of 6,040 people and 3,706 films, of the average person and film."""
    n_ratings, m, n = 1_000_209, 6_040, 3_706
    assert 2 * 1.5 / (n_ratings / m) == pytest.approx(0.02, abs=0.005)
    assert 2 * 1.5 / (n_ratings / n + n_ratings / n) == pytest.approx(0.006, abs=0.0005)


def test_lists_of_als_on_ratings_are_worse_than_popularity_where_it_says_that_they_often_are():
    split = make_split(generate(SyntheticRecipe(n_users=200, n_items=150, feedback="explicit")))
    ours, popularity = (
        evaluate(last_model(recipe.epochs(split.train)), split, "validation").mean("ndcg", 10)
        for recipe in (ALS(n_epochs=5), Popularity())
    )
    assert ours < 0.9 * popularity


@pytest.mark.parametrize("ratings", [[1, 3, 5], [1, 5, 10], [0.5, 3, 5], [0, 1], [-10, 0, 10], [1, 50, 100]])
def test_graded_gains_map_the_scale_onto_1_to_5_and_the_metric_does_not(ratings):
    low, high = min(ratings), max(ratings)
    expected = [2 ** (1 + 4 * (rating - low) / (high - low)) - 1 for rating in ratings]
    ours = graded_gains(np.array(ratings, np.float32))
    np.testing.assert_allclose(ours, expected, rtol=1e-5)
    if low >= 0 and high <= 50:  # beyond, the metric refuses
        theirs = exponential_gain(np.array(ratings))
        np.testing.assert_allclose(theirs, [2.0**rating - 1 for rating in ratings])
        assert np.allclose(ours, theirs) == ((low, high) == (1, 5))


def test_the_derivative_of_ln_sigma_is_sigma_of_the_negative_and_not_its_slope():
    sigma = lambda x: 1 / (1 + math.exp(-x))  # noqa: E731
    for x in (-2.0, 0.0, 0.7, 3.0):
        slope = (math.log(sigma(x + 1e-6)) - math.log(sigma(x - 1e-6))) / 2e-6
        assert slope == pytest.approx(1 - sigma(x), abs=1e-6) == pytest.approx(sigma(-x), abs=1e-6)
        assert sigma(x) * (1 - sigma(x)) == pytest.approx(slope * sigma(x), abs=1e-6)  # σ′ has one factor σ too many
