"""What a worker process does: it executes queued runs, one after another."""

import os
import time
from collections.abc import Callable

from recsys_core.runner.execute import process_run
from recsys_core.runner.heartbeat import send_heartbeats
from recsys_core.runner.retry import backoff, retry_until_stored
from recsys_core.runner.workers import ALL_RUNS
from recsys_core.store.database import StoreError
from recsys_core.store.store import RunStore

_LOOK_EVERY = 0.1  # seconds between looks for a queued run


def run_worker(on_exit: list[Callable[[], None]], url: str, what: str, name: str) -> None:
    """Work for ever; `on_exit` is where to say what is to be done at the end of the server."""
    store = retry_until_stored(RunStore, url)
    on_exit.append(lambda: store.queue.interrupt(name))
    _lower_priority()
    with send_heartbeats(store.queue, name):
        execute_queued_runs(store, name, what)


def execute_queued_runs(store: RunStore, name: str, what: str) -> None:
    """Execute what is queued. Where the store cannot be written to, the run is given up, and the next one waits."""
    wait = backoff()
    while True:
        try:
            run = store.queue.claim(name, in_background=what == ALL_RUNS)
            if run is None:
                time.sleep(_LOOK_EVERY)
            else:
                process_run(store, run)
            wait = backoff()
        except StoreError as error:
            retry_until_stored(store.queue.interrupt, name, str(error))
            time.sleep(next(wait))


def _lower_priority() -> None:
    """Leave the processor to the pages first, and refuse memory beyond the machine's own instead of swapping."""
    if hasattr(os, "nice"):
        os.nice(5)
    try:
        import resource

        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):
        pass  # not every system has such limits; then the system's own handling of memory applies
