"""Sweeps on a real dask.distributed cluster: a scheduler and two workers, processes of their own on 127.0.0.1."""

import os
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.errors import InputError
from recsys_core.runner.dask_cluster import MAX_ATTEMPTS, Cluster, shared_database_url, train_queued_run
from recsys_core.store.database import Database
from recsys_core.store.history import DELETED, KEPT, set_status
from recsys_core.store.run import FINISHED, INTERRUPTED, QUEUED, RUNNING, STOPPED
from recsys_core.store.store import RunStore
from recsys_core.sweeps.plan import Plan, Sweep
from recsys_core.sweeps.progress import match_runs, queue_missing, stop_sweep
from tests.conftest import wait_until
from tests.pages.app import texts
from tests.processes import free_port

ROOT = Path(__file__).resolve().parents[3]
SERVER = """
import sys, time
from recsys_core.runner.workers import Workers
from recsys_core.store.store import RunStore
workers = Workers(RunStore(sys.argv[1]), 1)
for line in sys.stdin:
    if line == "go on here\\n":
        workers.run_locally()
    sys.stdout.write(workers.cluster.trouble + "\\n")
    sys.stdout.flush()
"""


def ten_ks(n_epochs: int = 20) -> Sweep:
    recipe = ALGORITHMS["bpr"](n_epochs=n_epochs)
    return Sweep((Plan("bpr", recipe, ("n_factors",), tuple((k,) for k in range(2, 12))),))


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def split_of(store):
    return store.split(store.add_dataset(generate(SyntheticRecipe(n_users=240, n_items=120))), SplitRecipe())


@pytest.fixture
def split(store):
    return split_of(store)


class Processes:
    """A scheduler and two workers of one thread each."""

    def __init__(self, folder: Path):
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self._folder = folder
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", str(port))
        here = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        self.workers = [self._start("dask_worker", self.address, *here) for _ in range(2)]

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        with open(self._folder / f"{kind}.log", "a") as log:
            return subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{kind}", *arguments, "--no-dashboard"],
                env=environment,
                stdout=log,
                stderr=log,
            )

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def processes(tmp_path):
    pytest.importorskip("distributed", reason="dask.distributed is not installed: it is an extra")
    started = Processes(tmp_path)
    yield started
    started.end()


def states(store) -> list[str]:
    return [run.state for run in store.runs()]


def ended(store) -> list[int]:
    return [run.id for run in store.runs() if run.state == FINISHED]


# With real processes


def test_ten_of_ten_results_arrive_although_a_worker_is_killed_in_the_middle(processes, postgres_url):
    store = RunStore(postgres_url)
    split = split_of(store)
    cluster = Cluster(store, processes.address)
    try:
        queue_missing(store, split, ten_ks())
        waited_for = store.queue.add_run(split, "svd", ALGORITHMS["svd"](), 0)
        wait_until(lambda: len(ended(store)) >= 2 and RUNNING in states(store), "two have ended and one is at work")
        assert len(ended(store)) < 10, "results come as they finish"
        processes.workers[0].kill()
        wait_until(lambda: len(ended(store)) == 10, "ten have ended")
        assert cluster.n_workers == 1 and not cluster.trouble
        assert store.run(waited_for).state == QUEUED, "what a person waits for is not the cluster's business"
        for run in store.runs():
            if run.state == FINISHED:
                assert [record.number for record in store.epochs(run.id)] == list(range(21))
                assert store.evaluation(run.id, "test") is not None
        many = ten_ks(n_epochs=100_000)
        queue_missing(store, split, many)
        wait_until(lambda: RUNNING in states(store), "a long one is at work")
        stop_sweep(store, match_runs(many, store.runs(), split.fingerprint).live)
        wait_until(lambda: RUNNING not in states(store), "it has stopped")
        assert sorted(states(store)[:10]) == [INTERRUPTED] * 9 + [STOPPED]
    finally:
        cluster.give_up()


def test_when_the_scheduler_is_killed_what_is_done_stays_and_this_machine_goes_on(processes, store, split):
    queue_missing(store, split, ten_ks())
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, store.url],
        cwd=ROOT,
        env={**os.environ, "RECSYS_SCHEDULER": processes.address},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # dask writes there that it has lost its scheduler
        text=True,
    ) as server:

        def say(line: str) -> str:
            server.stdin.write(line + "\n")
            server.stdin.flush()
            return server.stdout.readline()

        try:
            wait_until(lambda: len(ended(store)) >= 2, "two have ended")
            processes.scheduler.kill()
            wait_until(lambda: "must answer" in say("how is it?"), "the loss is noticed")
            before = ended(store)
            assert len(before) < 10
            say("go on here")
            wait_until(lambda: len(ended(store)) == 10, "this machine has done the rest")
            assert set(before) <= set(ended(store)) and len(store.runs()) == 10
        finally:
            server.kill()


