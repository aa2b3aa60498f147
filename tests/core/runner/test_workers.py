"""Worker processes take runs in turn, end with their server, and leave nothing running that is not."""

import os
import signal
import subprocess
import sys
import threading
import time
import types

import numpy as np
import pytest

from recsys_core.runner import exit_with_parent, heartbeat
from recsys_core.runner import workers as workers_module
from recsys_core.runner.workers import Workers
from recsys_core.store.database import Database
from recsys_core.store.run import FINISHED, INTERRUPTED, QUEUED, RUNNING, STOPPED
from recsys_core.store.store import RunStore
from tests.conftest import ROOT, wait_until
from tests.core.runner.small_runs import ENDLESS, SHORT, split_of
from tests.processes import is_alive


class Bench:
    """A store with two workers beside it, and a split to run on."""

    def __init__(self, url: str):
        self.store = RunStore(url)
        self.split = split_of(self.store)
        self.workers = Workers(self.store, 2)

    def queue(self, recipe, count=1) -> list[int]:
        return [self.store.queue.add_run(self.split, "bpr", recipe, seed) for seed in range(count)]

    def states(self, run_ids) -> list[str]:
        return [self.store.run(run_id).state for run_id in run_ids]

    def wait_for(self, run_id: int, state: str):
        wait_until(lambda: self.store.run(run_id).state == state, f"run {run_id} is {state}")

    def worker_of(self, run_id: int) -> subprocess.Popen:
        """The process that executes a run: the one that says so on its command line."""
        with self.store.reading() as connection:
            name = connection.exec_driver_sql(f"SELECT worker FROM runs WHERE id = {run_id}").scalar()
        return next(process for process in self.workers.processes if process.args[-1] == name)

    def end(self):
        """End the workers, and park their keepers (daemon threads) where they would start new ones."""
        parked = threading.Semaphore(0)

        def park(*_, **__):
            parked.release()
            threading.Event().wait()

        real, workers_module.subprocess = workers_module.subprocess, types.SimpleNamespace(Popen=park, PIPE=None)
        try:
            for process in self.workers.processes:
                process.stdin.close()
            for process in self.workers.processes:
                process.wait(30)
                assert parked.acquire(timeout=30)
        finally:
            workers_module.subprocess = real


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    made = Bench(f"sqlite:///{tmp_path_factory.mktemp('workers') / 'runs.sqlite'}")
    yield made
    made.end()


@pytest.fixture(autouse=True)
def quiet_bench(request):
    """Nothing of one test goes on in the next."""
    yield
    if "bench" in request.fixturenames:
        bench = request.getfixturevalue("bench")
        for run in bench.store.runs():
            if run.is_live:
                bench.store.queue.request_stop(run.id)
        wait_until(lambda: not bench.store.queue.has_live_runs(), "nothing runs")


def test_two_runs_are_executed_at_once_and_the_others_wait_in_turn(bench):
    run_ids = bench.queue(ENDLESS, 4)
    for run_id in run_ids[:2]:
        bench.wait_for(run_id, RUNNING)
    wait_until(lambda: all(len(bench.store.epochs(run_id)) > 2 for run_id in run_ids[:2]), "both have epochs")
    assert bench.states(run_ids) == [RUNNING, RUNNING, QUEUED, QUEUED]
    assert [bench.store.queue.n_ahead(run_id) for run_id in run_ids[2:]] == [0, 1]
    bench.store.queue.request_stop(run_ids[0])
    bench.wait_for(run_ids[0], STOPPED)
    bench.wait_for(run_ids[2], RUNNING)
    assert bench.states(run_ids) == [STOPPED, RUNNING, RUNNING, QUEUED]
    assert bench.store.queue.n_ahead(run_ids[3]) == 0


def test_a_worker_writes_what_this_process_would_have_computed(bench):
    run_id = bench.queue(SHORT)[0]
    bench.wait_for(run_id, FINISHED)
    epochs = list(SHORT.epochs(bench.split.train, seed=0))
    assert [(r.number, r.objective) for r in bench.store.epochs(run_id)] == [(e.number, e.objective) for e in epochs]
    np.testing.assert_array_equal(bench.store.model(run_id).user_factors, epochs[-1].model.user_factors)


def test_a_killed_workers_run_is_interrupted_and_a_new_worker_takes_what_waits(bench):
    victim, neighbour, waiting = bench.queue(ENDLESS, 3)
    for run_id in (victim, neighbour):
        bench.wait_for(run_id, RUNNING)
    wait_until(lambda: len(bench.store.epochs(victim)) > 2, "there are epochs")
    dying = bench.worker_of(victim)
    os.kill(dying.pid, signal.SIGKILL)
    bench.wait_for(victim, INTERRUPTED)
    assert "ended unexpectedly" in bench.store.run(victim).message
    bench.wait_for(waiting, RUNNING)
    assert bench.store.run(neighbour).state == RUNNING
    assert bench.worker_of(waiting).pid != dying.pid and dying not in bench.workers.processes
    assert not is_alive(dying.pid)


