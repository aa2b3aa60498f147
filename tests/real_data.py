"""Where real data is, and reading it; None where it is absent."""

import os
from pathlib import Path

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading import read_ratings

FOLDER = Path(os.environ.get("RECSYS_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))


def ml_100k() -> Dataset | None:
    """MovieLens 100K, `ml-100k/u.data`."""
    path = FOLDER / "ml-100k" / "u.data"
    return read_ratings(path.read_bytes(), path.name)[0] if path.exists() else None


def ml_latest_small() -> Dataset | None:
    """MovieLens latest-small, `ml-latest-small/ratings.csv`."""
    path = FOLDER / "ml-latest-small" / "ratings.csv"
    return read_ratings(path.read_bytes(), path.name)[0] if path.exists() else None


def ml_1m() -> Dataset | None:
    """The training pairs of MovieLens 1M as in the neural collaborative filtering papers."""
    path = FOLDER / "ml-1m-ncf" / "ml-1m.train.pairs.tsv"
    if not path.exists():
        return None
    users, items = np.loadtxt(path, dtype=np.int64).T
    m, n = 6040, 3706
    ids = tuple(map(str, range(m))), tuple(map(str, range(n)))
    data = Interactions.from_triples(users, items, np.ones(len(users)), m, n)
    return Dataset("ML-1M", data, *ids, feedback="implicit", titles=ids[1])
