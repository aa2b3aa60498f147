"""Spread independent blocks over the processor's cores, with one BLAS thread in each."""

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import TypeVar

import numpy as np
import scipy.linalg  # noqa: F401  (SciPy's own BLAS must be loaded before the controller looks for it)
from threadpoolctl import ThreadpoolController

Block = TypeVar("Block")
Result = TypeVar("Result")

# The C library of Linux gives the memory of a freed array back and asks for it again at the next, page by page, which
# takes as long as a block's arithmetic. It keeps memory up to the size of the largest array that it ever saw freed.
# Source: mallopt(3), M_MMAP_THRESHOLD. These 32 MB are never touched, so they cost nothing.
np.empty(2**25 - 2**16, np.uint8)


def for_each_block(work: Callable[[Block], Result], blocks: Iterable[Block], *, parallel: bool = True) -> list[Result]:
    """Return [work(block) for block in blocks], on all cores where `parallel`.

    The calling thread works too: threads that it only waited for would often be woken on one and the same core.
    BLAS runs with one thread meanwhile: the blocks are the parallelism, and with one thread a product's
    last bits do not depend on how many cores are free.
    """
    numbered = list(enumerate(blocks))
    results: dict[int, Result] = {}
    turns = iter(numbered)  # of which threads may take the next without a lock

    def take_turns() -> None:
        try:
            for index, block in turns:
                results[index] = work(block)
        finally:
            deque(turns, maxlen=0)  # where one block fails the rest need not be tried

    with one_blas_thread():
        n_helpers = min(_n_cores(), len(numbered)) - 1 if parallel else 0
        helpers = [_pool().submit(take_turns) for _ in range(n_helpers)]
        try:
            take_turns()
        finally:
            started = [helper for helper in helpers if not helper.cancel()]
            for helper in started:
                helper.result()
    return [results[index] for index, _ in numbered]


class Scratch(threading.local):
    """Arrays that each thread keeps from block to block.

    Memory that is given back and asked for again comes as pages still to be made, one by one and behind a lock that
    all threads share; for a block of a few megabytes that takes as long as the work on it.
    """

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray] = {}

    def array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Return a float32 array of this shape with whatever was in it; another call of the thread may change it."""
        size = math.prod(shape)
        if name not in self._kept or self._kept[name].size < size:
            self._kept[name] = np.empty(size, np.float32)
        array: np.ndarray = self._kept[name][:size].reshape(shape)
        return array


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread. Where several threads overlap in here, the last one out restores it."""
    global _n_holders
    with _lock:
        if _n_holders == 0:
            _limits.enter_context(_blas().limit(limits=1, user_api="blas"))
        _n_holders += 1
    try:
        yield
    finally:
        with _lock:
            _n_holders -= 1
            if _n_holders == 0:
                _limits.close()


_lock = threading.Lock()
_n_holders = 0
_limits = ExitStack()  # of what restores the number of threads


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_n_cores(), thread_name_prefix="recsys-block")
