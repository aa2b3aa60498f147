"""The loop of a worker process: claim queued runs and execute them, one after another."""

from collections.abc import Callable
from contextlib import suppress

from recsys_core.runner.execute import process_run
from recsys_core.runner.heartbeat import send_heartbeats
from recsys_core.runner.retry import backoff, pause, retry_until_stored
from recsys_core.runner.workers import ALL_RUNS
from recsys_core.store.database import StoreError
from recsys_core.store.queue import ClaimLost
from recsys_core.store.store import RunStore

_POLL_SECONDS = 0.1  # between looks for a queued run


def run_worker(on_exit: list[Callable[[], None]], url: str, what: str, name: str) -> None:
    """Execute runs of the store at `url` for ever, as worker `name`.

    `what` is ALL_RUNS or FOREGROUND_ONLY; `on_exit` takes what `exit_with_parent` calls at the end: the worker's run is
    then marked interrupted.
    """
    store = retry_until_stored(RunStore, url)
    on_exit.append(lambda: store.queue.interrupt(name))
    with send_heartbeats(store.queue, name):
        execute_queued_runs(store, name, what)


def execute_queued_runs(store: RunStore, name: str, what: str) -> None:
    """Execute queued runs for ever; if the store cannot be written to, give the run up and wait with back-off.

    A run that was taken from this worker is left to whoever has it now.
    """
    wait = backoff()
    while True:
        try:
            run = store.queue.claim(name, in_background=what == ALL_RUNS)
            if run is None:
                pause(_POLL_SECONDS)
            else:
                with suppress(ClaimLost):
                    process_run(store, run)
            wait = backoff()
        except StoreError as error:
            retry_until_stored(store.queue.interrupt, name, str(error))
            pause(next(wait))
