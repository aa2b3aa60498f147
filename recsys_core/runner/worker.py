"""What a worker process does: it executes queued runs, one after another."""

import os
import time
from collections.abc import Callable

from recsys_core.runner.execute import work_on
from recsys_core.runner.heartbeat import beating
from recsys_core.runner.retry import pauses, until_done
from recsys_core.runner.workers import EVERYTHING
from recsys_core.store.database import StoreError
from recsys_core.store.store import RunStore

_LOOK_EVERY = 0.1  # seconds between looks for a queued run


def work(last_words: list[Callable[[], None]], url: str, what: str, name: str) -> None:
    """Work for ever; `last_words` is where to say what is to be done at the end of the server."""
    store = until_done(RunStore, url)
    last_words.append(lambda: store.interrupt(name))
    _be_modest()
    with beating(store, name):
        execute_what_waits(store, name, what)


def execute_what_waits(store: RunStore, name: str, what: str) -> None:
    """Execute what is queued. Where the store cannot be written to, the run is given up, and the next one waits."""
    wait = pauses()
    while True:
        try:
            run = store.claim(name, in_background=what == EVERYTHING)
            if run is None:
                time.sleep(_LOOK_EVERY)
            else:
                work_on(store, run)
            wait = pauses()
        except StoreError as error:
            until_done(store.interrupt, name, str(error))
            time.sleep(next(wait))


def _be_modest() -> None:
    """Leave the processor to the pages first, and refuse memory beyond the machine's own instead of swapping."""
    if hasattr(os, "nice"):
        os.nice(5)
    try:
        import resource

        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ImportError, ValueError, OSError):
        pass  # not every system has such limits; then the system's own handling of memory applies
