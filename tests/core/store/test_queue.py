"""Runs are claimed once and in order, by threads and processes at once; stopped, interrupted and started again."""

import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest

from recsys_core.algorithms.ease import EASE
from recsys_core.algorithms.svd import SVD
from recsys_core.store import queue as queue_module
from recsys_core.store.database import Database
from recsys_core.store.queue import STALE_AFTER, ClaimLost
from recsys_core.store.run import FINISHED, INTERRUPTED, QUEUED, RUNNING, STOPPED, EpochRecord, Run
from recsys_core.store.store import RunStore
from tests.core.store.queued import queue_runs
from tests.processes import forkserver


def test_first_come_first_served_and_counted(store, split):
    waiting = queue_runs(store, split, 4)
    assert [store.queue.n_ahead(run_id) for run_id in waiting] == [0, 1, 2, 3]
    for place, run_id in enumerate(waiting):
        claimed = store.queue.claim(f"w{place}")
        assert (claimed.id, claimed.state) == (run_id, RUNNING) and claimed.started >= claimed.created
        assert store.queue.n_ahead(waiting[-1]) == max(0, 2 - place)
    assert store.queue.claim("late") is None
    assert store.queue.has_live_runs()


def test_threads_never_get_the_same_run(store, split):
    waiting = queue_runs(store, split, 60)
    together = threading.Barrier(8)

    def worker(name):
        together.wait()
        return [run.id for run in iter(lambda: store.queue.claim(str(name)), None)]

    with ThreadPoolExecutor(8) as threads:
        taken = [run_id for ids in threads.map(worker, range(8)) for run_id in ids]
    assert sorted(taken) == waiting


def test_of_all_who_ask_for_the_first_run_of_an_algorithm_one_gets_it(store, split):
    queue_runs(store, split)
    store.queue.add_run(split, "ease", EASE(), 0, in_background=True)
    together = threading.Barrier(8)

    def ask(algorithm, recipe):
        together.wait()
        return RunStore(store.url).queue.add_first_run(split, algorithm, recipe, 0)

    with ThreadPoolExecutor(8) as threads:
        asked = list(threads.map(ask, ["svd", "ease"] * 4, [SVD(), EASE()] * 4))
    assert len([run_id for run_id in asked if run_id is not None]) == 1
    assert [run.algorithm for run in store.runs()] == ["ease", "ease", "svd"]


def claim_all(url: str, start: float) -> list[int]:
    """What a process of its own gets until nothing waits."""
    store = RunStore(url)
    time.sleep(max(0.0, start - time.time()))
    return [run.id for run in iter(lambda: store.queue.claim(str(start)), None)]


def read_and_write(url: str, run: Run, start: float, seconds: float) -> tuple[int, list[str]]:
    """Epochs written of a claimed run, and errors met, while everybody else does the same."""
    errors, number = [], 0
    time.sleep(max(0.0, start - time.time()))
    end = time.time() + seconds  # of its own: a busy machine may let it begin late
    while time.time() < end:
        try:
            store = RunStore(url)
            for _ in range(25):
                store.queue.record_epoch(run, EpochRecord(number, 1.0, None, 0.0))
                number += 1
                store.queue.record_heartbeat(run.worker)
                store.runs(), store.epochs(run.id), store.queue.claim(run.worker), store.queue.has_live_runs()
        except Exception as error:
            errors.append(repr(error))
    return number, errors


def be_ready(_) -> None:
    time.sleep(0.1)  # so that no process takes the share of another


@pytest.fixture(scope="module")
def processes():
    with forkserver() as context, ProcessPoolExecutor(4, mp_context=context) as pool:
        list(pool.map(be_ready, range(4)))  # each has begun and imported this file
        yield pool


def test_processes_never_get_the_same_run(store, split, processes):
    waiting = queue_runs(store, split, 60)
    start = time.time() + 0.1
    futures = [processes.submit(claim_all, store.url, start) for _ in range(4)]
    taken = [run_id for future in futures for run_id in future.result()]
    assert sorted(taken) == waiting


def test_processes_that_read_and_write_at_once_never_find_the_database_locked(store, split, processes):
    claimed = [store.queue.claim(str(run_id)) for run_id in queue_runs(store, split, 4)]
    start = time.time() + 0.1
    futures = [processes.submit(read_and_write, store.url, run, start, 0.6) for run in claimed]
    for run, future in zip(claimed, futures, strict=True):
        written, errors = future.result()
        assert errors == [] and written > 0
        assert [record.number for record in store.epochs(run.id)] == list(range(written))
        assert store.last_epoch(run.id) == store.epochs(run.id)[-1]


def test_processes_may_open_a_new_database_at_the_same_moment(tmp_path, processes):
    for attempt in range(5):
        url, start = f"sqlite:///{tmp_path / f'{attempt}.sqlite'}", time.time() + 0.1
        for future in [processes.submit(claim_all, url, start) for _ in range(4)]:
            assert future.result() == []


def test_a_reader_does_not_wait_for_a_writer(store, split):
    run_id = queue_runs(store, split)[0]
    with store.writing() as writing:
        writing.exec_driver_sql("UPDATE runs SET message = 'half written'")
        with ThreadPoolExecutor(1) as threads:  # well within the ten seconds that a writer would wait
            assert threads.submit(store.run, run_id).result(timeout=5).message == ""


