"""Executing runs: what a run leaves in the store, and worker processes that live, die and are replaced."""

import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS, RECIPES
from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.algorithms.epochs import Diverged, stop_at_divergence
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.evaluation.best_epoch import score_on_validation
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.parameters import number
from recsys_core.runner import execute as execute_module
from recsys_core.runner.execute import execute, timed_epochs
from recsys_core.runner.worker import execute_queued_runs
from recsys_core.runner.workers import ALL_RUNS
from recsys_core.store.queue import ClaimLost
from recsys_core.store.run import DIVERGED, FAILED, FINISHED, QUEUED, STOPPED
from tests.core.runner.small_runs import ENDLESS, SHORT, split_of
from tests.small_trainings import recipe as recipe_of

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Scripted(Algorithm):
    """Yields the objectives of `script`; its models score everything alike."""

    label = "Scripted"
    objective_label = "Loss"
    equation = meaning = ""
    divergence_advice = "lower the learning rate"
    script = (3.0, 2.0, 1.0)

    n_factors: int = number(1, "k", "Help.", bounds=(1, 9), typical=(1, 9))
    regularization: float = number(0.0, "λ", "Help.", bounds=(0, 9), typical=(0, 9))

    def _epochs(self, train, rng):
        for place, objective in enumerate(self.script):
            if isinstance(objective, Exception):
                raise objective
            factors = np.full((train.n_items, 1), np.nan if objective == "nan factors" else place)
            value = 1.0 if isinstance(objective, str) else objective
            yield Epoch(place + 1, FactorModel.of(np.ones((train.n_users, 1)), factors), value)


def executed(store, split, key, recipe, seed=0):
    run_id = store.queue.add_run(split, key, recipe, seed)
    execute(store, store.queue.claim("here"))
    return store.run(run_id)


@pytest.fixture
def scripted(store, monkeypatch):
    """Executes a script of objectives on the planted data and returns the run."""

    def run(*script, **settings):
        algorithm = type("Scripted", (Scripted,), {"script": script, **settings})
        monkeypatch.setitem(RECIPES, "scripted", algorithm)
        return executed(store, split_of(store), "scripted", algorithm())

    return run


# One run


@pytest.mark.parametrize("key", ALGORITHMS)
def test_the_store_holds_what_the_library_gives_directly(store, key):
    split, recipe = split_of(store), recipe_of(ALGORITHMS[key], n_factors=4, n_epochs=4)
    run = executed(store, split, key, recipe, seed=7)
    assert (run.state, run.message) == (FINISHED, "") and run.created <= run.started <= run.ended
    epochs = list(recipe.epochs(split.train, seed=7))
    records = store.epochs(run.id)
    assert [(record.number, record.objective) for record in records] == [(e.number, e.objective) for e in epochs]
    held_out = [evaluate(epoch.model, split, "validation") for epoch in epochs]
    assert [record.validation for record in records] == [each.mean("ndcg", 10) for each in held_out]
    assert [record.rmse for record in records] == [each.rmse for each in held_out]
    model = store.model(run.id)
    np.testing.assert_array_equal(model.scores(np.arange(60)), epochs[-1].model.scores(np.arange(60)))
    for subset in ("validation", "test"):
        kept, direct = store.evaluation(run.id, subset), evaluate(epochs[-1].model, split, subset)
        for metric in ("ndcg", "map", "auc"):
            np.testing.assert_array_equal(kept.per_user(metric, 10), direct.per_user(metric, 10))
        assert kept.rmse == direct.rmse and kept.overall("coverage", 10) == direct.overall("coverage", 10)


def test_without_a_validation_part_there_are_no_validation_values(store):
    run = executed(store, split_of(store, validation=0.0), "bpr", SHORT)
    assert run.state == FINISHED
    assert {record.validation for record in store.epochs(run.id)} == {None}
    assert store.evaluation(run.id, "validation") is None and store.evaluation(run.id, "test") is not None


def test_without_a_test_part_there_is_no_test_evaluation(store):
    run = executed(store, split_of(store, test=0.0), "bpr", SHORT)
    assert run.state == FINISHED
    assert store.evaluation(run.id, "test") is None and store.evaluation(run.id, "validation") is not None
    assert all(record.validation is not None for record in store.epochs(run.id))


