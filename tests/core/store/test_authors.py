"""Where people sign in, every run, name, note, archive and look at the sealed test carries who did it."""

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.sentences import reveals_sentence
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.runner.load_data import RATINGS, LoadJob
from recsys_core.runner.load_process import LoadProcess
from recsys_core.store.history import ARCHIVED, KEPT, annotate, filter_by_words, list_history, set_status
from recsys_core.store.manage_datasets import DELETED as DELETED_DATASET
from recsys_core.store.manage_datasets import (
    HIDDEN,
    SHOWN,
    list_managed_datasets,
    rename_dataset,
    set_dataset_status,
)
from recsys_core.store.store import RunStore

SVD = ALGORITHMS["svd"](n_factors=2)


@pytest.fixture
def shared(database_url):
    """A store, and a list whose last entry is who uses it."""
    people = [""]
    store = RunStore(database_url, lambda: people[-1])
    return store, store.split(store.add_dataset(load_example_5x5()), SplitRecipe()), people


def test_a_run_its_words_and_its_status_carry_who_was_last(shared):
    store, split, people = shared
    people.append("ann")
    run_id = store.queue.add_run(split, "svd", SVD, 0)
    people.append("bob")
    annotate(store, run_id, name="mine now")
    annotate(store, run_id, notes="a note", tags=["x"])
    set_status(store, [run_id], ARCHIVED)
    people.append("cy")
    annotate(store, run_id, notes="another")
    run = store.run(run_id)
    assert run.author == "ann"
    assert run.editors == {"name": "bob", "notes": "cy", "tags": "bob", "archived": "bob"}
    assert "Started by ann." in run.credits and "Archived by bob." in run.credits
    set_status(store, [run_id], KEPT)
    assert store.run(run_id).editors["kept"] == "cy" and "archived" not in store.run(run_id).editors
    (entry,) = list_history(store)
    assert filter_by_words([entry], "ann") == [entry] and filter_by_words([entry], "dora") == []


def test_a_data_set_carries_who_loaded_renamed_hid_and_deleted_it(shared):
    store, split, people = shared
    fingerprint = split.data_fingerprint
    store.add_dataset(generate(SyntheticRecipe(n_users=30, n_items=20, n_tastes=2)))  # one must be left

    def managed():
        return next(each for each in list_managed_datasets(store) if each.fingerprint == fingerprint)

    assert managed().credits == ""
    people.append("ann")
    store.add_dataset(load_example_5x5())
    people.append("bob")
    rename_dataset(store, fingerprint, "By hand")
    set_dataset_status(store, {fingerprint: HIDDEN})
    assert (managed().author, managed().editors) == ("ann", {"name": "bob", "hidden": "bob"})
    people.append("cy")
    set_dataset_status(store, {fingerprint: DELETED_DATASET})
    assert managed().credits == "Loaded by ann. Deleted by cy. Renamed by bob."
    set_dataset_status(store, {fingerprint: SHOWN})
    assert managed().editors == {"name": "bob", "shown": "cy"}
    store.add_dataset(load_example_5x5())  # under its own name again
    assert managed().credits == "Loaded by ann."


def test_what_a_child_loads_belongs_to_whoever_asked_for_it(shared):
    store, _, people = shared
    people.append("ann")
    process = LoadProcess(
        store, LoadJob(RATINGS, "in a child"), {RATINGS: (b"user,item,rating\na,x,1\nb,y,2\n", "r.csv")}
    )
    people.append("bob")
    process.wait(60)
    (loaded,) = (each for each in list_managed_datasets(store) if each.name == "in a child")
    assert loaded.author == "ann"


def test_each_look_at_the_sealed_test_carries_who_looked(shared):
    store, split, people = shared
    for person in ("bob", "", "ann", "bob"):
        people.append(person)
        store.reveal_test(split.selection_fingerprint)
    known = store.revealed_by(split.selection_fingerprint)
    assert known == ["ann", "bob"] and store.n_reveals(split.selection_fingerprint) == 4
    assert "4 times, by ann and bob" in reveals_sentence(4, known)
    assert "by ann, bob and cy" in reveals_sentence(4, ["ann", "bob", "cy"])


def test_what_a_worker_queues_belongs_to_whoever_asked_for_it(shared):
    store, split, people = shared
    theirs = store.acting_for("ann")
    people.append("nobody of hers")
    assert store.run(theirs.queue.add_run(split, "svd", SVD, 0)).author == "ann"
    assert store.run(store.queue.add_run(split, "svd", SVD, 1)).author == "nobody of hers"


def test_where_nobody_signs_in_nothing_of_anybody_is_recorded(shared):
    store, split, _ = shared
    run_id = store.queue.add_run(split, "svd", SVD, 0)
    annotate(store, run_id, name="a name")
    set_status(store, [run_id], ARCHIVED)
    store.reveal_test(split.selection_fingerprint)
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT author, editors FROM runs").all()
        assert [tuple(row) for row in rows] == [(None, None)]
        rows = connection.exec_driver_sql("SELECT author, editors FROM datasets").all()
        assert [tuple(row) for row in rows] == [(None, None)]
    assert store.run(run_id).credits == "" and store.revealed_by(split.selection_fingerprint) == []
