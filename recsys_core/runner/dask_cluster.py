"""Runs of sweeps on an existing dask.distributed cluster.

The store stays the bus: a job is a database's address and the number of a run, and what comes of it is in the store.
"""

import ipaddress
import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from urllib.parse import urlsplit

from recsys_core.errors import InputError
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.runner.execute import process_run
from recsys_core.runner.heartbeat import send_heartbeats
from recsys_core.store.database import StoreError
from recsys_core.store.run import INTERRUPTED, RUNNING
from recsys_core.store.store import RunStore

MAX_ATTEMPTS = 3
"""How often a run is begun: once, and again at most twice where workers are lost."""
_LOOK_EVERY = 0.2  # seconds
_RECONNECT_EVERY = 5.0  # at the door of a scheduler that does not answer
_CONNECT_TIMEOUT = "5s"
_OTHER_VERSION = (
    "The workers of a cluster must have the same version of this program as the app. Theirs is another: update them, "
    "start them again, and go on."
)
_NOT_INSTALLED = (
    "A cluster must be spoken to by dask.distributed, and it is not installed here. Install it with "
    "pip install 'dask[distributed]' and start the app again."
)


def train_queued_run(url: str, run_id: int, claim_token: str) -> None:
    """What a worker of the cluster does: train a queued run and write it back."""
    store = _store(url)
    name = store.queue.claim_for(run_id, claim_token, MAX_ATTEMPTS)
    if name is None:
        return
    run = store.run(run_id)
    if run.numerics_version != NUMERICS_VERSION:
        store.queue.end_run(run_id, INTERRUPTED, _OTHER_VERSION)
        return
    with send_heartbeats(store.queue, name):
        process_run(store, run)


@cache
def _store(url: str) -> RunStore:
    return RunStore(url)


class Cluster:
    """As long as this process lives, what is queued in the background is trained on the cluster at `address`.

    `trouble` says in a sentence why that cannot be, and is empty while all is well. What the cluster had begun when it
    was lost is queued again; whoever is there next takes it: the same cluster or, after `give_up`, this machine.
    """

    def __init__(self, store: RunStore, address: str):
        self.address, self.trouble, self.n_workers = address, "", 0
        self._store = store
        self._sent: dict[int, str] = {}  # the runs that the cluster has, and their claim tokens
        self._attempts: Counter[int] = Counter()  # how often each was given to it
        self._given_up = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def is_given_up(self) -> bool:
        return self._given_up.is_set()

    def give_up(self) -> None:
        """Send no more runs there; those that are under way there may end."""
        self._given_up.set()

    def _serve(self) -> None:
        try:
            url = shared_database_url(self._store.url, self.address)
            from distributed import Client  # an extra, and half a second of importing
        except InputError as error:
            self.trouble = str(error)
            return
        except ImportError:
            self.trouble = _NOT_INSTALLED
            return
        while not self.is_given_up:
            try:
                with Client(self.address, timeout=_CONNECT_TIMEOUT, set_as_default=False) as client:
                    _check_version(client)
                    self.trouble = ""
                    self._send_runs(client, url)
            except InputError as error:
                self.trouble = str(error)
            except Exception as error:  # a network of several machines fails in more ways than can be named
                self.trouble = _lost(self.address, error)
            self.n_workers = 0
            self._requeue_lost(self._sent)
            self._given_up.wait(_RECONNECT_EVERY)
        while self._sent:
            self._requeue_lost(self._sent)
            time.sleep(_LOOK_EVERY)

    def _send_runs(self, client, url: str) -> None:
        """Send out what waits, until the cluster is given up. Raises ConnectionError when it is lost."""
        executor, futures = client.get_executor(pure=False), {}

        def send(run_id: int) -> None:
            self._attempts[run_id] += 1
            futures[run_id] = executor.submit(train_queued_run, url, run_id, self._sent[run_id])

        while not self._given_up.wait(_LOOK_EVERY):
            if client.status != "running":
                raise ConnectionError("the connection was lost")
            self.n_workers = sum(client.nthreads().values())
            with suppress(StoreError):  # a database that is away now is asked again
                for run_id in [run_id for run_id, future in futures.items() if future.done()]:
                    failed = _failure(futures.pop(run_id))
                    if failed and self._attempts[run_id] < MAX_ATTEMPTS:
                        send(run_id)
                        continue
                    if failed:
                        self._store.queue.end_run(run_id, INTERRUPTED, f"The cluster could not train it: {failed}.")
                    del self._sent[run_id], self._attempts[run_id]
                self._requeue_lost(self._sent.keys() - futures.keys())  # what it had when it was lost and came back
                for run_id in self._store.queue.waiting_in_background():
                    if run_id not in futures:
                        self._sent.setdefault(run_id, uuid.uuid4().hex)
                        send(run_id)

    def _requeue_lost(self, lost: Iterable[int]) -> None:
        """Queue again what the cluster had begun of these runs and nobody is at work on any more."""
        if not (lost := list(lost)):
            return
        with suppress(StoreError):
            self._store.queue.interrupt_stale()
            runs = {run.id: run for run in self._store.runs(archived=True)}
            for run_id in lost:
                run = runs.get(run_id)  # None where somebody has deleted it meanwhile
                if (
                    run
                    and run.state == INTERRUPTED
                    and not run.stop_requested
                    and self._attempts[run_id] < MAX_ATTEMPTS
                ):
                    queue = self._store.queue
                    queue.requeue(run_id, in_background=True, deadline=queue.deadline_of(run_id))
                if run is None or run.state != RUNNING:
                    del self._sent[run_id]


def shared_database_url(url: str, address: str) -> str:
    """The database's address as the workers of a cluster must know it.

    Raises InputError where they cannot reach it: SQLite is a file of this machine, so it serves only a scheduler that
    no other machine can reach.
    """
    if not url.startswith("sqlite"):
        return url
    scheme, _, path = url.partition(":///")
    if not path or not _is_loopback(urlsplit(address).hostname or ""):
        raise InputError(
            "A cluster of several machines must have its runs in a database that all of them reach. SQLite is a file "
            "on this one: set RECSYS_DATABASE_URL to a PostgreSQL database, or RECSYS_SCHEDULER to 127.0.0.1."
        )
    return f"{scheme}:///{os.path.abspath(path)}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _numerics_version() -> str:
    return NUMERICS_VERSION


def _check_version(client) -> None:
    """Raises InputError unless all workers that are there now run this code."""
    try:
        theirs = client.run(_numerics_version)
    except (ImportError, AttributeError):  # none of the code, or an older one
        raise InputError(
            "The workers of a cluster must be able to import recsys_core, and these are not. Start them in the folder "
            "of the app, in an environment with its requirements."
        ) from None
    if any(version != NUMERICS_VERSION for version in theirs.values()):
        raise InputError(_OTHER_VERSION)


def _failure(future: Future) -> str:
    """What went wrong with a job, in a few words; empty where nothing did."""
    if future.cancelled():
        return "it was taken back"
    error = future.exception()
    return "" if error is None else f"{type(error).__name__}, {str(error).splitlines()[0][:100] if str(error) else ''}"


def _lost(address: str, error: Exception) -> str:
    said = str(error).strip().splitlines()[0].rstrip(".")[:160] if str(error).strip() else type(error).__name__
    return f"The cluster at {address} must answer, and it does not: {said}. What is done is kept; it is asked again."