@pytest.mark.parametrize("key", ALGORITHMS)
def test_the_five_by_five_of_the_note_can_be_run_with_everything(store, key):
    run = executed(store, split_of(store, load_example_5x5()), key, ALGORITHMS[key]())
    assert run.state == FINISHED and run.label.startswith(f"#{run.id} {ALGORITHMS[key].label}")


def test_a_run_ends_with_the_epoch_in_which_it_is_asked_to_stop(store, monkeypatch):
    record_epoch, run_id = store.queue.record_epoch, store.queue.add_run(split_of(store), "bpr", ENDLESS, 0)

    def record_and_ask(which, record):
        if record.number == 3:
            store.queue.request_stop(which.id)
        return record_epoch(which, record)

    monkeypatch.setattr(store.queue, "record_epoch", record_and_ask)
    execute(store, store.queue.claim("here"))
    run = store.run(run_id)
    assert (run.state, run.message) == (STOPPED, "Stopped after epoch 3.")
    assert [record.number for record in store.epochs(run_id)] == [0, 1, 2, 3]
    assert store.model(run_id) is not None and store.evaluation(run_id, "test") is not None


@pytest.fixture
def lost(store, monkeypatch):
    """A run that is taken from its first worker in its third epoch and queued again."""
    record_epoch, run_id = store.queue.record_epoch, store.queue.add_run(split_of(store), "bpr", SHORT, 0)

    def record_and_lose(run, record):
        if (run.worker, record.number) == ("first", 3):
            store.queue.interrupt("first")
            store.queue.requeue(run.id)
        return record_epoch(run, record)

    monkeypatch.setattr(store.queue, "record_epoch", record_and_lose)
    return run_id


def test_a_worker_that_was_taken_for_dead_leaves_its_run_alone(store, lost):
    with pytest.raises(ClaimLost):
        execute(store, store.queue.claim("first"))
    assert store.run(lost).state == QUEUED and store.epochs(lost) == [] and store.model(lost) is None


def test_a_worker_that_was_taken_for_dead_goes_on_with_what_waits(store, lost, monkeypatch):
    names, claim = iter(("first", "second")), store.queue.claim
    monkeypatch.setattr(store.queue, "claim", lambda *_, **__: claim(next(names)))
    with pytest.raises(StopIteration):
        execute_queued_runs(store, "first", ALL_RUNS)
    assert store.run(lost).state == FINISHED and len(store.epochs(lost)) == 6


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 31.0, "nan factors"])
def test_a_diverging_run_keeps_its_last_good_model_and_names_the_slider(store, scripted, bad):
    run = scripted(3.0, 2.0, bad, 1.0)
    assert run.state == DIVERGED
    assert run.message.startswith("In epoch 3 the loss ") and run.message.endswith(": lower the learning rate.")
    assert [record.objective for record in store.epochs(run.id)] == [3.0, 2.0]
    assert store.model(run.id).item_factors[0] == 1.0
    assert store.evaluation(run.id, "test") is not None


def test_a_real_learner_with_huge_steps_diverges_in_these_words(store):
    run = executed(store, split_of(store), "bpr", ALGORITHMS["bpr"](n_factors=8, learning_rate=1000.0))
    assert run.state == DIVERGED and run.message.endswith("instead of falling: lower the learning rate.")
    assert store.model(run.id).n_factors == 8 and len(store.epochs(run.id)) >= 1


def test_a_run_that_diverges_at_once_has_no_model_and_says_so(store, scripted):
    run = scripted(float("nan"))
    assert run.state == DIVERGED and store.epochs(run.id) == []
    assert store.model(run.id) is None and store.evaluation(run.id, "test") is None


def test_an_objective_that_should_rise_may_rise(scripted):
    assert scripted(0.01, 0.5, 0.9, objective_falls=False).state == FINISHED
    assert scripted(0.01, 0.5, 0.9).state == DIVERGED


