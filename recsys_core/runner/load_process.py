"""Load a data set in a child process, which a page watches and can end."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsys_core.data.reading.stored_receipt import File
from recsys_core.data.sandbox.limits import megabytes
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.errors import InputError
from recsys_core.runner import large_data
from recsys_core.runner.child_process import ChildProcess
from recsys_core.runner.large_data import SplitCheck
from recsys_core.runner.load_data import LoadJob
from recsys_core.runner.mapped_arrays import dataset_from_mapped, exchange_folder, map_arrays, split_from_mapped
from recsys_core.runner.memory import memory_limit
from recsys_core.store.store import RunStore

_LARGEST = 8 << 30
# Two large files at once would not fit into the memory of the machine.
_one_at_a_time = threading.Lock()


class LoadProcess:
    """A data set that is being loaded in a child process with a limit on memory; the server goes on meanwhile.

    `share` (0 to 1) and `stage` say how far it is. In the end there is either a `fingerprint` or an `error`, which is
    an InputError unless something unforeseen happened; after `cancel` there is neither. Of several loads in a server
    one runs at a time, and the others wait. The child also splits large data as `job.split` says, and the store then
    has data set and split in memory; `checked` is the split and what the Data page says of it.
    """

    def __init__(self, store: RunStore, job: LoadJob, files: Mapping[str, File]):
        self.name = job.name
        self.share, self.stage = 0.0, "Waiting until another file has been read"
        self.fingerprint = ""
        self.error: Exception | None = None
        self.checked: tuple[Split, SplitCheck] | None = None
        self._store, self._cancelled = store, threading.Event()
        self._person = store.person()  # whom only the thread of the page knows
        self._process: ChildProcess | None = None
        # A daemon, so that the server ends at once; the child ends with it.
        self._thread = threading.Thread(target=self._run, args=(job, dict(files)), daemon=True)
        self._thread.start()

    @property
    def is_live(self) -> bool:
        """Whether it is still waiting or at work."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """End the child; nothing is stored."""
        self._cancelled.set()
        if self._process is not None:
            self._process.kill()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, for at most so many seconds."""
        self._thread.join(seconds)

    def _run(self, job: LoadJob, files: dict[str, File]) -> None:
        while not _one_at_a_time.acquire(timeout=0.1):
            if self._cancelled.is_set():
                return
        try:
            if not self._cancelled.is_set():
                self._load(job, files)
        except Exception as error:
            self.error = error
        finally:
            _one_at_a_time.release()

    def _load(self, job: LoadJob, files: dict[str, File]) -> None:
        with exchange_folder() as folder:
            memory = min(memory_limit(), _LARGEST)
            sizes = [(role, name, len(content)) for role, (content, name) in files.items()]
            self.share, self.stage = 0.02, "Reading the file"
            process = self._process = ChildProcess("load_child", self._store.url)
            if self._cancelled.is_set():  # between the check and the start
                process.kill()
            order = {
                "job": job.as_json(),
                "person": self._person,
                "files": sizes,
                "memory": memory,
                "folder": str(folder),
                "large": large_data.LARGE,
            }
            process.send(order, (content for content, _ in files.values()))
            files.clear()
            for reply in process.replies():
                self._take(reply, memory, folder)
        if not self.fingerprint and self.error is None and not self._cancelled.is_set():
            self.error = InputError(
                f"A file must be complete, and readable within {megabytes(memory)} of memory. This one made its reader "
                f"fail (code {process.process.returncode}): it is damaged or too large. Take a sample of it."
            )

    def _take(self, reply: dict[str, Any], memory: int, folder: Path) -> None:
        """Take one line of the child's reply."""
        if "stage" in reply:
            self.share, self.stage = reply["share"], reply["stage"]
        elif "fingerprint" in reply:
            fingerprint = reply["fingerprint"]
            self._store.forget_cached_dataset(fingerprint)
            if "split" in reply:
                dataset = dataset_from_mapped(map_arrays(folder / "data"))
                split = split_from_mapped(map_arrays(folder / "split"), dataset, SplitRecipe(**reply["split"]))
                self._store.cache_dataset(dataset)
                self._store.cache_split(split)
                self.checked = split, reply["check"]
            self.share, self.fingerprint = 1.0, fingerprint
        elif "error" in reply:
            self.error = InputError(reply["error"])
        elif "is_too_large" in reply:
            self.error = InputError(
                f"A file must be readable within {megabytes(memory)} of memory. This one is too large: take a sample "
                "of it, or save it as Parquet."
            )
        else:
            self.error = RuntimeError("The child that loads a file failed; its traceback stands above in the log.")
