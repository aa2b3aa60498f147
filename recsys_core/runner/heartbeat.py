"""Heartbeats: how whoever trains runs shows that it is alive."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from recsys_core.store.queue import RunQueue

_EVERY = 2.0  # seconds; `queue.STALE_AFTER` is five times as long


@contextmanager
def send_heartbeats(queue: RunQueue, worker: str) -> Iterator[None]:
    """Record heartbeats of `worker`, and of the run that it trains, from another thread while the block runs."""
    is_over = threading.Event()
    threading.Thread(target=_beat, args=(queue, worker, is_over), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _beat(queue: RunQueue, worker: str, is_over: threading.Event) -> None:
    while not is_over.wait(_EVERY):
        with suppress(Exception):  # a database that is busy or away now will hear the next beat
            queue.record_heartbeat(worker)
