"""Scoring every number of factors of one factorisation, honestly and with a leak."""

import numpy as np
import pytest

from recsys_core.algorithms import SVD
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation import truncation_sweep
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.evaluation.reference_models import evaluate_reference_models, reference_ndcg
from recsys_core.evaluation.truncation_sweep import sweep_truncations


@pytest.fixture(scope="module")
def split():
    return make_split(generate(SyntheticRecipe(n_users=120, n_items=60, n_tastes=4, picks=15)))


@pytest.mark.parametrize("subset", ["validation", "test"])
def test_every_k_scores_as_the_svd_of_that_k_alone(split, subset):
    sweep = sweep_truncations(split, subset)
    for place, k in enumerate(sweep.ks):
        if k in (1, 4, 20):
            *_, alone = SVD(n_factors=k, regularization=0).epochs(split.train)
            assert sweep.ndcg[place] == pytest.approx(evaluate(alone.model, split, subset).mean("ndcg", 10), abs=1e-6)
    assert sweep.best_k == sweep.ks[list(sweep.ndcg).index(max(sweep.ndcg))]


def test_explained_is_what_the_guess_takes_off_the_squared_table(split):
    sweep = sweep_truncations(split, "test")
    table = split.train.binary.toarray().astype(float)
    for place, k in enumerate(sweep.ks):
        model = sweep.truncated(k)
        missed = table - model.user_factors.astype(float) @ model.item_factors.T
        assert sweep.explained[place] == pytest.approx(1 - (missed**2).sum() / (table**2).sum(), abs=1e-5)


def test_an_honest_sweep_has_learned_from_no_held_out_rating_and_a_leaky_one_from_all(split):
    honest, leaky = (sweep_truncations(split, "test", leak=leak) for leak in (False, True))
    assert (honest.n_leaked, leaky.n_leaked) == (0, split.test.n_interactions)
    assert honest.n_held_out == leaky.n_held_out == split.test.n_interactions


def test_the_leak_rebuilds_the_table_that_it_was_shown(split):
    leaky = sweep_truncations(split, "test", leak=True, planted=split.train.n_items)
    model, shown = leaky.truncated(leaky.ks[-1]), split.train.joined(split.test)
    guess = model.user_factors @ model.item_factors.T
    assert leaky.ks[-1] == split.train.n_items
    np.testing.assert_allclose(guess, shown.binary.toarray(), atol=1e-4)


def test_the_leak_turns_the_choice_of_k_around_on_the_default_data():
    dataset = generate()
    honest, leaky = (sweep_truncations(make_split(dataset), "test", leak=leak, planted=8) for leak in (False, True))
    popularity = reference_ndcg(dataset, make_split(dataset), "test", honest.users)["Popularity"]
    assert honest.best_k == 8 < 40 < leaky.best_k
    assert honest.ndcg.max() > 1.3 * popularity
    assert honest.ndcg[-1] < popularity < leaky.ndcg[-1]


def test_the_planted_k_is_among_those_looked_at_with_its_neighbours(split):
    assert {12, 13, 14} <= set(sweep_truncations(split, "test", planted=13).ks)
    assert 13 not in sweep_truncations(split, "test").ks


def test_no_k_is_larger_than_the_table():
    assert sweep_truncations(make_split(load_example_5x5()), "test", planted=8).ks == (1, 2, 3, 4, 5)


def test_lists_hold_unseen_items_by_falling_score(split):
    sweep, (seen, _) = sweep_truncations(split, "test"), split.seen_and_held_out("test")
    lists = sweep.lists(seen, 7, 5)
    assert lists.shape == (len(sweep.ks), 5)
    for k, items in zip(sweep.ks, lists, strict=True):
        scores = sweep.truncated(k).scores(np.array([7]))[0]
        scores[seen.items[seen.of(7)]] = -np.inf
        np.testing.assert_allclose(scores[items], np.sort(scores)[::-1][:5])


def test_of_a_large_table_fewer_people_and_k_are_taken_and_rails_follow_them(split, monkeypatch):
    whole = sweep_truncations(split, "test")
    monkeypatch.setattr(truncation_sweep, "_FEW_CELLS", 1_000)
    monkeypatch.setattr(truncation_sweep, "_SCORED_CELLS", 50 * split.train.n_items)
    sweep = sweep_truncations(split, "test")
    assert len(whole.users) > len(sweep.users) == 50 and len(sweep.ks) < len(whole.ks)
    *_, alone = SVD(n_factors=4, regularization=0).epochs(split.train)
    everybody = evaluate(alone.model, split)
    of_those = everybody.per_user("ndcg", 10)[[user in sweep.users for user in everybody.users]]
    assert sweep.ndcg[sweep.ks.index(4)] == pytest.approx(of_those.mean(), abs=1e-6)


@pytest.mark.parametrize("subset", ["validation", "test"])
def test_references_of_a_sample_are_those_of_the_same_people_in_their_evaluations(split, subset):
    dataset = generate(SyntheticRecipe(n_users=120, n_items=60, n_tastes=4, picks=15))
    evaluations = evaluate_reference_models(dataset, split, subset)
    users = np.sort(np.random.default_rng(0).permutation(evaluations["Random"].users)[:70])
    sampled = reference_ndcg(dataset, split, subset, users)
    assert sampled.keys() == evaluations.keys() == {"Random", "Popularity", "Oracle"}
    for name, evaluation in evaluations.items():
        assert sampled[name] == evaluation.per_user("ndcg", 10)[np.isin(evaluation.users, users)].mean()
    assert reference_ndcg(dataset, split, subset, np.zeros(0, int)) == {}


def test_with_nothing_held_out_there_is_a_guess_but_no_score():
    sweep = sweep_truncations(
        make_split(generate(SyntheticRecipe(n_users=20, n_items=10)), SplitRecipe(validation=0, test=0)), "test"
    )
    assert len(sweep.ndcg) == 0 and len(sweep.explained) == len(sweep.ks)
    assert sweep.n_held_out == sweep.n_leaked == 0
