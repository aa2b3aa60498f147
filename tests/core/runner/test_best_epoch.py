"""A run that keeps its best epoch ends with the model of a shorter run, chosen on validation ratings alone."""

import gc
import json
import weakref
from dataclasses import replace

import numpy as np
import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Epoch
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.epochs import branched_epochs, last_model
from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.reranked import Reranked
from recsys_core.algorithms.shared_fields import BEST_EPOCH, LAST_EPOCH
from recsys_core.data.corruption import DropShare, corrupt_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.evaluation.best_epoch import BestEpoch, best_model, rank_validation
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.writing import model_as_npz
from recsys_core.links.run_slug import read_run_slug, run_slug
from recsys_core.parameters import parameters
from recsys_core.runner import execute as execute_module
from recsys_core.runner.execute import execute
from recsys_core.runner.import_file import import_model
from recsys_core.runner.memory import training_bytes
from recsys_core.runner.retrain import find_retrained, queue_retraining, split_for_retraining
from recsys_core.store.compare_runs import compare_runs
from recsys_core.store.history import best_entry, list_history
from recsys_core.store.kept_epoch import kept_recipe, kept_record
from recsys_core.store.run import FAILED, FINISHED, STOPPED, Branch, EpochRecord
from recsys_core.store.schema import runs
from recsys_core.sweeps.plan import Plan, Sweep, restore_sweep
from recsys_core.sweeps.progress import match_runs, queue_missing
from recsys_core.sweeps.search import _result_of
from tests.core.runner.small_runs import split_of
from tests.small_trainings import recipe as recipe_of

KEEPING = [key for key, cls in ALGORITHMS.items() if "kept_model" in parameters(cls)]
OVERFITTED = SyntheticRecipe(n_users=60, n_items=40, n_tastes=3, picks=8.0, noise=0.4, feedback="explicit", seed=1)
EVERYBODY = np.arange(OVERFITTED.n_users)


def keeping(key, **settings):
    """A recipe that soon knows too much, and keeps its best epoch."""
    wanted = {"n_factors": 12, "n_epochs": 12, "regularization": 0.02, "kept_model": BEST_EPOCH} | settings
    return recipe_of(ALGORITHMS[key], **wanted)


@pytest.fixture
def split(store):
    return split_of(store, generate(OVERFITTED), validation=0.25)


def executed(store, split, key, recipe, **how):
    run_id = store.queue.add_run(split, key, recipe, 0, **how)
    execute(store, store.queue.claim("here"))
    return store.run(run_id)


def assert_same_model(ours, theirs):
    np.testing.assert_array_equal(ours.scores(EVERYBODY), theirs.scores(EVERYBODY))


def test_all_algorithms_with_passes_can_keep_their_best():
    """The mean of samples of a posterior is no pass, and neither is a number of factors."""
    passes = [key for key, cls in ALGORITHMS.items() if "n_epochs" in parameters(cls) and cls.epoch_word == "epoch"]
    assert KEEPING == passes


@pytest.mark.parametrize("key", KEEPING)
def test_the_model_kept_is_bit_for_bit_that_of_a_run_with_so_many_epochs(store, split, key):
    recipe = keeping(key)
    run = executed(store, split, key, recipe)
    records = store.epochs(run.id)
    kept = kept_record(run.recipe, records)
    assert run.state == FINISHED and records[-1].number == recipe.n_epochs, "it is trained to its end"
    assert kept.validation == max(record.validation for record in records if record.number)
    assert kept.number == min(record.number for record in records if record.validation == kept.validation)
    shorter = replace(recipe, n_epochs=kept.number, kept_model=LAST_EPOCH)
    model = store.model(run.id)
    assert_same_model(model, last_model(shorter.epochs(split.train, seed=0)))
    assert_same_model(model, best_model(recipe.epochs(split.train, seed=0), split))
    for subset in ("validation", "test"):
        ours, direct = store.evaluation(run.id, subset), evaluate(model, split, subset)
        np.testing.assert_array_equal(ours.per_user("ndcg", 10), direct.per_user("ndcg", 10))
    assert store.evaluation(run.id, "validation").mean("ndcg", 10) == kept.validation
    assert describe_model(run, store.dataset(run.data_fingerprint), model, records, None)["epoch_kept"] == kept.number


