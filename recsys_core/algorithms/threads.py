"""Spreading independent blocks over the processor's cores, with one BLAS thread in each."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import scipy.linalg  # noqa: F401  (SciPy's own BLAS must be loaded before the controller looks for it)
from threadpoolctl import ThreadpoolController


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _pool() -> ThreadPoolExecutor:
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ThreadPoolExecutor(available, thread_name_prefix="recsys-block")


def for_each_block(work: Callable, blocks: Iterable, *, parallel: bool = True) -> list:
    """[work(block) for block in blocks], in order, on all cores where `parallel`.

    BLAS runs with one thread meanwhile: the blocks are the parallelism, and with one thread a product's
    last bits do not depend on how many cores are free.
    """
    with _blas().limit(limits=1, user_api="blas"):
        return list((_pool().map if parallel else map)(work, blocks))
