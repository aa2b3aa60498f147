"""Compute a task in a child process, which a page watches and can end."""

import threading
from typing import Any

from recsys_core.data.sandbox.limits import megabytes
from recsys_core.runner.child_job import ChildJob
from recsys_core.runner.mapped_arrays import Arrays, exchange_folder, map_arrays, write_arrays
from recsys_core.runner.memory import memory_limit
from recsys_core.runner.task import Task
from recsys_core.store.store import RunStore

TURNS = threading.BoundedSemaphore(2)
"""Of all that is computed of large data; more at once would not fit into the memory of the machine."""


class ComputeProcess(ChildJob):
    """A task that is computed in a child process with a limit on memory, with the arrays that are `given` with it.

    The arrays of its `result` are mapped files that are deleted already, so that nothing of them is left when they are
    not needed.
    """

    def __init__(self, store: RunStore, task: Task, given: Arrays | None = None):
        super().__init__(store.url, "Waiting until something else has been computed")
        self._person = store.person()
        self._start(TURNS, lambda: self._compute(task, given or {}))

    def _compute(self, task: Task, given: Arrays) -> None:
        memory, self.stage = memory_limit(), "Starting"
        rule = f"What is computed of large data must fit into {megabytes(memory)} of memory."
        advice = "take a sample of the data, or end other programs on this machine."
        with exchange_folder() as folder, exchange_folder() as sent:
            write_arrays(sent, given)
            order: dict[str, Any] = {"task": task.as_json(), "memory": memory, "person": self._person}
            order |= {"folder": str(folder), "given": str(sent)}
            too_large, died = f"{rule} These need more: {advice}", f"{rule} Its process ended (code {{code}}): {advice}"
            for reply in self._results("runner.compute_child", order, too_large=too_large, died=died):
                self.result = map_arrays(folder), reply["computed"]
