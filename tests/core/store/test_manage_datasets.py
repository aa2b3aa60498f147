"""Data sets are renamed, hidden, deleted and restored, and their runs go along."""

from dataclasses import replace

import pytest

from recsys_core.algorithms import SVD
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.execute import execute
from recsys_core.store.history import DELETED as DELETED_RUN
from recsys_core.store.history import list_history, set_status
from recsys_core.store.manage_datasets import (
    DELETED,
    HIDDEN,
    SHOWN,
    list_managed_datasets,
    rename_dataset,
    set_dataset_status,
)
from recsys_core.store.store import RunStore


@pytest.fixture
def two(database_url):
    """A store with two data sets: the textbook's with three runs, and generated ones."""
    store = RunStore(database_url)
    store.add_dataset(generate(SyntheticRecipe(n_users=30, n_items=20, n_tastes=2)))
    textbook = store.add_dataset(load_example_5x5())
    for seed in range(3):
        store.queue.add_run(store.split(textbook, SplitRecipe()), "svd", SVD(n_factors=1), seed)
    return store, textbook


def managed(store, fingerprint):
    (found,) = (each for each in list_managed_datasets(store) if each.fingerprint == fingerprint)
    return found


def listed(store) -> set[str]:
    return {row["fingerprint"] for row in store.dataset_list()}


def test_a_new_name_is_everywhere_and_changes_no_fingerprint(two):
    store, textbook = two
    assert store.dataset(textbook).name != "By hand"
    ratings = store.dataset(textbook).interactions
    rename_dataset(store, textbook, "  By hand ")
    assert store.dataset(textbook).interactions is ratings  # not read anew
    for each in (store, RunStore(store.url)):
        assert (
            each.dataset(textbook).name == managed(each, textbook).name == each.dataset_list()[0]["name"] == "By hand"
        )
        assert each.dataset(textbook).fingerprint == textbook
    assert {entry.data for entry in list_history(store)} == {"By hand"}
    for bad in ("", "   ", "x" * 101):
        with pytest.raises(InputError, match="1 to 100 characters"):
            rename_dataset(store, textbook, bad)


def test_hidden_data_keep_their_runs_and_come_back(two):
    store, textbook = two
    set_dataset_status(store, {textbook: HIDDEN})
    assert managed(store, textbook).status == HIDDEN and len(store.runs()) == 3
    assert [row["is_hidden"] for row in store.dataset_list()] == [True, False]
    set_dataset_status(store, {textbook: SHOWN})
    assert not any(row["is_hidden"] for row in store.dataset_list())


def test_runs_are_deleted_and_restored_with_their_data_except_those_deleted_before(two):
    store, textbook = two
    first, second, third = (run.id for run in reversed(store.runs()))
    execute(store, store.queue.claim("w"))
    running = store.queue.claim("w")
    assert (store.run(first).state, running.id) == ("finished", second)
    set_status(store, [third], DELETED_RUN)
    set_dataset_status(store, {textbook: DELETED})
    set_dataset_status(store, {textbook: DELETED})  # again changes nothing
    assert textbook not in listed(store) and store.runs() == [] and list_history(store, DELETED_RUN) == []
    assert managed(store, textbook).n_runs == 2
    assert store.queue.claim("other") is None
    set_dataset_status(store, {textbook: SHOWN})
    assert textbook in listed(store) and {run.id for run in store.runs()} == {first, second}
    assert store.run(second).stop_requested and store.model(first) is not None
    assert [entry.run.id for entry in list_history(store, DELETED_RUN)] == [third]


def test_loading_deleted_data_again_lists_them_without_their_runs(two):
    store, textbook = two
    set_dataset_status(store, {textbook: DELETED})
    store.add_dataset(replace(load_example_5x5(), name="Again"))
    assert managed(store, textbook).status == SHOWN and managed(store, textbook).n_runs == 0 and not store.runs()


def test_the_last_data_set_cannot_be_taken_away(two):
    store, textbook = two
    others = listed(store) - {textbook}
    with pytest.raises(InputError, match="At least one data set"):
        set_dataset_status(store, dict.fromkeys(listed(store), DELETED))
    assert len(listed(store)) == 2 and len(store.runs()) == 3
    set_dataset_status(store, dict.fromkeys(others, HIDDEN))
    with pytest.raises(InputError, match="At least one data set"):
        set_dataset_status(store, {textbook: HIDDEN})
