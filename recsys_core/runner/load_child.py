"""The child process that loads a data set: `python -m recsys_core.runner.load_child`.

Its standard input is a line of JSON, the job, who asked for it and the name and size of each file, then the files. It
replies with lines of JSON: how far it is, and in the end an error, or the fingerprint and, of large data, the check of
their split, with the arrays of both in the folder that the order names. The database's URL is in RECSYS_DATABASE_URL.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recsys_core.runner.child_reply import reply_to


def main() -> None:
    """Read the job and the files from standard input, load them, and reply."""
    ordered = json.loads(sys.stdin.buffer.readline())
    files = {role: (sys.stdin.buffer.read(size), name) for role, name, size in ordered["files"]}
    if any(len(files[role][0]) < size for role, _, size in ordered["files"]):
        return  # the server has ended

    def work(progress: Callable[[float, str], None]) -> dict[str, Any]:
        from recsys_core.runner.large_data import split_large
        from recsys_core.runner.load_data import LoadJob, read_data
        from recsys_core.store.store import RunStore

        store = RunStore(os.environ["RECSYS_DATABASE_URL"], lambda: str(ordered["person"]))
        job = LoadJob.from_json(ordered["job"])
        dataset, receipt = read_data(job, files, progress=progress)
        fingerprint = store.add_dataset(dataset, receipt)
        progress(0.9, "Splitting the data")
        split = split_large(dataset, job.split, Path(ordered["folder"]), ordered["large"])
        reply: dict[str, Any] = {"fingerprint": fingerprint}
        return reply if split is None else {**reply, "split": split[0].settings(), "check": split[1]}

    reply_to(ordered, work)


if __name__ == "__main__":
    main()
