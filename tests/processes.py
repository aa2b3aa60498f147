"""Processes beside a test: how they begin quickly, a port for them to listen on, and which of them are alive."""

import asyncio
import socket
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from types import ModuleType

import pytest


@contextmanager
def forkserver():
    """A context of multiprocessing whose processes are forked from one that has imported the store already."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["recsys_core.evaluation.evaluate", "recsys_core.store.store"])
    # AppTest leaves the app as `__main__`, which such a process would import: the app has no business there.
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
        yield context


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return chosen.getsockname()[1]


def children(pid: int) -> list[int]:
    """The living processes that this one has started."""
    return [child for child, parent in _living() if parent == pid]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended but was not yet waited for does not."""
    return any(living == pid for living, _ in _living())


def _living() -> list[tuple[int, int]]:
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return [(int(pid), int(parent)) for pid, parent, state in rows if not state.startswith("Z")]


class NoWorkers:
    """Stands for the `Workers` of a server whose queued runs a test executes itself."""

    cluster = None

    def __init__(self, store, wait=0.0):
        self.processes = []


def run_to_end(coroutine: Coroutine):
    """Run a coroutine in a thread of its own, since Playwright may hold an event loop in the main one."""
    with ThreadPoolExecutor(1) as executor:
        return executor.submit(asyncio.run, coroutine).result()
