"""A job that a child process does when it is its turn, which a page watches and can end."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from recsys_core.errors import InputError
from recsys_core.runner.child_process import ChildProcess


class ChildJob:
    """What the jobs of child processes have in common; the server goes on meanwhile.

    `share` (0 to 1) and `stage` say how far it is, and `result` is what it comes to: arrays by name, and plain JSON.
    Where it comes to nothing there is an `error`, which is an InputError unless something unforeseen happened; after
    `cancel` there is neither. Where it `is_refused`, these data do not allow the job, and never will. Several sessions
    may wait for one job: each by `awaited`, until the job ends or the session gives up.
    """

    def __init__(self, database_url: str, waiting: str):
        self.share, self.stage = 0.0, waiting
        self.result: tuple[dict[str, np.ndarray], Any] | None = None
        self.error: Exception | None = None
        self.is_refused = False
        self._database_url = database_url
        self._cancelled = threading.Event()
        self._waiting: dict[object, str] = {}  # the session of each wait
        self._waiting_lock = threading.Lock()
        self._child: ChildProcess | None = None

    @property
    def is_live(self) -> bool:
        """Whether it is still waiting or at work."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """End the child; nothing comes of the job."""
        self._cancelled.set()
        if self._child is not None:
            self._child.kill()

    @contextmanager
    def awaited(self, session: str) -> Iterator[None]:
        """Count `session` among those that wait for the job, until the block ends."""
        wait = object()
        with self._waiting_lock:
            self._waiting[wait] = session
        try:
            yield
        finally:
            with self._waiting_lock:
                self._waiting.pop(wait, None)

    def give_up(self, session: str) -> bool:
        """Let `session` wait no longer, and cancel the job if no other one does. Return whether it was cancelled."""
        with self._waiting_lock:
            self._waiting = {wait: each for wait, each in self._waiting.items() if each != session}
            if self._waiting:
                return False
        self.cancel()
        return True

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, for at most so many seconds if they are given."""
        self._thread.join(seconds)

    def _start(self, turns: threading.Semaphore, work: Callable[[], None]) -> None:
        """Let a thread wait for one of the `turns` and then `work`."""
        # A daemon, so that the server ends at once; the child ends with it.
        self._thread = threading.Thread(target=self._take_turn, args=(turns, work), daemon=True)
        self._thread.start()

    def _take_turn(self, turns: threading.Semaphore, work: Callable[[], None]) -> None:
        while not turns.acquire(timeout=0.1):
            if self._cancelled.is_set():
                return
        try:
            if not self._cancelled.is_set():
                work()
        except Exception as error:
            self.error = error
        finally:
            turns.release()

    def _results(
        self, module: str, order: dict[str, Any], contents: Iterable[bytes] = (), *, too_large: str, died: str
    ) -> Iterator[dict[str, Any]]:
        """Run a child on the order and yield its replies, except those that say how far it is or what went wrong.

        `too_large` and `died` say what must hold where its memory did not suffice, and where it ended without a word;
        "{code}" in `died` is its return code.
        """
        self.share = 0.02
        child = self._child = ChildProcess(module, self._database_url)
        if self._cancelled.is_set():  # since it got its turn
            child.kill()
        child.send(order, contents)
        has_result = False
        for reply in child.replies():
            if "stage" in reply:
                self.share, self.stage = reply["share"], reply["stage"]
            elif "error" in reply:
                self.error, self.is_refused = InputError(reply["error"]), reply["is_input"]
            elif "is_too_large" in reply:
                self.error = InputError(too_large)
            elif "is_unforeseen" in reply:
                self.error = RuntimeError("A child process failed; its traceback stands above in the log.")
            else:
                has_result = True
                yield reply
        if not has_result and self.error is None and not self._cancelled.is_set():
            self.error = InputError(died.format(code=child.process.returncode))