def test_some_epoch_before_the_last_is_the_best_of_these_trainings(store, split):
    """Else nothing here could fail."""
    early = 0
    for key in ("implicit_als", "als", "bpr"):
        run = executed(store, split, key, keeping(key))
        early += kept_record(run.recipe, store.epochs(run.id)).number < run.recipe.n_epochs
    assert early >= 2


@pytest.mark.parametrize("key", KEEPING)
def test_what_keeps_the_last_epoch_is_the_run_it_always_was(store, split, key):
    recipe = replace(keeping(key), kept_model=LAST_EPOCH)
    run = executed(store, split, key, recipe)
    assert "kept_model" not in recipe.settings() and "best epoch" not in run.label
    other = executed(store, split, key, keeping(key))
    assert other.fingerprint != run.fingerprint and "best epoch" in other.label
    assert [r.objective for r in store.epochs(run.id)] == [r.objective for r in store.epochs(other.id)]
    assert_same_model(store.model(run.id), last_model(recipe.epochs(split.train, seed=0)))


def test_both_ways_of_finding_the_best_agree_and_the_start_does_not_compete():
    drawn, recipe = np.random.default_rng(0), keeping("bpr")
    for _ in range(200):
        scores = drawn.integers(0, 4, drawn.integers(1, 8)) / 4  # with ties
        best = BestEpoch()
        for number, score in enumerate(scores):
            best.offer(Epoch(number, None, 0.0), float(score))
        records = [EpochRecord(number, 0.0, float(score), 0.0) for number, score in enumerate(scores)]
        kept = kept_record(recipe, records)
        assert kept.number == best.kept.number
        assert kept.number == (1 + np.argmax(scores[1:]) if len(scores) > 1 else 0)
        assert kept_record(replace(recipe, kept_model=LAST_EPOCH), records) is records[-1]
    assert kept_record(recipe, []) is None


def test_only_one_model_is_held_beside_the_one_at_hand(split):
    alive = []

    def epochs():
        for number in range(1, 20):
            model = FactorModel.of(np.ones((60, 1)), np.random.default_rng(number).random((40, 1)))
            alive.append(weakref.ref(model))
            yield Epoch(number, model, 0.0)
            del model
            gc.collect()
            assert sum(each() is not None for each in alive) <= 2

    assert best_model(epochs(), split).n_factors == 1
    assert len(alive) == 19


def test_the_estimate_of_memory_counts_the_model_that_is_held(split):
    recipe = keeping("bpr")
    extra = training_bytes(recipe, split.train) - training_bytes(replace(recipe, kept_model=LAST_EPOCH), split.train)
    assert extra == recipe.model_bytes(split.train) > 0


def test_without_validation_ratings_it_is_refused_before_anything_is_trained(store):
    split = split_of(store, validation=0.0)
    with pytest.raises(InputError, match=r"must be held out for validation.*hold some out, or keep .* last epoch"):
        store.queue.add_run(split, "bpr", keeping("bpr"), 0)
    assert store.runs() == []
    settings = keeping("bpr").settings()
    run_id = store.queue.add_run(split, "bpr", ALGORITHMS["bpr"](), 0)  # as another program may have stored it
    with store.writing() as connection:
        connection.execute(runs.update().where(runs.c.id == run_id).values(settings=settings))
    execute(store, store.queue.claim("here"))
    assert store.run(run_id).state == FAILED and "must be held out" in store.run(run_id).message
    assert store.epochs(run_id) == []


