"""Retry database writes with exponential back-off: a full disk is cleared, a database server comes back."""

import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from recsys_core.store.database import StoreError

_SHORTEST, _LONGEST = 0.25, 8.0  # seconds

_never = threading.Event()

Result = TypeVar("Result")


def pause(seconds: float) -> None:
    """Wait, even while the clock is set back: time.sleep would raise OSError 22, which ends a thread."""
    _never.wait(seconds)


def backoff() -> Iterator[float]:
    """Yield the seconds to wait after each failure in a row: twice as long each time, up to 8."""
    pause = _SHORTEST
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST)


def retry_until_stored(task: Callable[..., Result], *arguments: object) -> Result:
    """Call `task` until it raises no StoreError, with back-off in between, and return its result."""
    pauses = backoff()
    while True:
        try:
            return task(*arguments)
        except StoreError:
            pause(next(pauses))
