"""A worker process: `python -m recsys_core.runner DATABASE_URL NAME` executes queued runs, one after another.

It lives as long as its standard input stays open. Whoever started it holds the other end of that pipe, so a
worker ends with its server however that ends, `kill -9` included, on every system.
"""

import os
import sys
import threading
import time
from contextlib import suppress

from recsys_core.runner.execute import execute
from recsys_core.store.store import RunStore

_LOOK_EVERY = 0.1  # seconds between looks for a queued run
_BEAT_EVERY = 2.0


def main(url: str, name: str) -> None:
    store = RunStore(url)
    threading.Thread(target=_end_with_parent, args=(store, name), daemon=True).start()
    threading.Thread(target=_beat, args=(store, name), daemon=True).start()
    _be_modest()
    while True:
        run = store.claim(name)
        if run is None:
            time.sleep(_LOOK_EVERY)
        else:
            execute(store, run)


def _end_with_parent(store: RunStore, name: str) -> None:
    try:
        while sys.stdin.buffer.read(1):
            pass
        store.interrupt(name)
    finally:
        os._exit(0)


def _beat(store: RunStore, name: str) -> None:
    while True:
        time.sleep(_BEAT_EVERY)
        with suppress(Exception):  # a database that is busy now will hear the next beat
            store.beat(name)


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


if __name__ == "__main__":
    main(*sys.argv[1:])
