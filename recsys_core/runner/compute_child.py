"""The child process that computes a task: `python -m recsys_core.runner.compute_child`.

Its standard input is a line of JSON with the task, who asked for it, the folder of the arrays that it is given, and the
folder to write arrays into. It replies with lines of JSON: how far it is, and in the end the plain part of the result
or an error. The database's URL is in RECSYS_DATABASE_URL.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from recsys_core.runner.child_reply import reply_to


def main() -> None:
    """Read the task from standard input, compute it, and reply."""
    ordered = json.loads(sys.stdin.buffer.readline())

    def work(progress: Callable[[float, str], None]) -> Iterator[dict[str, Any]]:
        from recsys_core.runner.compute import compute
        from recsys_core.runner.mapped_arrays import map_arrays, write_arrays
        from recsys_core.runner.task import Task
        from recsys_core.store.store import RunStore

        store = RunStore(os.environ["RECSYS_DATABASE_URL"], lambda: str(ordered["person"]))
        arrays, plain = compute(store, Task.from_json(ordered["task"]), progress, map_arrays(Path(ordered["given"])))
        write_arrays(Path(ordered["folder"]), arrays)
        yield {"computed": plain}

    reply_to(ordered, work)


if __name__ == "__main__":
    main()
