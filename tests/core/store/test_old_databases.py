"""Databases of earlier versions open, with every data set, run, setting and number that they hold."""

import json
from collections import Counter

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.corruption import AddBots, DropShare
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.runner.execute import execute
from recsys_core.store.history import ARCHIVED, DELETED, KEPT, STATUSES, list_history
from recsys_core.store.manage_datasets import list_managed_datasets
from recsys_core.store.run import FINISHED, INTERRUPTED, STOPPED, USABLE
from recsys_core.store.store import RunStore
from recsys_core.sweeps.plan import restore_sweep
from recsys_core.sweeps.progress import match_runs
from tests.old_databases import NAMES, stored_rows, unpack_database


@pytest.fixture(params=NAMES)
def old_database(request, tmp_path):
    return unpack_database(request.param, tmp_path)


@pytest.fixture
def newest(tmp_path):
    return RunStore(f"sqlite:///{unpack_database('64e39e2', tmp_path)}")


def all_runs(store: RunStore) -> list:
    return [entry.run for status in STATUSES for entry in list_history(store, status)]


def test_every_data_set_and_run_is_there_with_all_its_settings(old_database):
    before = stored_rows(old_database, "id, settings", "runs")
    fingerprints = {row[0] for row in stored_rows(old_database, "fingerprint", "datasets")}
    store = RunStore(f"sqlite:///{old_database}")
    assert {each["fingerprint"] for each in store.dataset_list()} == fingerprints
    assert {store.dataset(each).fingerprint for each in fingerprints} == fingerprints
    runs = {run.id: run for run in all_runs(store)}
    assert sorted(runs) == [run_id for run_id, _ in before]
    for run_id, settings in before:
        written, read = (
            Counter(map(str, each.values())) for each in (json.loads(settings), runs[run_id].recipe.settings())
        )
        assert not written - read, f"settings of run {run_id} are lost: {written - read}"


def test_every_model_still_has_the_scores_that_were_stored(old_database):
    """The split is drawn again from its seed, so this compares the data, the split, the model and the metric."""
    store = RunStore(f"sqlite:///{old_database}")
    usable = [run for run in all_runs(store) if run.state in USABLE]
    assert len(usable) >= 7
    for run in usable:
        split = store.split_of(run)
        assert split.fingerprint == run.split_fingerprint
        for subset in ("validation", "test"):
            stored, now = store.evaluation(run.id, subset), evaluate(store.model(run.id), split, subset)
            assert stored.per_user("ndcg", 10) == pytest.approx(now.per_user("ndcg", 10), abs=1e-9)
        assert len(store.epochs(run.id)) >= 1


def test_an_opened_database_goes_on(old_database):
    store = RunStore(f"sqlite:///{old_database}")
    old = next(run for run in all_runs(store) if run.algorithm == "svd")
    run_id = store.queue.add_run(store.split_of(old), "svd", ALGORITHMS["svd"](n_factors=3), 1)
    execute(store, store.queue.claim("test"))
    assert store.run(run_id).state == FINISHED and run_id in {run.id for run in store.runs(old.split_fingerprint)}


def test_what_people_did_with_runs_is_kept(newest):
    runs = {run.id: run for run in all_runs(newest)}
    assert (runs[1].name, runs[1].notes, runs[1].tags) == ("for the board", "a note", ("talk",))
    assert newest.factor_names(1, "svd") == {0: "space"}
    assert newest.n_reveals(runs[1].split_fingerprint) == 1
    by_status = {status: {entry.run.id for entry in list_history(newest, status)} for status in STATUSES}
    assert (by_status[ARCHIVED], by_status[DELETED]) == ({16}, {17}) and len(by_status[KEPT]) == 16
    assert [run_id for run_id, run in sorted(runs.items()) if run.state == STOPPED] == [8]
    assert [run_id for run_id, run in sorted(runs.items()) if run.state == INTERRUPTED] == [18]


@pytest.mark.parametrize("name", ["906162a", "6c79f71"])
def test_who_did_what_with_runs_and_data_is_kept(name, tmp_path):
    store = RunStore(f"sqlite:///{unpack_database(name, tmp_path)}")
    assert "ann@example.org" in store.run(1).credits
    (managed,) = list_managed_datasets(store)
    assert managed.name == "renamed" and ("ann@example.org" in managed.credits) == (name == "6c79f71")


def test_branches_corruptions_cleaning_steps_and_sweeps_are_read(newest):
    branch = newest.run(9).branch
    assert (branch.parent, branch.epoch, branch.recipe) == (4, 2, newest.run(4).recipe)
    assert [type(each) for each in newest.run(10).corruptions] == [DropShare, AddBots]
    cleaned = newest.dataset(newest.run(13).data_fingerprint)
    assert cleaned.origin["source"] == newest.run(1).data_fingerprint and cleaned.origin["steps"]
    (row,) = newest.sweeps(newest.run(1).split_fingerprint)
    progress = match_runs(
        restore_sweep(row["description"]), newest.runs(), newest.run(1).split_fingerprint, row["numerics_version"]
    )
    assert [run.id for run in progress.done] == [14, 3, 15], "run 3, trained by hand, answers the middle setting"


def test_runs_keep_the_fingerprints_that_links_and_reports_name(newest):
    known = {1: "11c9b0bf8f64ba63", 5: "af1ec6d74b4cc8df", 9: "d52bc7790bbe854f", 12: "9daedb5a0425645e"}
    assert {run_id: newest.run(run_id).fingerprint for run_id in known} == known
