"""What must be written in the end is tried until it is: a full disk is cleared, a database server comes back."""

import time
from collections.abc import Callable, Iterator

from recsys_core.store.database import StoreError

_SHORTEST, _LONGEST = 0.25, 8.0


def backoff() -> Iterator[float]:
    """Seconds to wait after each failure in a row: ever longer, so that many who wait are no storm."""
    pause = _SHORTEST
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST)


def retry_until_stored(task: Callable, *arguments):
    """The result of `task`, which is called again for as long as the store cannot do it."""
    for pause in backoff():
        try:
            return task(*arguments)
        except StoreError:
            time.sleep(pause)
