"""Compute a task in a child process, which a page watches and can end."""

import threading
from pathlib import Path
from typing import Any

import numpy as np

from recsys_core.data.sandbox.limits import megabytes
from recsys_core.errors import InputError
from recsys_core.runner.child_process import ChildProcess
from recsys_core.runner.compute import Task
from recsys_core.runner.mapped_arrays import exchange_folder, map_arrays
from recsys_core.runner.memory import memory_limit
from recsys_core.store.store import RunStore

# More at once would not fit into the memory of the machine.
_turns = threading.BoundedSemaphore(2)


class ComputeProcess:
    """A task that is computed in a child process with a limit on memory; the server goes on meanwhile.

    `share` (0 to 1) and `stage` say how far it is. In the end there is either a `result`, the arrays by name and plain
    JSON, or an `error`, which is an InputError unless something unforeseen happened; after `cancel` there is neither.
    Where it `is_refused`, these data do not allow the task, and never will.
    The arrays are mapped files that are deleted already, so that nothing of them is left when they are not needed.
    """

    def __init__(self, store: RunStore, task: Task):
        self.share, self.stage = 0.0, "Waiting until something else has been computed"
        self.result: tuple[dict[str, np.ndarray], Any] | None = None
        self.error: Exception | None = None
        self.is_refused = False
        self._cancelled = threading.Event()
        self._store = store
        self._child: ChildProcess | None = None
        # A daemon, so that the server ends at once; the child ends with it.
        self._thread = threading.Thread(target=self._run, args=(task,), daemon=True)
        self._thread.start()

    @property
    def is_live(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """End the child; nothing comes of the task."""
        self._cancelled.set()
        if self._child is not None:
            self._child.kill()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, for at most so many seconds."""
        self._thread.join(seconds)

    def _run(self, task: Task) -> None:
        while not _turns.acquire(timeout=0.1):
            if self._cancelled.is_set():
                return
        try:
            with exchange_folder() as folder:
                self._compute(task, folder)
        except Exception as error:
            self.error = error
        finally:
            _turns.release()

    def _compute(self, task: Task, folder: Path) -> None:
        memory = memory_limit()
        self.share, self.stage = 0.02, "Starting"
        child = self._child = ChildProcess("compute_child", self._store.url)
        if self._cancelled.is_set():  # since it got its turn
            child.kill()
        child.send({"task": task.as_json(), "folder": str(folder), "memory": memory})
        for reply in child.replies():
            if "stage" in reply:
                self.share, self.stage = reply["share"], reply["stage"]
            elif "computed" in reply:
                self.result = map_arrays(folder), reply["computed"]
            elif "error" in reply:
                self.error, self.is_refused = InputError(reply["error"]), reply["is_input"]
            elif "is_too_large" in reply:
                self.error = InputError(f"{_RULE.format(megabytes(memory))} These need more: {_ADVICE}.")
            else:
                self.error = RuntimeError("The child that computes failed; its traceback stands above in the log.")
        if self.result is None and self.error is None and not self._cancelled.is_set():
            code = child.process.returncode
            self.error = InputError(f"{_RULE.format(megabytes(memory))} Its process ended (code {code}): {_ADVICE}.")


_RULE = "What is computed of large data must fit into {} of memory."
_ADVICE = "take a sample of the data, or end other programs on this machine"
