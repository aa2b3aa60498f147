"""The store of this server, with its workers running and something in it to look at."""

import gc
import os
from functools import cache
from pathlib import Path
from threading import Lock

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import generate
from recsys_core.runner.execute import execute
from recsys_core.runner.workers import Workers
from recsys_core.store.store import RunStore

_one_opens = Lock()  # of the sessions that find a fresh server; each would start workers of its own


def store() -> RunStore:
    """The store of this server, with its workers running and something in it to look at."""
    default = Path(__file__).parent.parent.parent / "recsys.sqlite"
    with _one_opens:
        return _open_store(os.environ.get("RECSYS_DATABASE_URL", f"sqlite:///{default}"))


@cache
def _open_store(url: str) -> RunStore:
    opened = RunStore(url)
    if not opened.dataset_list():
        _train_first_model(opened)
    opened.workers = Workers(opened)
    # Streamlit collects all generations of garbage after every run; what start-up made need not be visited.
    gc.collect()
    gc.freeze()
    return opened


def _train_first_model(opened: RunStore) -> None:
    """So that the first page a person ever sees already shows a trained model."""
    fingerprint = opened.add_dataset(generate())
    split = opened.split(fingerprint, SplitRecipe())
    opened.add_run(split, "implicit_als", ALGORITHMS["implicit_als"].defaults_for(split.train), 0)
    if run := opened.claim("start-up"):  # None where another server on this database was first
        execute(opened, run)
