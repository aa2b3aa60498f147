"""The forces of one person: they add up to nothing, they are the gradient, and their steps help the list."""

from itertools import islice

import numpy as np
import pytest

from recsys_core.algorithms import BPR
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.per_user.pair_forces import STEP_LENGTH, follow_forces
from tests import oracles

WEIGHTINGS = pytest.mark.parametrize("by_ndcg", [False, True], ids=["BPR", "LambdaRank"])


def small(seed=0, m=4, n=9, graded=False):
    """A random model, and people with three choices each."""
    rng = np.random.default_rng(seed)
    model = FactorModel.of(rng.normal(size=(m, 3)), rng.normal(size=(n, 3)), item_bias=rng.normal(size=n))
    users = np.repeat(np.arange(m), 3)
    items = np.concatenate([rng.permutation(n)[:3] for _ in range(m)])
    values = rng.integers(1, 6, len(users)) if graded else np.ones(len(users))
    return model, Interactions.from_triples(users, items, values, m, n)


def now(model, train, user, **options):
    return next(follow_forces(model, train, user, **options))


@WEIGHTINGS
@pytest.mark.parametrize("graded", [False, True])
def test_forces_of_one_person_add_up_to_nothing_and_those_upwards_to_1(by_ndcg, graded):
    model, train = small(graded=graded)
    for user in range(4):
        forces = now(model, train, user, by_ndcg=by_ndcg, k=4, graded=graded).forces
        assert abs(forces.sum()) < 1e-6 and forces[forces > 0].sum() == pytest.approx(1, abs=1e-6)


@WEIGHTINGS
def test_pushes_are_the_downward_slope_of_the_weighted_loss(by_ndcg):
    model, train = small()
    user, k = 1, 4
    moment = now(model, train, user, by_ndcg=by_ndcg, k=k)
    scores = moment.scores.astype(float)
    chosen = train.items[train.of(user)].tolist()
    rivals = [item for item in range(train.n_items) if item not in chosen]
    weights = [
        [oracles.effect_of_a_swap(scores, moment.gains, i, j, k) if by_ndcg else 1.0 for j in rivals] for i in chosen
    ]

    def loss(at):
        return oracles.pair_loss(at, [0] * len(chosen), chosen, [rivals], weights)

    downhill = -oracles.slope_of(loss, scores[None])[0]
    np.testing.assert_allclose(moment.forces, downhill / downhill[downhill > 0].sum(), atol=1e-4)


def test_also_of_grades_a_pair_weighs_what_its_swap_changes_and_nothing_else():
    """A choice with few rivals, since most of the others are better, weighs no more for it."""
    model, train = small(graded=True)
    for user in range(4):
        moment, expected = now(model, train, user, by_ndcg=True, k=4, graded=True), np.zeros(train.n_items)
        scores, gains = moment.scores.astype(float), moment.gains
        for i, j in np.argwhere(gains[:, None] > gains):
            force = oracles.effect_of_a_swap(scores, gains, i, j, 4) / (1 + np.exp(scores[i] - scores[j]))
            expected[[i, j]] += force, -force
        np.testing.assert_allclose(moment.forces, expected / expected[expected > 0].sum(), atol=1e-5)


@WEIGHTINGS
def test_chosen_items_are_pushed_up_and_others_down(by_ndcg):
    model, train = small()
    moment = now(model, train, 0, by_ndcg=by_ndcg, k=9)
    assert np.all(moment.forces[moment.gains > 0] > 0) and np.all(moment.forces[moment.gains == 0] <= 0)


def test_by_place_only_the_top_counts_and_for_bpr_the_bottom_does():
    """Two items at the very end of a long list: BPR forces the chosen one hardest, LambdaRank@5 hardly at all."""
    n = 200
    model = FactorModel.of(np.ones((1, 1)), np.linspace(3, -3, n)[:, None])
    train = Interactions.from_triples([0, 0], [2, n - 2], [1, 1], 1, n)
    bpr, by_ndcg = (now(model, train, 0, by_ndcg=way, k=5) for way in (False, True))
    assert bpr.forces[n - 2] > bpr.forces[2] and by_ndcg.forces[2] > by_ndcg.forces[n - 2]
    assert by_ndcg.share_in_top(5) > 3 * bpr.share_in_top(5)


def test_ndcg_is_that_of_the_whole_list():
    model, train = small(graded=True)
    for user in range(4):
        moment = now(model, train, user, by_ndcg=True, k=4, graded=True)
        gain_of = {item: float(gain) for item, gain in enumerate(moment.gains)}
        best_first = oracles.unseen_items_best_first(moment.scores, [])
        ideal = sorted(gain_of, key=gain_of.get, reverse=True)
        expected = oracles.dcg_at(best_first, gain_of, 4) / oracles.dcg_at(ideal, gain_of, 4)
        assert moment.ndcg == pytest.approx(expected, abs=1e-6)
        assert moment.best_first.tolist() == list(best_first)


@WEIGHTINGS
def test_a_step_moves_the_person_a_tenth_of_their_length_and_lowers_their_loss(by_ndcg):
    model, train = small()
    first, second = islice(follow_forces(model, train, 2, by_ndcg=by_ndcg, k=4), 2)
    moved, *_ = np.linalg.lstsq(model.item_factors, second.scores - first.scores, rcond=None)
    assert np.linalg.norm(moved) == pytest.approx(STEP_LENGTH * np.linalg.norm(model.user_factors[2]), rel=1e-4)
    assert np.sum(first.forces * (second.scores - first.scores)) > 0


def test_steps_along_the_arrows_help_the_training_lists():
    train = generate(SyntheticRecipe(n_users=60, n_items=80)).interactions
    model = list(BPR(n_factors=32, n_epochs=3).epochs(train))[-1].model
    for by_ndcg in (False, True):
        walks = [list(islice(follow_forces(model, train, user, by_ndcg=by_ndcg, k=10), 6)) for user in range(30)]
        assert np.mean([walk[-1].ndcg for walk in walks]) > np.mean([walk[0].ndcg for walk in walks]) + 0.02


@WEIGHTINGS
def test_who_chose_everything_is_pushed_nowhere(by_ndcg):
    model, _ = small(m=2)
    train = Interactions.from_triples(np.zeros(9, int), np.arange(9), np.ones(9), 2, 9)
    walk = list(islice(follow_forces(model, train, 0, by_ndcg=by_ndcg, k=3), 3))
    for moment in walk:
        np.testing.assert_array_equal(moment.forces, 0)
        np.testing.assert_array_equal(moment.scores, walk[0].scores)
    with pytest.raises(InputError, match="must have something relevant in training"):
        now(model, train, 1, by_ndcg=by_ndcg, k=3)


def test_shares_below_are_the_rest_of_all_push():
    model, train = small()
    moment = now(model, train, 0, by_ndcg=False, k=4)
    top = moment.forces[moment.best_first[:3]]
    up, down = moment.shares_below(3)
    assert up + top[top > 0].sum() == pytest.approx(1, abs=1e-6) == down - top[top < 0].sum()
