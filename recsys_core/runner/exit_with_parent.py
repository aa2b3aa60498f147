"""Make a process exit when the process that started it exits, however that happens, on every system.

The parent holds the other end of the pipe to the child's standard input; the system closes that end with its holder,
also after `kill -9`.
"""

import os
import sys
import threading
from collections.abc import Callable

_EXIT_TIMEOUT = 1.0  # seconds for what is done on exit


def exit_with_parent() -> list[Callable[[], None]]:
    """Start watching the parent and return a list: what is appended to it is called on exit, for at most 1 s."""
    on_exit: list[Callable[[], None]] = []
    threading.Thread(target=_exit_at_end_of_input, args=(on_exit,), daemon=True).start()
    return on_exit


def _exit_at_end_of_input(on_exit: list[Callable[[], None]]) -> None:
    """Wait until standard input is closed, call the functions, and exit, also if one of them fails or hangs."""
    try:
        while sys.stdin.buffer.read(1):
            pass
        threading.Timer(_EXIT_TIMEOUT, os._exit, (0,)).start()  # a store that does not answer is not waited for
        for function in on_exit:
            function()
    finally:
        os._exit(0)