def test_a_run_that_was_interrupted_and_started_again_has_bit_identical_epochs(bench):
    run_id = bench.queue(ENDLESS)[0]
    wait_until(lambda: len(bench.store.epochs(run_id)) >= 5, "there are five epochs")
    os.kill(bench.worker_of(run_id).pid, signal.SIGKILL)
    bench.wait_for(run_id, INTERRUPTED)
    before = bench.store.epochs(run_id)[:5]
    bench.store.queue.requeue(run_id)
    wait_until(lambda: len(bench.store.epochs(run_id)) >= 5, "there are five epochs again")
    after = bench.store.epochs(run_id)[:5]
    assert [(r.number, r.objective, r.validation) for r in after] == [
        (r.number, r.objective, r.validation) for r in before
    ]


SERVER = """
import sys, time
from recsys_core.runner.workers import Workers
from recsys_core.store.store import RunStore
store = RunStore(sys.argv[1])
workers = Workers(store, 2)
while None in workers.processes or len([run for run in store.runs() if run.state == "running"]) < 1:
    time.sleep(0.05)
sys.stdout.write(" ".join(str(process.pid) for process in workers.processes) + "\\n")
sys.stdout.flush()
time.sleep(600)
"""


def test_workers_end_when_their_server_is_killed_and_its_run_is_interrupted(store):
    run_id = store.queue.add_run(split_of(store), "bpr", ENDLESS, 0)
    command = [sys.executable, "-c", SERVER, store.url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            pids = [int(pid) for pid in server.stdout.readline().split()]
            assert len(pids) == 2 and all(map(is_alive, pids))
        finally:
            server.kill()
    wait_until(lambda: not any(map(is_alive, pids)), "both workers are gone")
    assert store.run(run_id).state == INTERRUPTED


def test_a_worker_ends_with_its_server_even_if_the_store_cannot_be_written_to(monkeypatch):
    def locked():
        raise OSError("database is locked")

    ended = []
    monkeypatch.setattr(exit_with_parent.os, "_exit", ended.append)
    monkeypatch.setattr(exit_with_parent.sys, "stdin", open(os.devnull))
    monkeypatch.setattr(exit_with_parent, "_EXIT_TIMEOUT", 60)
    with pytest.raises(OSError, match="locked"):
        exit_with_parent._exit_at_end_of_input([locked])
    assert ended == [0]


def test_a_worker_ends_with_its_server_even_if_the_store_does_not_answer_or_is_not_yet_opened():
    """The farewell is over after a second; and while a worker is still importing, it has none."""
    code = (
        "import sys, threading; from recsys_core.runner.exit_with_parent import exit_with_parent; "
        "exit_with_parent().append(threading.Event().wait); sys.stdout.write('.'); sys.stdout.flush(); "
        "threading.Event().wait()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, **pipes) as process:
        assert process.stdout.read(1) == b"."
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_heart_goes_on_beating_after_one_beat_was_missed(monkeypatch):
    class Enough(BaseException):
        pass

    class Busy:
        beats = 0

        def record_heartbeat(self, worker):
            self.beats += 1
            if self.beats == 1:
                raise OSError("database is locked")
            raise Enough

    monkeypatch.setattr(heartbeat, "_EVERY", 0)
    with pytest.raises(Enough):
        heartbeat._beat(Busy(), "w", threading.Event())


def test_nothing_stale_is_left_running_when_a_server_starts(store, monkeypatch):
    run_id = store.queue.add_run(split_of(store), "bpr", SHORT, 0)
    store.queue.claim("of a server that is gone")
    now = time.time()
    monkeypatch.setattr(Database, "now", lambda _: now + 60)
    Workers(store, 0)
    assert store.run(run_id).state == INTERRUPTED


def test_whoever_looks_for_trouble_goes_on_whatever_the_clock_and_the_database_do(monkeypatch):
    """A clock that is set back makes time.sleep raise OSError 22, and a thread that it ends is missed by nobody."""

    def sleep(seconds):
        raise OSError(22, "Invalid argument")

    looks, is_over = threading.Semaphore(0), threading.Event()

    def fail():
        looks.release()
        if is_over.is_set():
            threading.Event().wait()  # parked: a daemon thread ends with the tests
        raise OSError(5, "the disk is gone")

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(workers_module, "_CHECK_SECONDS", 0.01)
    store = types.SimpleNamespace(queue=types.SimpleNamespace(has_live_runs=fail))
    threading.Thread(target=workers_module._notice_trouble, args=(store,), daemon=True).start()
    assert all(looks.acquire(timeout=10) for _ in range(3))
    is_over.set()


def test_no_thread_of_the_server_waits_by_the_clock_that_may_be_set_back():
    for path in (ROOT / "recsys_core" / "runner").glob("*.py"):
        assert "time.sleep(" not in path.read_text(), path.name
