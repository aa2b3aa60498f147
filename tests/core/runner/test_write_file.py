"""Files for download that a child process writes are those that the server would write."""

import io
import zipfile

import pandas as pd
import pytest

from recsys_core.algorithms.svd import SVD
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.exchange.lists import lists_as_file
from recsys_core.exchange.split_files import FORMATS, split_as_zip
from recsys_core.runner.compute import compute
from recsys_core.runner.execute import execute
from recsys_core.runner.mapped_arrays import file_from_arrays
from recsys_core.runner.task import LISTS_FILE, SPLIT_FILE, Task
from recsys_core.runner.write_file import order_to_list, order_to_write_split
from tests.core.runner.small_runs import through_files


def members(content: bytes) -> dict[str, bytes]:
    """The files in an archive, by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kind", FORMATS)
def test_a_split_as_files_is_that_of_the_server(store, dataset, folder, kind):
    recipe = SplitRecipe(seed=3)
    task = Task(SPLIT_FILE, store.add_dataset(dataset), recipe, order=order_to_write_split(kind))
    content = file_from_arrays(through_files(folder, compute(store, task)[0]))
    assert len(members(content)) > 3 and members(content) == members(
        split_as_zip(dataset, make_split(dataset, recipe), kind)
    )


@pytest.mark.parametrize("kind, read", [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_lists_for_everyone_are_those_of_the_server(store, dataset, folder, kind, read):
    fingerprint = store.add_dataset(dataset)
    run_id = store.queue.add_run(make_split(dataset), "svd", SVD(n_factors=3), 0)
    execute(store, store.queue.claim("here"))
    task = Task(LISTS_FILE, fingerprint, order=order_to_list(run_id, 7, kind))
    content = file_from_arrays(through_files(folder, compute(store, task)[0]))
    assert content == lists_as_file(store.model(run_id), dataset, 7, kind)
    table = read(io.BytesIO(content))
    assert len(table) == 7 * 60 and table["rank"].max() == 7
