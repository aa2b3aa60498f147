"""The child process that loads a data set: `python -m recsys_core.runner.load_child`.

Its standard input is a line of JSON, the job, who asked for it and the name and size of each file, then the files. It
replies with lines of JSON: how far it is, and in the end the fingerprint or an error. The database's URL is in
RECSYS_DATABASE_URL.
"""

import json
import os
import sys
import traceback
from typing import Any

from recsys_core.runner.exit_with_parent import exit_with_parent

SECONDS = 1_800  # of the processor


def main() -> None:
    """Read the job and the files from standard input, load them, and reply."""
    reply = os.fdopen(os.dup(1), "w", encoding="utf-8")  # nothing else writes there

    def tell(**words: Any) -> None:
        reply.write(json.dumps(words) + "\n")
        reply.flush()

    ordered = json.loads(sys.stdin.buffer.readline())
    files = {role: (sys.stdin.buffer.read(size), name) for role, name, size in ordered["files"]}
    if any(len(files[role][0]) < size for role, _, size in ordered["files"]):
        return  # the server has ended
    exit_with_parent()
    _limit(ordered["memory"])
    from recsys_core.errors import InputError
    from recsys_core.runner.load_data import LoadJob, load_data
    from recsys_core.store.database import StoreError
    from recsys_core.store.store import RunStore

    try:
        store = RunStore(os.environ["RECSYS_DATABASE_URL"], lambda: str(ordered["person"]))
        job = LoadJob.from_json(ordered["job"])
        fingerprint = load_data(store, job, files, progress=lambda share, stage: tell(share=share, stage=stage))
        tell(fingerprint=fingerprint)
    except (InputError, StoreError) as error:
        if isinstance(error.__cause__, MemoryError):
            tell(is_too_large=True)
        else:
            tell(error=str(error))
    except MemoryError:
        tell(is_too_large=True)
    except Exception:
        traceback.print_exc()
        tell(is_unforeseen=True)
    reply.close()
    os._exit(0)  # the reply is complete; the thread that watches the parent would be waited for


def _limit(memory: int) -> None:
    """Limit the memory and the processor time of this process."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    except (ImportError, ValueError, OSError):
        pass  # Windows has no such limits, and macOS has none of memory


if __name__ == "__main__":
    main()