def test_one_that_is_stopped_keeps_the_best_so_far_and_its_link_asks_for_the_same(store, split, monkeypatch):
    record_epoch = store.queue.record_epoch
    monkeypatch.setattr(
        store.queue, "record_epoch", lambda run_id, record: record_epoch(run_id, record) or record.number == 8
    )
    run = executed(store, split, "implicit_als", keeping("implicit_als", n_epochs=50))
    assert run.state == STOPPED and store.epochs(run.id)[-1].number == 8
    monkeypatch.undo()
    slug = read_run_slug(run_slug(run, 8).text)
    assert slug.recipe == keeping("implicit_als", n_epochs=8)
    again = executed(store, split, "implicit_als", slug.recipe)
    assert_same_model(store.model(run.id), store.model(again.id))
    assert run_slug(again) == slug and again.fingerprint.startswith(slug.fingerprint)


def test_a_branch_repeats_the_training_and_keeps_the_best_of_all_its_epochs(store, split):
    before = keeping("bpr")
    parent = executed(store, split, "bpr", before)
    after = replace(before, regularization=20.0)
    run = executed(store, split, "bpr", after, branch=Branch(parent.id, 4, before))
    kept = kept_record(run.recipe, store.epochs(run.id))
    epochs = branched_epochs(before, 4, replace(after, kept_model=LAST_EPOCH), split.train, seed=0)
    assert_same_model(store.model(run.id), last_model(epochs, until=kept.number))
    assert read_run_slug(run_slug(run).text) == run_slug(run)


@pytest.mark.parametrize(("epoch", "penalty", "is_before"), [(2, 20.0, False), (11, 0.01, True)])
def test_the_recipe_of_a_kept_epoch_from_before_the_change_is_the_one_before(store, split, epoch, penalty, is_before):
    before = keeping("bpr")
    parent = executed(store, split, "bpr", before)
    after = replace(before, regularization=penalty, n_epochs=14)
    run = executed(store, split, "bpr", after, branch=Branch(parent.id, epoch, before))
    records = store.epochs(run.id)
    assert (kept_record(after, records).number <= epoch) == is_before
    recipe = replace(before, n_epochs=14) if is_before else after
    assert kept_recipe(run, records) == recipe
    dataset = store.dataset(split.data_fingerprint)
    assert describe_model(run, dataset, store.model(run.id), records, None)["settings"] == recipe.settings()
    assert kept_recipe(parent, store.epochs(parent.id)) == before


def test_learning_again_with_validation_takes_as_many_epochs_and_another_split_chooses_anew(store, split):
    run = executed(store, split, "implicit_als", keeping("implicit_als"))
    kept = kept_record(run.recipe, store.epochs(run.id))
    again = split_for_retraining(store, split)
    assert find_retrained(store, [run], again) == [None]
    queue_retraining(store, run, again)
    execute(store, store.queue.claim("here"))
    (retrained,) = find_retrained(store, [run], again)
    assert retrained.recipe == replace(run.recipe, kept_model=LAST_EPOCH, n_epochs=kept.number)
    other = split_of(store, store.dataset(split.data_fingerprint), validation=0.25, seed=9)
    queue_retraining(store, run, other)
    execute(store, store.queue.claim("here"))
    (elsewhere,) = find_retrained(store, [run], other)
    assert elsewhere.recipe == run.recipe