def test_nothing_of_dask_or_optuna_is_imported_unless_it_is_asked_for(store):
    """What the pages use of them is in these rooms alone (test_layers.py)."""
    code = (
        "import sys\n"
        "from recsys_core.runner import dask_cluster as cluster, worker\n"
        "from recsys_core.sweeps import search\n"
        "from recsys_core.runner.workers import Workers\n"
        "from recsys_core.store.store import RunStore\n"
        "assert Workers(RunStore(sys.argv[1]), 0).cluster is None\n"
        "assert not {'dask', 'distributed', 'optuna'} & set(sys.modules)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "RECSYS_SCHEDULER"}
    environment["RECSYS_DATABASE_URL"] = store.url
    done = subprocess.run([sys.executable, "-c", code, store.url], cwd=ROOT, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


# Who may train what


def queued(store, split, **how) -> int:
    return store.queue.add_run(split, "svd", ALGORITHMS["svd"](n_factors=2), 0, in_background=True, **how)


def test_a_run_is_taken_once_and_over_only_with_the_same_ticket_and_not_without_end(store, split):
    run_id = queued(store, split)
    assert store.queue.claim_for(run_id, "mine", MAX_ATTEMPTS).worker == "mine/1"
    assert store.queue.claim_for(run_id, "other", MAX_ATTEMPTS) is None
    assert [store.queue.claim_for(run_id, "mine", MAX_ATTEMPTS).worker for _ in range(2)] == ["mine/2", "mine/3"]
    assert store.queue.claim_for(run_id, "mine", MAX_ATTEMPTS) is None
    run = store.run(run_id)
    assert run.state == INTERRUPTED and "3 workers were lost" in run.message


def test_what_was_stopped_or_is_too_late_or_at_work_elsewhere_is_not_taken(store, split):
    late = queued(store, split, deadline=time.time() - 1)
    stopped, deleted, elsewhere = (queued(store, split) for _ in range(3))
    store.queue.request_stop(stopped)
    set_status(store, [deleted], DELETED)
    store.queue.claim("a worker of this machine")
    taken = [store.queue.claim_for(run_id, "mine", MAX_ATTEMPTS) for run_id in (late, stopped, deleted, elsewhere)]
    assert taken == [None] * 4
    set_status(store, [deleted], KEPT)
    assert store.run(deleted).state == QUEUED
    begun = deleted
    store.queue.claim_for(begun, "mine", MAX_ATTEMPTS)
    store.queue.request_stop(begun)
    assert store.queue.claim_for(begun, "mine", MAX_ATTEMPTS) is None, (
        "its worker was lost, and nobody wants it any more"
    )
    assert store.run(begun).state == INTERRUPTED


def test_what_a_lost_cluster_had_begun_is_queued_again_once_nobody_is_at_work_on_it(store, split, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)  # this cluster never answers
    cluster = Cluster(store, "tcp://127.0.0.1:1")
    begun, stopped = queued(store, split), queued(store, split)
    cluster._sent |= {begun: "first", stopped: "second"}
    for run_id, token in cluster._sent.items():
        store.queue.claim_for(run_id, token, MAX_ATTEMPTS)
    store.queue.request_stop(stopped)
    cluster._requeue_lost([begun, stopped])
    assert states(store) == [RUNNING] * 2, "their hearts have just beaten"
    now = time.time()
    monkeypatch.setattr(Database, "now", lambda _: now + 60)
    cluster._requeue_lost([begun, stopped])
    assert [store.run(run_id).state for run_id in (begun, stopped)] == [QUEUED, INTERRUPTED]
    assert not cluster._sent and store.queue.claim("a worker of this machine").id == begun


def test_what_the_cluster_cannot_train_is_given_up_unless_it_has_ended_or_is_anothers(store, split):
    waiting, begun, elsewhere = (queued(store, split) for _ in range(3))
    store.queue.claim_for(begun, "mine", MAX_ATTEMPTS)
    store.queue.claim_for(elsewhere, "other", MAX_ATTEMPTS)
    done = store.queue.claim_for(queued(store, split), "mine", MAX_ATTEMPTS)
    store.queue.end_run(done, FINISHED)
    for run in store.runs():
        store.queue.give_up_for(run.id, "mine", "It cannot.")
    ended = [store.run(run_id).state for run_id in (waiting, begun, elsewhere, done.id)]
    assert ended == [INTERRUPTED, INTERRUPTED, RUNNING, FINISHED]


def test_a_job_of_another_version_of_this_program_is_given_back_with_the_reason(store, split, monkeypatch):
    run_id = queued(store, split)
    monkeypatch.setattr("recsys_core.runner.dask_cluster.NUMERICS_VERSION", "another")
    train_queued_run(store.url, run_id, "mine")
    run = store.run(run_id)
    assert run.state == INTERRUPTED and "same version" in run.message


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_file_serves_a_scheduler_on_this_machine_by_its_full_path(host, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert shared_database_url("sqlite:///runs.sqlite", f"tcp://{host}:8786") == f"sqlite:///{tmp_path / 'runs.sqlite'}"


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tls://cluster.example.org:8786", "no address", ""])
def test_a_file_cannot_serve_several_machines_but_a_database_server_can(address):
    with pytest.raises(InputError, match="SQLite is a file on this machine: set RECSYS_DATABASE_URL"):
        shared_database_url("sqlite:////var/runs.sqlite", address)
    assert shared_database_url("postgresql+psycopg://host/runs", address) == "postgresql+psycopg://host/runs"


def test_without_dask_the_sentence_says_what_to_install(store, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    cluster = Cluster(store, "tcp://127.0.0.1:1")
    wait_until(lambda: cluster.trouble, "it says so")
    assert "pip install 'dask[distributed]'" in cluster.trouble


# On the page


def test_the_page_says_that_the_cluster_is_lost_and_offers_to_run_locally(open_app, still_store, monkeypatch):
    cluster = types.SimpleNamespace(address="tcp://10.0.0.1:8786", n_workers=4, trouble="", is_given_up=False)

    def run_locally():
        cluster.is_given_up = True

    running = types.SimpleNamespace(cluster=cluster, run_locally=run_locally)
    monkeypatch.setattr("pages.shared.cluster.workers", lambda: running)
    app = open_app("what_if")
    assert "on the cluster at tcp://10.0.0.1:8786, 4 at a time" in texts(app.main.caption)
    app.button(key="start_sweep").click().run()
    cluster.trouble = "The cluster must answer, and it does not."
    app.run()
    assert "must answer" in texts(app.main.warning)
    app.button(key="run_locally").click().run()
    assert cluster.is_given_up and not app.main.warning
    assert "run_locally" not in [button.key for button in app.main.button]
