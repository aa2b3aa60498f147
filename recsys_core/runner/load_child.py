"""The child process that loads a data set: `python -m recsys_core.runner.load_child`.

Its standard input is a line of JSON, the job, who asked for it and the name and size of each file, then the files. It
replies with lines of JSON: how far it is, and in the end an error or the fingerprint. Of large data the folder that the
order names then has the arrays, also of their split, whose check follows as a reply of its own, since what is drawn
first does not need it. The database's URL is in RECSYS_DATABASE_URL.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys_core.runner.child_reply import reply_to

if TYPE_CHECKING:
    from recsys_core.store.store import RunStore


def _open_store(person: str) -> "RunStore":
    """Return the store as `person` uses it, and import what splits and checks: half a second."""
    import recsys_core.runner.large_data  # noqa: F401
    from recsys_core.store.store import RunStore

    return RunStore(os.environ["RECSYS_DATABASE_URL"], lambda: person)


def main() -> None:
    """Read the job and the files from standard input, load them, and reply."""
    ordered = json.loads(sys.stdin.buffer.readline())
    files = {role: (sys.stdin.buffer.read(size), name) for role, name, size in ordered["files"]}
    if any(len(files[role][0]) < size for role, _, size in ordered["files"]):
        return  # the server has ended

    def work(progress: Callable[[float, str], None]) -> Iterator[dict[str, Any]]:
        from recsys_core.runner.load_data import CLEANED, LoadJob, read_data

        job = LoadJob.from_json(ordered["job"])
        with ThreadPoolExecutor(1) as beside:  # while this one waits for a process that unpacks, the disk, or NumPy
            opened = beside.submit(_open_store, str(ordered["person"]))
            if job.kind == CLEANED:
                progress(0.1, "Cleaning the data")
                store = opened.result()
                from recsys_core.data.cleaning import restore_steps
                from recsys_core.runner.clean_stored import clean_stored

                dataset, receipt = clean_stored(store, job.source, restore_steps(json.loads(job.steps)))
            else:
                dataset, receipt = read_data(job, files, progress=progress)
                store = opened.result()
            stored = None if receipt is None else beside.submit(store.add_dataset, dataset, receipt)
            progress(0.8, "Storing and splitting the data")
            from recsys_core.runner.large_data import check_split, split_large

            split = split_large(dataset, job.split, Path(ordered["folder"]), ordered["large"])
            reply: dict[str, Any] = {"fingerprint": stored.result() if stored else dataset.fingerprint}
        if split is None:
            yield reply
            return
        yield {**reply, "split": split.recipe.settings()}
        progress(0.5, "Checking the split")
        yield {"check": check_split(dataset, split)}

    reply_to(ordered, work)


if __name__ == "__main__":
    main()
