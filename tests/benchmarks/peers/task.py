"""What all workers do alike: read the task, keep the clock, hand factors over, answer.

Imports NumPy and SciPy only, since it runs in the peers' environment as well as in ours.
"""

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import sparse


def answer(works: dict[str, Callable]) -> None:
    """Do the one work that the task on standard input asks for and print its result as the last line.

    A work takes (task, train, test), both matrices binary CSR in float32, and returns a dict.
    """
    task = json.load(sys.stdin)
    with np.load(task["data"]) as arrays:
        train, test = (binary_matrix(arrays, part) for part in ("train", "test"))
    result = works[task["work"]](task, train, test)
    print(
        json.dumps({**result, "peak_mb": peak_mb(), "ended_at": time.time(), "processor_in_all": time.process_time()})
    )


def binary_matrix(arrays, part: str) -> sparse.csr_matrix:
    indptr, items = arrays[f"{part}_indptr"], arrays[f"{part}_items"]
    ones = np.ones(len(items), np.float32)
    return sparse.csr_matrix((ones, items, indptr), shape=(len(indptr) - 1, int(arrays["n_items"])))


def peak_mb() -> float:
    """The most memory that this process ever held.

    Linux hands `ru_maxrss` down from the parent that started a process; `VmHWM` is the process's own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


class Progress:
    """The clock of a training: stands still while factors are saved for the judge.

    `epochs`, `elapsed` and `processor` say how many seconds of training, setting up included, had passed after which
    epoch, and how many seconds of processor time all threads had taken together.
    """

    def __init__(self, task: dict):
        self.save = task.get("save")
        self.every = task.get("every", 1)
        self.epochs: list[int] = []
        self.elapsed: list[float] = []
        self.processor: list[float] = []
        self._started = np.array(_clocks())

    def after(self, epoch: int, factors: Callable) -> None:
        """Note the time; `factors` returns (user_factors, item_factors) or (…, …, item_bias)."""
        if epoch % self.every:
            return
        now = np.array(_clocks())
        elapsed, processor = (now - self._started).tolist()
        self.epochs.append(epoch)
        self.elapsed.append(elapsed)
        self.processor.append(processor)
        if self.save:
            save_factors(f"{self.save}-{epoch}.npz", *factors())
        self._started += np.array(_clocks()) - now

    def result(self) -> dict:
        return {"epochs": self.epochs, "elapsed": self.elapsed, "processor": self.processor}


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def save_factors(path: str, users: np.ndarray, items: np.ndarray, item_bias: np.ndarray | None = None) -> None:
    bias = np.zeros(len(items), np.float32) if item_bias is None else item_bias
    np.savez(path, users=users, items=items, item_bias=bias)


def load_factors(task: dict) -> tuple[np.ndarray, np.ndarray]:
    """The factors of one model, the same for all contestants, that a task of ranking is about."""
    with np.load(task["model"]) as arrays:
        return arrays["users"].astype(np.float32), arrays["items"].astype(np.float32)


def timed(task: dict, work: Callable) -> tuple[dict[str, list[float]], object]:
    """Time `task["repetitions"]` calls after one that warms up; return their times and what the last one returned.

    The times are `seconds` by the clock and of the `processor`.
    """
    work()
    times = []
    for _ in range(task["repetitions"]):
        started = np.array(_clocks())
        outcome = work()
        times.append(np.array(_clocks()) - started)
    seconds, processor = np.transpose(times).tolist()
    return {"seconds": seconds, "processor": processor}, outcome


def ndcg_of_lists(lists: np.ndarray, test: sparse.csr_matrix) -> float:
    """Mean NDCG@10 of top-10 lists (m, 10) over the users of `test`: that a peer's lists are the same as ours."""
    discounts = 1 / np.log2(np.arange(2, 12))
    values = []
    for user in np.flatnonzero(np.diff(test.indptr)):
        relevant = test.indices[test.indptr[user] : test.indptr[user + 1]]
        values.append(discounts[np.isin(lists[user], relevant)].sum() / discounts[: len(relevant)].sum())
    return float(np.mean(values))
