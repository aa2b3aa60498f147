"""The store of this server and the worker processes beside it, opened once for all sessions."""

import gc
import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock

from streamlit import runtime

from pages.shared.sign_in import signed_in_person
from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split, SplitRecipe
from recsys_core.data.synthetic import generate
from recsys_core.runner.execute import execute
from recsys_core.runner.first_models import FIRST_MODELS, plan_first_models, queue_first_models
from recsys_core.runner.workers import Workers
from recsys_core.store.queue import ClaimLost
from recsys_core.store.store import RunStore

_DEFAULT_URL = f"sqlite:///{Path(__file__).parent.parent.parent / 'recsys.sqlite'}"
_FIRST_PAGE_SECONDS = 1.5  # which a server's first page takes from here on; the imports of workers can wait for it
_opening = Lock()  # sessions that find a fresh server at the same time would each start workers


def store() -> RunStore:
    """Return the store of this server, opened at the first call, with at least one data set and a trained model.

    The environment variable RECSYS_DATABASE_URL names the database. Raises StoreError if it cannot be read.
    """
    return _opened()[0]


def workers() -> Workers:
    """Return the worker processes of this server, started at the first call."""
    return _opened()[1]


def _opened() -> tuple[RunStore, Workers]:
    with _opening:
        return _open(os.environ.get("RECSYS_DATABASE_URL", _DEFAULT_URL))


@cache
def _open(url: str) -> tuple[RunStore, Workers]:
    opened = RunStore(url, signed_in_person)
    fresh = None if opened.dataset_list() else _train_first_model(opened)
    started = Workers(opened, wait=_FIRST_PAGE_SECONDS if runtime.exists() else 0.0)
    if fresh is not None and starts_first_models():
        queue_first_models(opened, fresh, plan_first_models(opened, fresh))
    gc.freeze()  # as `spare_from_collection`, without the collection, for which the first page would wait
    return opened, started


def spare_from_collection() -> None:
    """Keep the garbage collector from visiting what is there now, again and again for as long as the server runs."""
    gc.unfreeze()  # among what the start has frozen there is garbage
    gc.collect()
    gc.freeze()


def starts_first_models() -> bool:
    """Return whether fresh servers and new data get their first models by themselves, as RECSYS_FIRST_MODELS says."""
    return os.environ.get("RECSYS_FIRST_MODELS", "on") != "off"


@cache
def planted() -> Dataset:
    """Return the data that a fresh server generates."""
    return generate()


def _train_first_model(empty: RunStore) -> Split:
    """Generate a data set and train one model, so that the first page a person opens shows one; return its split."""
    fingerprint = empty.add_dataset(planted())
    split = empty.split(fingerprint, SplitRecipe())
    first = FIRST_MODELS[0]
    empty.queue.add_run(split, first, ALGORITHMS[first].defaults_for(split.train), 0)
    if run := empty.queue.claim("start-up"):  # None if another server on this database was first
        with suppress(ClaimLost):  # another server has taken it for dead, and trains it
            execute(empty, run)
    return split
