"""Small data and short or endless trainings, to be run by a worker, and the way of arrays through files."""

import tempfile

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.runner.mapped_arrays import map_arrays, write_arrays

PLANTED = SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0)
ENDLESS = ALGORITHMS["bpr"](n_factors=2, n_epochs=100_000)
SHORT = ALGORITHMS["bpr"](n_factors=4, n_epochs=5)


def split_of(store, dataset=None, **settings):
    return store.split(store.add_dataset(generate(PLANTED) if dataset is None else dataset), SplitRecipe(**settings))


def through_files(folder, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays as they come back from a child, after their files are deleted."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        write_arrays(folder / name, arrays)
        return map_arrays(folder / name)
