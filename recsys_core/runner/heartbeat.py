"""The sign of life of whoever executes runs."""

import threading
from contextlib import contextmanager, suppress

from recsys_core.store.store import RunStore

_EVERY = 2.0  # seconds


@contextmanager
def send_heartbeats(store: RunStore, name: str):
    """As long as this lasts, the store hears that `name`, and what it runs, are alive."""
    is_over = threading.Event()
    threading.Thread(target=_beat, args=(store, name, is_over), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _beat(store: RunStore, name: str, is_over: threading.Event) -> None:
    while not is_over.wait(_EVERY):
        with suppress(Exception):  # a database that is busy or away now will hear the next beat
            store.beat(name)
