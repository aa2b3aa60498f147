"""Spreading independent blocks over the processor's cores, with one BLAS thread in each."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

import scipy.linalg  # noqa: F401  (SciPy's own BLAS must be loaded before the controller looks for it)
from threadpoolctl import ThreadpoolController


def for_each_block(work: Callable, blocks: Iterable, *, parallel: bool = True) -> list:
    """[work(block) for block in blocks], in order, on all cores where `parallel`.

    BLAS runs with one thread meanwhile: the blocks are the parallelism, and with one thread a product's
    last bits do not depend on how many cores are free.
    """
    blocks = list(blocks)
    with one_blas_thread():
        return list((_pool().map if parallel and len(blocks) > 1 else map)(work, blocks))


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
def _pool() -> ThreadPoolExecutor:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ThreadPoolExecutor(available, thread_name_prefix="recsys-block")