def test_ten_times_the_first_value_is_still_on_the_rails_and_more_is_not():
    train = load_example_5x5().interactions
    for last, diverges in ((10.0, False), (10.001, True)):
        recipe = type("Scripted", (Scripted,), {"script": (1.0, last)})()
        passed = stop_at_divergence(recipe.epochs(train), recipe, train)
        assert next(passed).objective == 1.0
        if diverges:
            with pytest.raises(Diverged, match=r"has risen from 1 to 10 instead of falling"):
                next(passed)
        else:
            assert next(passed).objective == last


@pytest.mark.parametrize("key", ["als", "implicit_als"])
def test_a_perfect_fit_is_not_a_divergence(key, store):
    """ALS without penalty and with more factors than ratings a row reaches an error of 0 but for rounding."""
    recipe = ALGORITHMS[key](n_factors=64, regularization=0.0, n_epochs=30)
    assert executed(store, split_of(store), key, recipe).state == FINISHED


@pytest.mark.parametrize(("last", "diverges"), [(0.09, False), (0.11, True), (1e6, True)])
def test_beside_an_empty_models_objective_a_rise_from_0_is_rounding_or_a_divergence(last, diverges):
    """Of an empty model's 100, a tenth of a percent."""

    class Perfect(Scripted):
        script = (0.0, 2.7e-5, last)

        def empty_objective(self, train):
            return 100.0

    train = load_example_5x5().interactions
    passed = stop_at_divergence(Perfect().epochs(train), Perfect(), train)
    assert [next(passed).objective, next(passed).objective] == [0.0, 2.7e-5]
    if diverges:
        with pytest.raises(Diverged, match="has risen from 0 to"):
            next(passed)
    else:
        assert next(passed).objective == last


def test_factors_whose_products_overflow_are_a_divergence(store, monkeypatch):
    class Overflowing(Scripted):
        def _epochs(self, train, rng):
            for place, size in enumerate((1.0, 1e30)):
                factors = (np.full((count, 1), size) for count in (train.n_users, train.n_items))
                yield Epoch(place + 1, FactorModel.of(*factors), 1.0)

    monkeypatch.setitem(RECIPES, "scripted", Overflowing)
    run = executed(store, split_of(store), "scripted", Overflowing())
    assert run.state == DIVERGED and run.message.endswith("lower the learning rate.")
    assert store.model(run.id) is not None


def test_too_little_memory_is_said_in_words(scripted):
    run = scripted(3.0, MemoryError())
    assert run.state == FAILED and "lower k" in run.message


def test_data_with_nothing_to_learn_from_fails_with_the_sentence(store, monkeypatch):
    run_id = store.queue.add_run(split_of(store), "bpr", SHORT, 0)
    nothing = store.split(store.add_dataset(load_example_5x5()), SplitRecipe())
    empty = nothing.train.select(np.zeros(nothing.train.n_interactions, bool))
    monkeypatch.setattr(store, "split", lambda *_: types.SimpleNamespace(train=empty))
    execute(store, store.queue.claim("here"))
    assert (store.run(run_id).state, store.run(run_id).message) == (
        FAILED,
        "BPR must have something to learn from. Got nothing.",
    )


def test_seconds_count_the_training_and_not_what_is_done_with_an_epoch(monkeypatch):
    clock = types.SimpleNamespace(now=0.0, perf_counter=lambda: clock.now)
    monkeypatch.setattr(execute_module, "time", clock)

    class Slow(Scripted):
        def _epochs(self, train, rng):
            for epoch in super()._epochs(train, rng):
                clock.now += epoch.number  # 1, 2 and 3 seconds
                yield epoch

    seconds = []
    for _, so_far in timed_epochs(Slow(), load_example_5x5().interactions, 0):
        seconds.append(so_far)
        clock.now += 100
    assert seconds == [1, 3, 6]


def test_the_curve_is_the_ndcg_at_10_of_the_validation_part(store):
    split = split_of(store)
    model = FactorModel.of(np.ones((60, 1)), np.arange(40)[:, None])
    by_evaluation = evaluate(model, split, "validation")
    assert score_on_validation(model, split) == (by_evaluation.mean("ndcg", 10), None)
    assert score_on_validation(model, split_of(store, validation=0.0)) == (None, None)
