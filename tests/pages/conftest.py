"""Stores with a few trained models, for the pages that compare them."""

from functools import cache

import pytest

from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.store.store import RunStore
from tests.conftest import copy_database
from tests.pages.app import first_fingerprint
from tests.pages.app import train_here as train


@pytest.fixture(scope="session")
def _prepared(tmp_path_factory, _first_database):
    @cache
    def prepare(change, *arguments):
        path = tmp_path_factory.mktemp("prepared") / "prepared.sqlite"
        copy_database(_first_database, path)
        change(RunStore(f"sqlite:///{path}"), *arguments)
        return path

    return prepare


@pytest.fixture
def open_prepared(open_still, _prepared):
    """open_prepared(change, ...) is the store of a fresh server after change(store, ...), which is done only once."""
    return lambda change, *arguments: open_still(_prepared(change, *arguments))


def train_two_more(store) -> None:
    fingerprint = first_fingerprint(store)
    train(store, fingerprint, "svd", n_factors=4)
    train(store, fingerprint, "bpr", n_factors=8, n_epochs=3)


@pytest.fixture
def three_runs(open_prepared):
    """The store of a fresh server, with two more runs beside the first."""
    return open_prepared(train_two_more)


def train_on_ratings(store) -> None:
    fingerprint = store.add_dataset(generate(SyntheticRecipe(feedback="explicit", n_users=80, n_items=60)))
    for key in ("als", "biases", "svd"):
        train(store, fingerprint, key)


@pytest.fixture
def rated(open_prepared):
    """Graded data with two models that guess ratings and one that ranks."""
    return open_prepared(train_on_ratings)
