"""Train the runs of sweeps on an existing dask.distributed cluster.

A job is the URL of a database and the number of a run; its results are written to the store, as a local worker's are.
"""

import ipaddress
import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import cache
from typing import Protocol, Self
from urllib.parse import urlsplit

from recsys_core.errors import InputError
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.runner.execute import process_run
from recsys_core.runner.heartbeat import send_heartbeats
from recsys_core.runner.retry import pause
from recsys_core.store.database import StoreError
from recsys_core.store.run import INTERRUPTED, RUNNING
from recsys_core.store.store import RunStore

MAX_ATTEMPTS = 3
"""How often a run is started: once, and at most twice more if its workers are lost."""
_POLL_SECONDS = 0.2
_RECONNECT_SECONDS = 5.0  # between attempts to reach a scheduler that does not answer
_CONNECT_TIMEOUT = "5s"
_OTHER_VERSION = (
    "The workers of a cluster must have the same version of this program as the app. Theirs differs: update and "
    "restart them, then resume the sweep."
)
_NOT_INSTALLED = (
    "To use a cluster, dask.distributed must be installed. It is not installed here: run "
    "pip install 'dask[distributed]' and restart the app."
)


def train_queued_run(url: str, run_id: int, claim_token: str) -> None:
    """Train a queued run and write it to the store; this is executed on a worker of the cluster.

    Raises ClaimLost where the run was taken for dead meanwhile: whoever has sent it then sends it once more.
    """
    store = _store(url)
    run = store.queue.claim_for(run_id, claim_token, MAX_ATTEMPTS)
    if run is None:
        return
    if run.numerics_version != NUMERICS_VERSION:
        store.queue.end_run(run, INTERRUPTED, _OTHER_VERSION)
        return
    with send_heartbeats(store.queue, run.worker):
        process_run(store, run)


@cache
def _store(url: str) -> RunStore:
    return RunStore(url)


class _Client(Protocol):
    """What is used of `distributed.Client`, which has hardly any types itself."""

    status: str

    def get_executor(self, *, pure: bool) -> Executor: ...

    def nthreads(self) -> dict[str, int]: ...

    def run(self, function: Callable[[], str]) -> dict[str, str]: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...


class Cluster:
    """The Dask scheduler at `address`, which trains queued background runs while this process lives.

    `trouble` is a sentence that says why it cannot, and is empty while all is well. Runs that the cluster had started
    when it was lost are queued again, for the cluster when it is back or, after `give_up`, for this machine.
    """

    def __init__(self, store: RunStore, address: str):
        self.address, self.trouble, self.n_workers = address, "", 0
        self._store = store
        self._sent: dict[int, str] = {}  # runs sent to the cluster, with their claim tokens
        self._attempts: Counter[int] = Counter()  # how often each was sent
        self._given_up = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def is_given_up(self) -> bool:
        """Whether no more runs are sent to the cluster."""
        return self._given_up.is_set()

    def give_up(self) -> None:
        """Send no more runs; those that are being trained there may finish."""
        self._given_up.set()

    def _serve(self) -> None:
        """Connect, send runs until the connection is lost, and connect again, until the cluster is given up."""
        try:
            url = shared_database_url(self._store.url, self.address)
        except InputError as error:
            self.trouble = str(error)
            return
        while not self.is_given_up:
            try:
                with _connect(self.address) as client:
                    _check_version(client)
                    self.trouble = ""
                    self._send_runs(client, url)
            except InputError as error:
                self.trouble = str(error)
            except ImportError:
                self.trouble = _NOT_INSTALLED
                return
            except Exception as error:  # a network of several machines fails in more ways than can be named
                self.trouble = _lost(self.address, error)
            self.n_workers = 0
            self._requeue_lost(self._sent)
            self._given_up.wait(_RECONNECT_SECONDS)
        while self._sent:
            self._requeue_lost(self._sent)
            pause(_POLL_SECONDS)

    def _send_runs(self, client: _Client, url: str) -> None:
        """Send waiting runs until the cluster is given up. Raises ConnectionError when the connection is lost."""
        executor = client.get_executor(pure=False)
        futures: dict[int, Future[None]] = {}

        def send(run_id: int) -> None:
            self._attempts[run_id] += 1
            futures[run_id] = executor.submit(train_queued_run, url, run_id, self._sent[run_id])

        while not self._given_up.wait(_POLL_SECONDS):
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
                        why = f"The cluster could not train it: {failed}."
                        self._store.queue.give_up_for(run_id, self._sent[run_id], why)
                    del self._sent[run_id], self._attempts[run_id]
                self._requeue_lost(self._sent.keys() - futures.keys())  # what it had when it was lost and came back
                for run_id in self._store.queue.waiting_in_background():
                    if run_id not in futures:
                        self._sent.setdefault(run_id, uuid.uuid4().hex)
                        send(run_id)

    def _requeue_lost(self, lost: Iterable[int]) -> None:
        """Queue those of these runs again that the cluster had started and nobody is training any more."""
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
    """Return the database URL that the workers of a cluster can use.

    Raises InputError if they cannot reach the database: SQLite is a file on this machine, so it needs a scheduler on
    this machine.
    """
    if not url.startswith("sqlite"):
        return url
    scheme, _, path = url.partition(":///")
    if not path or not _is_loopback(urlsplit(address).hostname or ""):
        raise InputError(
            "The machines of a cluster must share a database that all of them can reach. SQLite is a file on this "
            "machine: set RECSYS_DATABASE_URL to a PostgreSQL database, or RECSYS_SCHEDULER to 127.0.0.1."
        )
    return f"{scheme}:///{os.path.abspath(path)}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _connect(address: str) -> _Client:
    """Connect to a scheduler. Raises ImportError if dask.distributed is not installed."""
    from distributed import Client  # an extra, and half a second of importing

    # distributed says that it has types, but its functions have none.
    client: _Client = Client(address, timeout=_CONNECT_TIMEOUT, set_as_default=False)  # type: ignore[no-untyped-call, assignment]
    return client


def _numerics_version() -> str:
    return NUMERICS_VERSION


def _check_version(client: _Client) -> None:
    """Raise InputError unless all present workers have this version of the numerics."""
    try:
        theirs = client.run(_numerics_version)
    except (ImportError, AttributeError):  # none of the code, or an older one
        raise InputError(
            "The workers of a cluster must be able to import recsys_core, and these cannot. Install it in their "
            "environment, or start them in the folder of the app."
        ) from None
    if any(version != NUMERICS_VERSION for version in theirs.values()):
        raise InputError(_OTHER_VERSION)


def _failure(future: Future[None]) -> str:
    """Return in a few words why a job failed; '' if it did not."""
    if future.cancelled():
        return "it was cancelled"
    error = future.exception()
    return "" if error is None else f"{type(error).__name__}, {str(error).splitlines()[0][:100] if str(error) else ''}"


def _lost(address: str, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0].rstrip(".")[:160] if str(error).strip() else type(error).__name__
    trouble = f"The cluster at {address} must answer, and it does not: {reason}."
    return f"{trouble} Finished work is kept, and the connection is tried again."
