"""A server without pages: workers beside a store, and always something for them to do.

`python -m tests.faults.server` with RECSYS_DATABASE_URL and FAULTS_ACKNOWLEDGED in the environment.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress
from types import SimpleNamespace

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.runner import workers
from recsys_core.runner.retry import retry_until_stored
from recsys_core.store.database import StoreError
from tests.faults.acknowledged import AcknowledgingStore

_DATA = SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0)
_SHORT = ALGORITHMS["bpr"](n_factors=4, n_epochs=20)
_ENDLESS = ALGORITHMS["bpr"](n_factors=4, n_epochs=100_000)


def _acknowledging_worker(command: list[str], **how) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-m", "tests.faults.worker", *command[3:]], **how)


def main() -> None:
    workers.subprocess = SimpleNamespace(Popen=_acknowledging_worker, PIPE=subprocess.PIPE)
    store = retry_until_stored(AcknowledgingStore, os.environ["RECSYS_DATABASE_URL"])
    split = store.split(retry_until_stored(store.add_dataset, generate(_DATA)), SplitRecipe())
    workers.Workers(store)
    seed = 0
    while True:
        with suppress(StoreError):
            if sum(run.is_live for run in store.runs(split.fingerprint)[:8]) < 4:
                seed += 1
                store.queue.add_run(split, "bpr", _SHORT if seed % 3 else _ENDLESS, seed)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
