"""A process that ends with the one that started it, however that ends, `kill -9` included, on every system.

Who starts it holds the other end of the pipe to its standard input; the system closes that end with its holder.
"""

import os
import sys
import threading
from collections.abc import Callable

_FAREWELL = 1.0  # seconds for the last words


def end_with_parent() -> list[Callable[[], None]]:
    """From now on; what is put into the list is done at the end, as far as there is time."""
    last_words: list[Callable[[], None]] = []
    threading.Thread(target=_wait_for_the_end, args=(last_words,), daemon=True).start()
    return last_words


def _wait_for_the_end(last_words: list[Callable[[], None]]) -> None:
    try:
        while sys.stdin.buffer.read(1):
            pass
        threading.Timer(_FAREWELL, os._exit, (0,)).start()  # a store that does not answer is not waited for
        for speak in last_words:
            speak()
    finally:
        os._exit(0)
