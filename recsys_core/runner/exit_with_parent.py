"""A process that ends with the one that started it, however that ends, `kill -9` included, on every system.

Who starts it holds the other end of the pipe to its standard input; the system closes that end with its holder.
"""

import os
import sys
import threading
from collections.abc import Callable

_EXIT_TIMEOUT = 1.0  # seconds for the last words


def exit_with_parent() -> list[Callable[[], None]]:
    """From now on; what is put into the list is done at the end, as far as there is time."""
    on_exit: list[Callable[[], None]] = []
    threading.Thread(target=_exit_at_end_of_input, args=(on_exit,), daemon=True).start()
    return on_exit


def _exit_at_end_of_input(on_exit: list[Callable[[], None]]) -> None:
    try:
        while sys.stdin.buffer.read(1):
            pass
        threading.Timer(_EXIT_TIMEOUT, os._exit, (0,)).start()  # a store that does not answer is not waited for
        for speak in on_exit:
            speak()
    finally:
        os._exit(0)
