"""A store over each kind of database, and a split in it."""

import pytest

from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.split import SplitRecipe
from recsys_core.store.store import RunStore


@pytest.fixture
def store(database_url):
    return RunStore(database_url)


@pytest.fixture
def split(store):
    return store.split(store.add_dataset(load_example_5x5()), SplitRecipe())