def test_lists_of_runs_sweeps_and_corruptions_take_the_score_of_the_model(store, split):
    base = keeping("implicit_als")
    plan = Plan("implicit_als", base, ("n_factors",), ((4,), (12,)))
    sweep = restore_sweep(Sweep((plan,)).description())
    assert [task.recipe.kept_model for task in sweep.tasks()] == [BEST_EPOCH] * 2
    assert queue_missing(store, split, sweep) == 2
    while run := store.queue.claim("here"):
        execute(store, run)
    found = match_runs(sweep, store.runs(split.fingerprint), split.fingerprint).done
    scores = {run.id: kept_record(run.recipe, store.epochs(run.id)).validation for run in found}
    assert {run.id: _result_of(store, run) for run in found} == scores
    assert {entry.run.id: entry.validation for entry in list_history(store)} == scores
    assert best_entry(list_history(store), split.fingerprint).run.id == max(scores, key=scores.get)
    broken = corrupt_split(store.dataset(split.data_fingerprint), split, [DropShare(0.3)])
    run = executed(store, broken, "implicit_als", base)
    assert run.recipe == base and store.evaluation(run.id, "validation").mean("ndcg", 10) == max(
        record.validation for record in store.epochs(run.id)
    )


def test_that_validation_flatters_it_is_said_and_of_the_test_nothing(store, split):
    recipes = [keeping("bpr"), replace(keeping("bpr"), kept_model=LAST_EPOCH)]
    best, last = (executed(store, split, "bpr", recipe) for recipe in recipes)
    said = {
        subset: compare_runs([last, best], lambda run: store.evaluation(run.id, subset)).caveats  # noqa: B023
        for subset in ("validation", "test")
    }
    assert f"#{best.id} BPR takes the best epoch of a training, which was chosen by" in said["validation"]
    assert f"#{last.id} BPR" not in said["validation"] and "best epoch" not in said["test"]


def test_a_model_that_leaves_and_comes_back_twice_still_says_that_its_epoch_was_chosen(store, split):
    dataset = store.dataset(split.data_fingerprint)
    recipes = [keeping("bpr"), replace(keeping("bpr"), kept_model=LAST_EPOCH)]
    trained = [executed(store, split, "bpr", recipe) for recipe in recipes]
    for _ in range(2):
        for at, run in enumerate(trained):
            model = store.model(run.id)
            about = describe_model(run, dataset, model, store.epochs(run.id), store.evaluation(run.id, "validation"))
            run_id, _ = import_model(store, dataset, split, model_as_npz(model, dataset, about), "model.npz")
            trained[at] = store.run(run_id)
        said = compare_runs(trained, lambda run: store.evaluation(run.id, "validation")).caveats
        assert f"#{trained[0].id} Imported model takes the best epoch of a training" in said
        assert f"#{trained[1].id}" not in said


@pytest.mark.parametrize("kind, flag", [(Reranked, "parent_best_epoch"), (Blend, "parts_best_epoch")])
def test_what_is_made_of_a_best_epoch_says_so_and_of_others_has_the_settings_that_it_had(store, split, kind, flag):
    plain, made = kind(), kind(**{flag: True})
    assert flag not in plain.settings() and not plain.comes_from_best_epoch
    assert kind(**plain.settings()) == plain and kind(**made.settings()) == made
    last = executed(store, split, "bpr", replace(keeping("bpr"), kept_model=LAST_EPOCH))
    runs_of_it = [replace(last, id=at, recipe=recipe) for at, recipe in ((8, plain), (9, made))]
    said = compare_runs(runs_of_it, lambda run: store.evaluation(last.id, "validation")).caveats
    assert f"#9 {made.label} takes the best epoch of a training" in said and "#8" not in said
    about = describe_model(runs_of_it[1], store.dataset(split.data_fingerprint), store.model(last.id), [], None)
    assert Imported(about=json.dumps(about)).comes_from_best_epoch


def test_to_choose_the_epoch_costs_nothing_more_than_a_comparison(store, split, monkeypatch):
    """Every epoch is scored on validation once, whether the best is kept or not."""
    calls = []
    monkeypatch.setattr(execute_module, "rank_validation", lambda *args: calls.append(1) or rank_validation(*args))
    for kept_model in (LAST_EPOCH, BEST_EPOCH):
        calls.clear()
        executed(store, split, "implicit_als", replace(keeping("implicit_als"), kept_model=kept_model))
        assert len(calls) == 12
