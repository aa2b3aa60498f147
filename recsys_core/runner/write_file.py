"""Write a file for download in a child process: lists for everyone, or a split."""

import json

from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.exchange.lists import lists_as_file
from recsys_core.exchange.split_files import split_as_zip
from recsys_core.store.store import RunStore


def order_to_list(run_id: int, k: int, kind: str) -> str:
    """Return the order of a task that lists the best `k` items for everyone in a file of this `kind`, as JSON."""
    return json.dumps({"run": run_id, "k": k, "kind": kind})


def write_lists(store: RunStore, dataset: Dataset, order: str) -> bytes:
    """Return the file that `order_to_list` asks for."""
    asked = json.loads(order)
    model = store.model(asked["run"])
    assert model is not None, "only runs with a model are offered"
    return lists_as_file(model, dataset, asked["k"], asked["kind"])


def order_to_write_split(kind: str) -> str:
    """Return the order of a task that writes the split as files of this `kind` in an archive, as JSON."""
    return json.dumps({"kind": kind})


def write_split(dataset: Dataset, split: Split, order: str) -> bytes:
    """Return the archive that `order_to_write_split` asks for."""
    return split_as_zip(dataset, split, json.loads(order)["kind"])
