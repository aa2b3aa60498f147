"""Spreading independent blocks over the processor's cores, with one BLAS thread in each."""

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import numpy as np
import scipy.linalg  # noqa: F401  (SciPy's own BLAS must be loaded before the controller looks for it)
from threadpoolctl import ThreadpoolController

# The C library of Linux gives the memory of a freed array back and asks for it again at the next, page by page, which
# takes as long as a block's arithmetic. It keeps memory up to the size of the largest array that it ever saw freed.
# Source: mallopt(3), M_MMAP_THRESHOLD. These 32 MB are never touched, so they cost nothing.
np.empty(2**25 - 2**16, np.uint8)


def for_each_block(work: Callable, blocks: Iterable, *, parallel: bool = True) -> list:
    """[work(block) for block in blocks], in order, on all cores where `parallel`.

    The calling thread works too: threads that it only waited for would often be woken on one and the same core.
    BLAS runs with one thread meanwhile: the blocks are the parallelism, and with one thread a product's
    last bits do not depend on how many cores are free.
    """
    blocks = list(blocks)
    results = [None] * len(blocks)
    turns = iter(list(enumerate(blocks)))  # of which threads may take the next without a lock

    def take_turns() -> None:
        try:
            for place, block in turns:
                results[place] = work(block)
        finally:
            deque(turns, maxlen=0)  # where one block fails the rest need not be tried

    with one_blas_thread():
        n_helpers = min(_n_cores(), len(blocks)) - 1 if parallel else 0
        helpers = [_pool().submit(take_turns) for _ in range(n_helpers)]
        try:
            take_turns()
        finally:
            started = [helper for helper in helpers if not helper.cancel()]
            for helper in started:
                helper.result()
    return results


class Scratch(threading.local):
    """Arrays that each thread keeps from block to block.

    Memory that is given back and asked for again comes as pages still to be made, one by one and behind a lock that
    all threads share; for a block of a few megabytes that takes as long as the work on it.
    """

    def __init__(self):
        self._kept = {}

    def array(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """A float32 array of this shape with whatever was in it, the calling thread's own until it asks again."""
        size = math.prod(shape)
        if name not in self._kept or self._kept[name].size < size:
            self._kept[name] = np.empty(size, np.float32)
        return self._kept[name][:size].reshape(shape)


@contextmanager
def one_blas_thread():
    """Hold BLAS to one thread. Where several threads overlap in here, the last one out restores it."""
    global _holders, _limit
    with _lock:
        if _holders == 0:
            _limit = _blas().limit(limits=1, user_api="blas")
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0:
                _limit.restore_original_limits()


_lock = threading.Lock()
_holders = 0
_limit = None


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_n_cores(), thread_name_prefix="recsys-block")
