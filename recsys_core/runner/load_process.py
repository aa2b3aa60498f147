"""Load a data set in a child process, which a page watches and can end."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys_core.data.reading.stored_receipt import File
from recsys_core.data.sandbox.limits import megabytes
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.runner import large_data
from recsys_core.runner.child_job import ChildJob
from recsys_core.runner.load_data import CLEANED, LoadJob
from recsys_core.runner.mapped_arrays import dataset_from_mapped, exchange_folder, map_arrays, split_from_mapped
from recsys_core.runner.memory import memory_limit
from recsys_core.store.store import RunStore

_LARGEST = 8 << 30
# Two large files at once would not fit into the memory of the machine.
_turns = threading.BoundedSemaphore(1)


class LoadProcess(ChildJob):
    """A data set that is being loaded in a child process with a limit on memory.

    It has come to a `fingerprint` or to an `error`; after `cancel` there is neither. Of several loads in a server one
    runs at a time, and the others wait. The child also splits large data as `job.split` says: the store then has data
    set and `split` in memory, and the job goes on, with what the Data page says of the split as its `result`.
    """

    def __init__(self, store: RunStore, job: LoadJob, files: Mapping[str, File]):
        super().__init__(store.url, "Waiting until another file has been read")
        self.name = job.name
        self.fingerprint = ""
        self.split: Split | None = None
        self._store = store
        self._person = store.person()  # whom only the thread of the page knows
        own = dict(files)
        self._start(_turns, lambda: self._load(job, own))

    def _load(self, job: LoadJob, files: dict[str, File]) -> None:
        memory, self.stage = min(memory_limit(), _LARGEST), "Starting"
        limit = megabytes(memory)
        too_large = (
            f"A file must be readable within {limit} of memory. This one is too large: take a sample of it, or save it "
            "as Parquet."
        )
        died = (
            f"A file must be complete, and readable within {limit} of memory. This one made its reader fail "
            "(code {code}): it is damaged or too large. Take a sample of it."
        )
        if job.kind == CLEANED:
            too_large = f"Data must be cleaned within {limit} of memory. These are too large: take a sample of them."
            died = f"{too_large} The process that cleaned them ended (code {{code}})."
        with exchange_folder() as folder:
            order = {
                "job": job.as_json(),
                "person": self._person,
                "files": [(role, name, len(content)) for role, (content, name) in files.items()],
                "memory": memory,
                "folder": str(folder),
                "large": large_data.LARGE,
            }
            results = self._results(
                "runner.load_child",
                order,
                (files.pop(role)[0] for role in list(files)),  # what was sent is not kept here
                too_large=too_large,
                died=died,
            )
            for reply in results:
                self._take(reply, folder)

    def _take(self, reply: dict[str, Any], folder: Path) -> None:
        """Take what the child has loaded, or later what it says of the split."""
        if "check" in reply:
            self.result = {}, reply["check"]
            return
        fingerprint = reply["fingerprint"]
        self._store.forget_cached_dataset(fingerprint)
        if "split" in reply:
            dataset = dataset_from_mapped(map_arrays(folder / "data"))
            split = split_from_mapped(map_arrays(folder / "split"), dataset, SplitRecipe(**reply["split"]))
            self._store.cache_dataset(dataset)
            self._store.cache_split(split)
            self.split = split
        self.share, self.fingerprint = 1.0, fingerprint
