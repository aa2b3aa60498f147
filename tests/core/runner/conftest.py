"""A store in a file of its own."""

import pytest

from recsys_core.store.store import RunStore


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")
