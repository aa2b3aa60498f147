"""A store in a file of its own, small data with times, and a folder for temporary files."""

import tempfile
from dataclasses import replace

import numpy as np
import pytest

from recsys_core.data.synthetic import generate
from recsys_core.store.store import RunStore
from tests.core.runner.small_runs import PLANTED


@pytest.fixture
def store(tmp_path):
    return RunStore(f"sqlite:///{tmp_path / 'runs.sqlite'}")


@pytest.fixture
def dataset():
    made = generate(PLANTED)
    return replace(made, times=np.arange(made.interactions.n_interactions) % 97.0)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where temporary files are made meanwhile."""
    made = tmp_path / "temporary"
    made.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(made))
    return made
