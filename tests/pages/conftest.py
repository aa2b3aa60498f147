"""Stores with a few trained models, for the pages that compare them."""

import pytest

from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.store.store import RunStore
from tests.conftest import copy_database
from tests.pages.app import first_fingerprint
from tests.pages.app import train_here as train


@pytest.fixture(scope="session")
def _three_runs_database(tmp_path_factory, _first_database):
    path = tmp_path_factory.mktemp("three") / "three.sqlite"
    copy_database(_first_database, path)
    store = RunStore(f"sqlite:///{path}")
    fingerprint = first_fingerprint(store)
    train(store, fingerprint, "svd", n_factors=4)
    train(store, fingerprint, "bpr", n_factors=8, n_epochs=3)
    return path


@pytest.fixture
def three_runs(open_still, _three_runs_database):
    """The store of a fresh server, with two more runs beside the first."""
    return open_still(_three_runs_database)


@pytest.fixture
def rated(still_store):
    """Graded data with two models that guess ratings and one that ranks."""
    fingerprint = still_store.add_dataset(generate(SyntheticRecipe(feedback="explicit", n_users=80, n_items=60)))
    for key in ("als", "biases", "svd"):
        train(still_store, fingerprint, key)
    return still_store
