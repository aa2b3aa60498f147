"""What a child process of the server does around its task: it limits itself, replies, and puts errors in words."""

import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from typing import Any

from recsys_core.runner.exit_with_parent import exit_with_parent

SECONDS = 1_800  # of the processor


def reply_to(order: dict[str, Any], work: Callable[[Callable[..., None]], Iterable[dict[str, Any]]]) -> None:
    """Call `work` with a function that tells how far it is, reply with what it yields or with its error, and exit.

    `order["memory"]` is the limit on memory in bytes.
    """
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")  # nothing else writes there

    def tell(**words: Any) -> None:
        reply.write(json.dumps(words) + "\n")
        reply.flush()

    exit_with_parent()
    _limit(order["memory"])
    try:
        for result in work(lambda share, stage: tell(share=share, stage=stage)):
            tell(**result)
    except MemoryError:
        tell(is_too_large=True)
    except Exception as error:
        from recsys_core.errors import InputError
        from recsys_core.store.database import StoreError

        if not isinstance(error, (InputError, StoreError)):
            traceback.print_exc()
            tell(is_unforeseen=True)
        elif isinstance(error.__cause__, MemoryError):
            tell(is_too_large=True)
        else:
            tell(error=str(error), is_input=isinstance(error, InputError))
    reply.close()
    sys.stderr.flush()
    os._exit(0)  # the reply is complete; the thread that watches the parent would be waited for


def _limit(memory: int) -> None:
    """Limit the memory and the processor time of this process."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no such limits, and macOS has none of memory
