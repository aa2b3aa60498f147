"""A file that a child process imports becomes the run that the server would make of it."""

import numpy as np
import pytest

from recsys_core.algorithms.svd import SVD
from recsys_core.data.split import make_split
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.description import describe_model
from recsys_core.exchange.lists import lists_as_csv, recommendation_tables
from recsys_core.exchange.writing import model_as_npz
from recsys_core.runner.compute import compute
from recsys_core.runner.compute_process import ComputeProcess
from recsys_core.runner.execute import execute
from recsys_core.runner.import_file import import_lists, import_model, order_to_import
from recsys_core.runner.mapped_arrays import file_to_arrays
from recsys_core.runner.task import IMPORTED_LISTS, IMPORTED_MODEL, Task
from tests.core.runner.small_runs import through_files


@pytest.fixture
def trained(store, dataset):
    store.add_dataset(dataset)
    store.queue.add_run(make_split(dataset), "svd", SVD(n_factors=3), 0)
    execute(store, run := store.queue.claim("here"))
    return store.run(run.id)


def assert_same_runs(store, one: int, other: int, subsets: tuple[str, ...]) -> None:
    """Two runs say the same of themselves, and score the same to the last bit."""
    ours, theirs = store.run(one), store.run(other)
    for name in ("recipe", "notes", "name", "state", "split_fingerprint", "author"):
        assert getattr(ours, name) == getattr(theirs, name), name
    assert store.epochs(one)[-1] == store.epochs(other)[-1]
    for subset in subsets:
        scored, expected = store.evaluation(one, subset), store.evaluation(other, subset)
        np.testing.assert_array_equal(scored.relevant.ranks, expected.relevant.ranks)
        np.testing.assert_array_equal(scored.top_items, expected.top_items)


def test_a_model_that_a_child_imports_is_that_of_the_server(store, dataset, trained, folder):
    model, split = store.model(trained.id), make_split(dataset)
    content = model_as_npz(model, dataset, describe_model(trained, dataset, model, store.epochs(trained.id), None))
    here, told = import_model(store, dataset, split, content, "mine.npz")
    task = Task(IMPORTED_MODEL, dataset.fingerprint, order=order_to_import(content, "mine.npz"))
    _, (there, told_there) = compute(store, task, given=through_files(folder, file_to_arrays(content)))
    assert told_there == told and "60 of 60 people in the data are in the file." in told and here != there
    assert_same_runs(store, there, here, ("validation", "test"))
    assert_same_scores(store, there, trained.id)
    assert "names the algorithm" in store.run(there).notes


def assert_same_scores(store, one: int, other: int) -> None:
    """Every item of everybody is ranked alike."""
    split = store.split_of(store.run(one))
    ranks = [evaluate(store.model(run_id), split, "test").relevant.ranks for run_id in (one, other)]
    np.testing.assert_array_equal(*ranks)


@pytest.mark.parametrize("subset", ["validation", "test"])
def test_lists_that_a_child_imports_are_those_of_the_server(store, dataset, trained, folder, subset):
    split = make_split(dataset)
    ids = dict(user_ids=dataset.user_ids, item_ids=dataset.item_ids, titles=dataset.titles)
    seen, _ = split.seen_and_held_out(subset)
    content = lists_as_csv(recommendation_tables(store.model(trained.id), seen, 12, **ids))
    here, told = import_lists(store, dataset, split, content, "my lists.csv", subset)
    order = order_to_import(content, "my lists.csv")
    task = Task(IMPORTED_LISTS, dataset.fingerprint, subset=subset, order=order)
    _, (there, told_there) = compute(store, task, given=through_files(folder, file_to_arrays(content)))
    assert told_there == told and "720 recommendations for 60 people in the data." in told
    assert_same_runs(store, there, here, (subset,))
    np.testing.assert_array_equal(*(store.model(run_id).lists for run_id in (here, there)))
    assert store.run(there).name == "my lists"
    expected, lists = store.evaluation(trained.id, subset), store.evaluation(there, subset)
    np.testing.assert_array_equal(lists.per_user("ndcg", 10), expected.per_user("ndcg", 10))


def test_what_no_database_can_hold_is_replaced_in_what_is_noted_of_lists(store, dataset):
    store.add_dataset(dataset)
    content = f"user,item,rank\n{dataset.user_ids[0]},{dataset.item_ids[0]},1\nx\0y,{dataset.item_ids[0]},1\n".encode()
    run_id, _ = import_lists(store, dataset, make_split(dataset), content, "my\0lists.csv", "validation")
    assert store.run(run_id).name == "my\N{REPLACEMENT CHARACTER}lists" and "\0" not in store.run(run_id).notes


@pytest.mark.parametrize(
    "kind, subset, words", [(IMPORTED_MODEL, "", "damaged or incomplete"), (IMPORTED_LISTS, "test", "rank and score")]
)
def test_what_a_child_refuses_stores_nothing_and_says_why(store, dataset, folder, kind, subset, words):
    content = b"a,b\n1,2\n"
    fingerprint, order = store.add_dataset(dataset), order_to_import(content, "x.csv")
    process = ComputeProcess(store, Task(kind, fingerprint, subset=subset, order=order), file_to_arrays(content))
    process.wait(60)
    assert process.is_refused and words in str(process.error) and process.result is None
    assert not store.runs() and list(folder.iterdir()) == []