# Stopping, interrupting, starting again


def test_a_queued_run_that_is_stopped_leaves_the_queue_and_a_running_one_is_only_asked(store, split):
    running, queued = queue_runs(store, split, 2)
    store.queue.claim("w")
    for run_id in (running, queued):
        store.queue.request_stop(run_id)
    assert (store.run(running).state, store.run(running).stop_requested) == (RUNNING, True)
    assert (store.run(queued).state, store.run(queued).ended is None) == (INTERRUPTED, False)
    assert "queue" in store.run(queued).message
    assert store.queue.claim("w") is None
    store.queue.requeue(queued)
    assert not store.run(queued).stop_requested and store.queue.claim("w").id == queued


def test_a_dead_workers_run_is_interrupted_and_nobody_elses(store, split):
    mine, yours, done = queue_runs(store, split, 3)
    for worker in ("me", "you", "me"):
        store.queue.claim(worker)
    store.queue.end_run(store.run(done), FINISHED)
    store.queue.interrupt("me")
    assert [store.run(run_id).state for run_id in (mine, yours, done)] == [INTERRUPTED, RUNNING, FINISHED]
    assert store.run(mine).message and store.run(mine).ended and not store.run(mine).is_live


def test_a_run_without_a_heartbeat_is_interrupted_and_one_with_is_not(store, split, monkeypatch):
    silent, beating, recording, queued = queue_runs(store, split, 4)
    for worker in ("silent", "beating", "recording"):
        store.queue.claim(worker)
    now = time.time()
    later = lambda seconds: monkeypatch.setattr(Database, "now", lambda _: now + seconds)  # noqa: E731
    later(STALE_AFTER - 1)
    store.queue.interrupt_stale()
    assert store.run(silent).state == RUNNING
    store.queue.record_heartbeat("beating")
    store.queue.record_epoch(store.run(recording), EpochRecord(1, 1.0, None, 0.0))
    later(STALE_AFTER + 1)
    store.queue.interrupt_stale()
    states = [store.run(run_id).state for run_id in (silent, beating, recording, queued)]
    assert states == [INTERRUPTED, RUNNING, RUNNING, QUEUED]


def test_a_run_that_died_before_the_clock_was_set_back_is_interrupted_nonetheless(store, split, monkeypatch):
    dead, beating = queue_runs(store, split, 2)
    for worker in ("dead", "beating"):
        store.queue.claim(worker)
    earlier = time.time() - 3600
    monkeypatch.setattr(Database, "now", lambda _: earlier)
    store.queue.record_heartbeat("beating")
    store.queue.interrupt_stale()
    assert [store.run(run_id).state for run_id in (dead, beating)] == [INTERRUPTED, RUNNING]


def test_two_servers_whose_clocks_differ_take_no_run_of_each_other_for_dead(store, split, monkeypatch):
    (run_id,) = queue_runs(store, split)
    store.queue.claim("w")
    here = time.time()
    monkeypatch.setattr(queue_module.time, "time", lambda: here + 2 * STALE_AFTER)
    RunStore(store.url).queue.interrupt_stale()
    assert store.run(run_id).state == RUNNING


def test_a_worker_that_was_taken_for_dead_writes_nothing_more(store, split):
    (run_id,) = queue_runs(store, split)
    first, record = store.queue.claim("first"), EpochRecord(0, 1.0, None, 0.0)
    store.queue.record_epoch(first, record)
    writes = (
        lambda: store.queue.record_environment(first),
        lambda: store.queue.record_epoch(first, record),
        lambda: store.queue.end_run(first, STOPPED, "by the first"),
    )
    store.queue.interrupt("first")
    store.queue.requeue(run_id)
    second = store.queue.claim("second")
    for write in writes:
        with pytest.raises(ClaimLost, match="was taken from its worker"):
            write()
    store.queue.record_epoch(second, record)
    assert store.epochs(run_id) == [record] and store.run(run_id) == second
    assert store.database.trouble == ""


def test_an_interrupted_run_starts_again_from_nothing(store, split):
    run_id = queue_runs(store, split)[0]
    store.queue.record_epoch(store.queue.claim("w"), EpochRecord(1, 1.0, None, 0.0))
    store.queue.request_stop(run_id)
    store.queue.interrupt("w")
    store.queue.requeue(run_id)
    run = store.run(run_id)
    assert (run.state, run.message, run.stop_requested, run.started, run.ended) == (QUEUED, "", False, None, None)
    assert store.epochs(run_id) == [] and store.last_epoch(run_id) is None
    assert store.queue.claim("another").id == run_id


@pytest.mark.parametrize("state", [RUNNING, FINISHED, STOPPED])
def test_asking_a_run_that_is_not_interrupted_to_start_again_changes_nothing(store, split, state):
    """A second click on "Run again", or one in a tab that has not yet heard."""
    run_id = queue_runs(store, split)[0]
    run = store.queue.claim("w")
    record = EpochRecord(1, 1.0, None, 0.0)
    store.queue.record_epoch(run, record)
    if state != RUNNING:
        store.queue.end_run(run, state)
    before = store.run(run_id)
    store.queue.requeue(run_id)
    assert store.run(run_id) == before
    assert store.epochs(run_id) == [record]
