"""What a child computes of large data is what the server would; it can be ended, and nothing is left of it."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.cleaning import CleaningStep, KCore, clean, steps_to_settings
from recsys_core.data.corruption import (
    AddBots,
    DropShare,
    KeepActive,
    RemoveMostPopular,
    ShuffleUser,
    corrupt_split,
)
from recsys_core.data.split import Split, SplitRecipe, make_split
from recsys_core.data.split_check import SUBSETS
from recsys_core.errors import InputError
from recsys_core.evaluation.list_context import list_context, svd_features
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.runner import compute_process, large_data
from recsys_core.runner.clean_stored import effect_from_json
from recsys_core.runner.compute import compute
from recsys_core.runner.compute_process import ComputeProcess
from recsys_core.runner.evaluation_arrays import evaluations_from_arrays, popular_from_arrays
from recsys_core.runner.large_data import check_split
from recsys_core.runner.load_data import CLEANED as CLEANED_DATA
from recsys_core.runner.load_data import RATINGS, LoadJob, load_data
from recsys_core.runner.load_process import LoadProcess
from recsys_core.runner.mapped_arrays import (
    corrupted_from_mapped,
    dataset_from_mapped,
    split_from_mapped,
)
from recsys_core.runner.sweep_arrays import sweep_both, sweep_from_arrays
from recsys_core.runner.task import (
    ALL_RANKS,
    CHECK,
    CLEANED,
    CORRUPTED,
    DATASET,
    EFFECT,
    FEATURES,
    LEVELS,
    POPULAR,
    REFERENCES,
    SPLIT,
    SWEEP,
    Task,
)
from recsys_core.store.manage_datasets import list_managed_datasets, rename_dataset
from recsys_core.store.store import RunStore
from tests.core.runner.small_runs import through_files

BY_TIME = SplitRecipe(method="strictly by time")
CSV = b"user,item,rating\n" + b"".join(b"u%d,i%d,%d\n" % (n % 20, n * 7 % 23, 1 + n % 5) for n in range(200))


def assert_same_split(ours: Split, theirs: Split) -> None:
    assert ours.fingerprint == theirs.fingerprint and ours.n_kept_whole == theirs.n_kept_whole
    for subset in SUBSETS:
        one, other = (getattr(each, subset) for each in (ours, theirs))
        for part in ("indptr", "items", "values", "users_per_item", "users"):
            np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


def test_a_data_set_and_its_splits_survive_the_way_through_files(store, dataset, folder):
    fingerprint = store.add_dataset(dataset)
    read = dataset_from_mapped(through_files(folder, compute(store, Task(DATASET, fingerprint))[0]))
    assert list(folder.iterdir()) == []
    # Copies compute anew what came along.
    assert read.fingerprint == replace(read).fingerprint == fingerprint and read.titles == dataset.titles
    np.testing.assert_array_equal(read.times, dataset.times)
    for counted in ("users_per_item", "distinct_values"):
        ours, theirs = (getattr(each, counted) for each in (read.interactions, replace(read.interactions)))
        np.testing.assert_array_equal(ours, theirs)
    for recipe in (SplitRecipe(), BY_TIME, SplitRecipe(validation=0.0)):
        arrays, check = compute(store, Task(SPLIT, fingerprint, recipe))
        split = split_from_mapped(through_files(folder, arrays), read, recipe)
        assert_same_split(split, make_split(dataset, recipe))
        assert check == check_split(dataset, split) == compute(store, Task(CHECK, fingerprint, recipe))[1]
    with pytest.raises(ValueError, match="read-only"):
        read.interactions.values[0] = 9


def test_corrupted_training_data_survive_too(store, dataset, folder):
    fingerprint, whole = store.add_dataset(dataset), make_split(dataset)
    for corruptions in ((DropShare(0.3, seed=2),), (AddBots(0.2), KeepActive(5)), (ShuffleUser(), RemoveMostPopular())):
        settings = json.dumps([each.settings() for each in corruptions])
        arrays, _ = compute(store, Task(CORRUPTED, fingerprint, corruptions=settings))
        expected = corrupt_split(dataset, whole, corruptions)
        ours = corrupted_from_mapped(through_files(folder, arrays), whole, corruptions)
        assert_same_split(ours, expected)
        assert ours.corruptions == corruptions and ours.whole is whole
        np.testing.assert_array_equal(*(each.seen_and_held_out("test")[1].indptr for each in (ours, expected)))
    nothing = json.dumps([KeepActive(10_000).settings()])
    with pytest.raises(InputError, match="leave something to train on"):
        compute(store, Task(CORRUPTED, fingerprint, corruptions=nothing))


def test_sweeps_references_and_effects_survive_too(store, dataset, folder):
    fingerprint, split = store.add_dataset(dataset), make_split(dataset)
    arrays, (picture, levels) = compute(store, Task(SWEEP, fingerprint, subset="validation"))
    arrays = through_files(folder, arrays)
    *sweeps, drawn, expected_levels = sweep_both(dataset, split, "validation")
    for name, expected in zip(("honest", "leaky"), sweeps, strict=True):
        sweep = sweep_from_arrays(name, arrays)
        assert (sweep.ks, sweep.best_k, sweep.n_leaked) == (expected.ks, expected.best_k, expected.n_leaked)
        np.testing.assert_array_equal(sweep.ndcg, expected.ndcg)
        np.testing.assert_array_equal(sweep.model.user_factors, expected.model.user_factors)
    assert json.loads(json.dumps(picture)) == drawn and levels == expected_levels and len(levels) == 3
    arrays, _ = compute(store, Task(REFERENCES, fingerprint, subset="test"))
    references = evaluations_from_arrays(through_files(folder, arrays))
    arrays, _ = compute(store, Task(ALL_RANKS, fingerprint, subset="test"))
    all_ranks = evaluations_from_arrays(through_files(folder, arrays))
    for name, expected in evaluate_reference_models(dataset, split, "test").items():
        np.testing.assert_array_equal(all_ranks[name].relevant.ranks, expected.relevant.ranks)
        np.testing.assert_array_equal(references[name].per_user("ndcg", 10), expected.per_user("ndcg", 10))
        np.testing.assert_array_equal(references[name].top_items, expected.top_items)
    features = through_files(folder, compute(store, Task(FEATURES, fingerprint))[0])["features"]
    np.testing.assert_array_equal(features, svd_features(split))
    popular = popular_from_arrays(through_files(folder, compute(store, Task(POPULAR, fingerprint, subset="test"))[0]))
    np.testing.assert_array_equal(popular.users, references["Popularity"].users)
    np.testing.assert_array_equal(popular.top_items, references["Popularity"].top_items)
    ours, theirs = (list_context(dataset, split, each) for each in (popular, references["Popularity"]))
    assert (ours.profiles != theirs.profiles).nnz == 0 and ours.n_train_users == theirs.n_train_users
    nobody = SplitRecipe(test=0.0)
    arrays, _ = compute(store, Task(POPULAR, fingerprint, nobody, "test"))
    assert popular_from_arrays(through_files(folder, arrays)) is None
    levels, n_users, n_all = compute(store, Task(LEVELS, fingerprint, subset="test"))[1]
    assert levels == {name: each.mean("ndcg", 10) for name, each in references.items()} and n_users == n_all
    step = KCore(n=6)
    told = compute(store, Task(EFFECT, fingerprint, steps=json.dumps(steps_to_settings([step]))))[1]
    cleaned, (effect,) = clean(dataset, [step])
    assert effect_from_json(json.loads(json.dumps(told[0]))) == effect and told[1] == cleaned.sentence()


def test_a_child_computes_and_refuses_in_words_and_leaves_no_files(store, dataset, folder):
    fingerprint = store.add_dataset(replace(dataset, times=None))
    done, refused = (ComputeProcess(store, Task(SPLIT, fingerprint, each)) for each in (SplitRecipe(), BY_TIME))
    for process in (done, refused):
        process.wait(60)
        assert not process.is_live
    assert done.error is None and done.result is not None and not done.is_refused
    assert_same_split(split_from_mapped(done.result[0], dataset, SplitRecipe()), make_split(dataset))
    assert isinstance(refused.error, InputError) and "must have a time" in str(refused.error)
    assert refused.is_refused and refused.result is None
    assert list(folder.iterdir()) == []


def test_a_child_that_is_cancelled_or_lacks_memory_leaves_nothing(store, dataset, folder, monkeypatch):
    task = Task(SPLIT, store.add_dataset(dataset))
    running = ComputeProcess(store, task)
    while running._child is None:
        time.sleep(0.01)
    running.cancel()
    monkeypatch.setattr(compute_process, "memory_limit", lambda: 50 << 20)
    starved = ComputeProcess(store, task)
    for process in (running, starved):
        process.wait(60)
        assert not process.is_live and process.result is None
    assert running.error is None
    assert isinstance(starved.error, InputError) and "must fit into 52.4 MB of memory" in str(starved.error)
    assert not starved.is_refused and list(folder.iterdir()) == []


def test_data_are_cleaned_and_stored_in_a_child_by_whoever_asked(store, dataset, folder):
    source, step = store.add_dataset(dataset), KCore(n=6)
    theirs = RunStore(store.url, lambda: "ann")
    process = ComputeProcess(theirs, Task(CLEANED, source, steps=json.dumps(steps_to_settings([step]))))
    process.wait(60)
    expected, (effect,) = clean(dataset, [step])
    assert process.error is None and process.result[1] == expected.fingerprint
    assert store.receipt(expected.fingerprint) == {"mended": [effect.sentence()]}
    authors = {each.fingerprint: each.author for each in list_managed_datasets(store)}
    assert authors == {source: "", expected.fingerprint: "ann"} and list(folder.iterdir()) == []


def test_only_the_last_session_that_waits_ends_a_computation(store, dataset):
    process = ComputeProcess(store, Task(SPLIT, store.add_dataset(dataset)))
    with process.awaited("first"), process.awaited("second"):
        with process.awaited("first"):  # a script that is drawn anew while the one before still waits
            assert not process.give_up("first")
        with process.awaited("first"):  # back again
            assert not process.give_up("second")
            process.wait(60)
    assert process.result is not None and process.error is None
    stopped = ComputeProcess(store, Task(SPLIT, store.add_dataset(dataset)))
    with stopped.awaited("first"):
        with stopped.awaited("second"):
            pass  # has gone to another page
        assert stopped.give_up("first")
    stopped.wait(60)
    assert stopped.result is None and not stopped.is_live


def test_loading_large_data_brings_their_split(store, folder, tmp_path, monkeypatch):
    files, recipe = {RATINGS: (CSV, "r.csv")}, SplitRecipe(seed=5)
    small = LoadProcess(store, LoadJob(RATINGS, "A", split=recipe), files)
    small.wait(60)
    assert small.fingerprint and small.split is None and small.result is None
    monkeypatch.setattr(large_data, "LARGE", 50)
    jobs = [LoadJob(RATINGS, "A", split=each) for each in (recipe, BY_TIME)]
    usual, impossible = (LoadProcess(store, job, files) for job in jobs)
    for process in (usual, impossible):
        process.wait(60)
        assert process.error is None
    dataset = store.dataset(usual.fingerprint)
    assert dataset.interactions.items.base is not None  # mapped
    other = RunStore(f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert usual.fingerprint == load_data(other, LoadJob(RATINGS, "A"), files) == replace(dataset).fingerprint
    for process, made_by in ((usual, recipe), (impossible, SplitRecipe())):
        split, (_, check) = process.split, process.result
        assert split.recipe == made_by and store.has_cached(usual.fingerprint, made_by)
        assert_same_split(split, make_split(replace(dataset), made_by))
        assert tuple(check) == check_split(dataset, split)
    assert list(folder.iterdir()) == []


def test_steps_are_applied_to_large_data_in_a_child(store, dataset, folder, monkeypatch):
    monkeypatch.setattr(large_data, "LARGE", 50)
    source, recipe = store.add_dataset(dataset, {"count": "All."}), SplitRecipe(seed=5)

    def load(*steps: CleaningStep) -> LoadProcess:
        settings = json.dumps(steps_to_settings(steps))
        process = LoadProcess(store, LoadJob(CLEANED_DATA, "cleaned", split=recipe, source=source, steps=settings), {})
        process.wait(60)
        return process

    done, impossible = load(KCore(n=6)), load(KCore(n=1000))
    expected, (effect,) = clean(dataset, [KCore(n=6)])
    assert done.error is None and done.fingerprint == expected.fingerprint
    assert store.receipt(done.fingerprint) == {"count": "All.", "mended": [effect.sentence()]}
    assert store.dataset(done.fingerprint).interactions.items.base is not None  # mapped
    assert_same_split(store.split(done.fingerprint, recipe), make_split(expected, recipe))
    assert tuple(done.result[1]) == check_split(expected, make_split(expected, recipe))
    assert isinstance(impossible.error, InputError) and not impossible.fingerprint
    rename_dataset(store, done.fingerprint, "Mine")
    again = load(KCore(n=6))
    assert again.fingerprint == done.fingerprint and store.dataset(again.fingerprint).name == "Mine"
    assert [row["name"] for row in store.dataset_list() if row["fingerprint"] == again.fingerprint] == ["Mine"]
