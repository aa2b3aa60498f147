"""Chosen models learn again from training and validation ratings; the test stays what it was."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.epochs import Diverged, branched_epochs, last_model
from recsys_core.data.split import METHODS, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.best_epoch import best_model
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.report.collect import collect
from recsys_core.runner.execute import execute
from recsys_core.runner.retrain import (
    LEARN_FROM,
    can_retrain,
    find_retrained,
    queue_retraining,
    retrain,
    split_for_retraining,
)
from recsys_core.store.kept_epoch import kept_record
from recsys_core.store.run import DIVERGED, FINISHED, STOPPED, Branch
from recsys_core.store.store import RunStore

SMALL = SyntheticRecipe(n_users=50, n_items=40, picks=10, seed=2)


def pairs(subset) -> set:
    return set(zip(subset.users.tolist(), subset.items.tolist(), strict=True))


@pytest.fixture
def store(tmp_path) -> RunStore:
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def split(store):
    return store.split(store.add_dataset(generate(SMALL)), SplitRecipe())


def executed(store, run_id):
    while run := store.queue.claim("worker"):
        execute(store, run)
    return store.run(run_id)


def _record_and_stop(record_epoch, run_id, record) -> bool:
    """As if somebody pressed Stop during the third epoch."""
    return record_epoch(run_id, record) or record.number == 3


@pytest.mark.parametrize("method", METHODS)
def test_validation_joins_train_and_the_test_is_the_same(method):
    made = generate(SMALL)
    times = np.random.default_rng(0).permutation(made.interactions.n_interactions).astype(float)
    dataset = replace(made, times=times)
    recipes = (SplitRecipe(method=method, learn_from=which) for which in ("training", LEARN_FROM))
    before, after = (make_split(dataset, recipe) for recipe in recipes)
    assert pairs(after.train) == pairs(before.train) | pairs(before.validation)
    assert after.validation.n_interactions == 0 and pairs(after.test) == pairs(before.test)
    for ours, theirs in zip(after.seen_and_held_out("test"), before.seen_and_held_out("test"), strict=True):
        assert pairs(ours) == pairs(theirs), "the same items are left out of the lists, the same ones are to be found"
    assert after.n_overlaps() == 0
    assert before.fingerprint != after.fingerprint
    assert before.fingerprint == before.selection_fingerprint == after.selection_fingerprint


def test_a_split_that_learns_from_training_only_keeps_the_fingerprint_it_always_had():
    assert "learn_from" not in SplitRecipe().settings()
    assert SplitRecipe(**SplitRecipe(learn_from=LEARN_FROM).settings()).learns_from_validation


@pytest.mark.parametrize("name", ["svd", "bpr", "ease"])
def test_it_scores_what_the_same_recipe_makes_of_both_parts(store, split, name):
    recipe = ALGORITHMS[name].defaults_for(split.train)
    chosen = executed(store, store.queue.add_run(split, name, recipe, 3))
    again = split_for_retraining(store, split)
    assert find_retrained(store, [chosen], again) == [None]
    run = executed(store, queue_retraining(store, chosen, again))
    assert find_retrained(store, [chosen], again) == [run]
    model = last_model(recipe.epochs(split.train.joined(split.validation), seed=3))
    expected = evaluate(model, split, "test")
    found = store.evaluation(run.id, "test")
    assert np.array_equal(found.users, expected.users)
    assert np.array_equal(found.relevant.ranks, expected.relevant.ranks)
    assert store.evaluation(run.id, "validation") is None
    assert not np.array_equal(found.relevant.ranks, store.evaluation(chosen.id, "test").relevant.ranks)


def test_one_stopped_by_hand_learns_as_long_again_and_a_branch_branches_again(store, split, monkeypatch):
    before = ALGORITHMS["bpr"](n_epochs=30, n_factors=4)
    stopped_id = store.queue.add_run(split, "bpr", before, 0)
    with monkeypatch.context() as patch:
        patch.setattr(store.queue, "record_epoch", partial(_record_and_stop, store.queue.record_epoch))
        execute(store, store.queue.claim("worker"))
    stopped = store.run(stopped_id)
    assert stopped.state == STOPPED and store.epochs(stopped_id)[-1].number == 3
    branch = executed(
        store,
        store.queue.add_run(
            split, "bpr", replace(before, regularization=9, n_epochs=5), 0, branch=Branch(stopped_id, 2, before)
        ),
    )
    again = split_for_retraining(store, split)
    runs = [executed(store, queue_retraining(store, each, again)) for each in (stopped, branch)]
    assert find_retrained(store, [stopped, branch], again) == runs
    assert [store.epochs(each.id)[-1].number for each in runs] == [3, 5]
    assert runs[1].branch == branch.branch


def test_another_seed_or_setting_is_not_taken_for_it(store, split):
    again = split_for_retraining(store, split)
    chosen = executed(store, store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=3), 0))
    for seed, k in ((1, 3), (0, 4)):
        executed(store, store.queue.add_run(again, "svd", ALGORITHMS["svd"](n_factors=k), seed))
    assert find_retrained(store, [chosen], again) == [None]
    assert can_retrain(chosen)


def test_its_report_needs_the_test_to_be_revealed_as_any(store, split):
    chosen = executed(store, store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=3), 0))
    again = split_for_retraining(store, split)
    run = executed(store, queue_retraining(store, chosen, again))
    with pytest.raises(InputError, match="must have been revealed"):
        collect(store, [run], subset="test", metric="ndcg", k=10, margin=0.02)
    store.reveal_test(split.fingerprint)
    assert collect(store, [run], subset="test", metric="ndcg", k=10, margin=0.02).n_reveals == 1


def assert_same_scores(ours, theirs) -> None:
    np.testing.assert_array_equal(ours.scores(np.arange(SMALL.n_users)), theirs.scores(np.arange(SMALL.n_users)))


@pytest.fixture
def other():
    return make_split(generate(replace(SMALL, popularity_strength=0)), SplitRecipe())


def test_on_other_data_the_best_epoch_is_kept_as_the_run_kept_its_own(store, split, other):
    recipe = ALGORITHMS["bpr"](n_epochs=12, n_factors=16, regularization=0.01, kept_model="best epoch")
    run = executed(store, store.queue.add_run(split, "bpr", recipe, 1))
    kept = kept_record(recipe, store.epochs(run.id)).number
    last = last_model(recipe.epochs(other.train, seed=1))
    best = best_model(recipe.epochs(other.train, seed=1), other)
    assert kept < 12 and not np.array_equal(last.scores([0]), best.scores([0])), "else this test shows nothing"
    assert_same_scores(retrain(store, run, other), best)
    unvalidated = make_split(generate(SMALL), SplitRecipe(validation=0))
    expected = last_model(recipe.epochs(unvalidated.train, seed=1), until=kept)
    assert_same_scores(retrain(store, run, unvalidated), expected)


def test_on_other_data_one_stopped_by_hand_stops_there_and_a_branch_begins_as_its_parent(
    store, split, other, monkeypatch
):
    before = ALGORITHMS["bpr"](n_epochs=30, n_factors=4)
    stopped_id = store.queue.add_run(split, "bpr", before, 0)
    with monkeypatch.context() as patch:
        patch.setattr(store.queue, "record_epoch", partial(_record_and_stop, store.queue.record_epoch))
        execute(store, store.queue.claim("worker"))
    expected = last_model(before.epochs(other.train), until=3)
    assert_same_scores(retrain(store, store.run(stopped_id), other), expected)
    after = replace(before, regularization=9, n_epochs=5)
    branch = executed(store, store.queue.add_run(split, "bpr", after, 0, branch=Branch(stopped_id, 2, before)))
    expected = last_model(branched_epochs(before, 2, after, other.train))
    assert_same_scores(retrain(store, branch, other), expected)


def _diverge(*_):
    raise Diverged("In epoch 1 the loss is no longer a finite number: lower the learning rate.")
    yield


def test_on_other_data_a_training_that_diverges_ends_before_that(store, split, other, monkeypatch):
    recipe = ALGORITHMS["bpr"](n_factors=8, learning_rate=1000.0)
    run = executed(store, store.queue.add_run(split, "bpr", recipe, 0))
    assert run.state == DIVERGED
    elsewhere = replace(run, state=FINISHED)  # as if it had diverged on the other data only
    assert_same_scores(retrain(store, elsewhere, other), last_model(recipe.epochs(other.train), until=0))
    monkeypatch.setattr("recsys_core.runner.retrain.timed_epochs", _diverge)
    with pytest.raises(InputError, match="In epoch 1 the loss"):
        retrain(store, run, other)
