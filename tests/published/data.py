"""The data of the published protocols, as Interactions; raises Absent where a folder is not on this machine."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from tests import real_data

_ML_100K = (943, 1682)


class Absent(Exception):
    """The data of a protocol is not here. The message names it."""


@dataclass(frozen=True, eq=False)
class Cut:
    """What is learned from, and what is held out."""

    train: Interactions
    test: Interactions


@cache
def official_cut(number: int) -> Cut:
    """The official split u1 to u5 of MovieLens 100K."""
    return Cut(*(_ratings(_rows(f"ml-100k/u{number}.{part}")) for part in ("base", "test")))


@cache
def shuffled_folds() -> list[Cut]:
    """Surprise's five folds of the lines of u.data: shuffled by NumPy's old RandomState(0), then cut into blocks."""
    rows = _rows("ml-100k/u.data")
    order = np.arange(len(rows))
    np.random.RandomState(0).shuffle(order)
    blocks = np.split(order, 5)
    return [Cut(_ratings(np.delete(rows, block, axis=0)), _ratings(rows[block])) for block in blocks]


def whole_ml_100k() -> Dataset:
    _path("ml-100k/u.data")
    return real_data.ml_100k()


@cache
def ms_split() -> Cut:
    """The 75/25 split of the Microsoft Recommenders benchmark."""
    return Cut(*(_ratings(_rows(f"ml-100k-ms-split/{part}.tsv")) for part in ("train", "test")))


@cache
def mcrec() -> Cut:
    """The 80/20 split of Hu et al. (KDD 2018); the test part has no ratings."""
    train = _ratings(_rows("ml-100k-mcrec/ml-100k.train.rating"))
    lines = _path("ml-100k-mcrec/ml-100k.test.rating").read_text().splitlines()
    pairs = [(int(user), int(item), 1) for user, *items in map(str.split, lines) for item in items]
    return Cut(train, _ratings(np.array(pairs)))


@cache
def cornac_split() -> Cut:
    """Cornac's split of u.data, over the users and items of its training part only."""
    rows = _rows("ml-100k/u.data")[:, :3]
    order = np.random.RandomState(123).permutation(len(rows))
    train, test = rows[order[:80_000]], rows[order[-20_000:]]
    for column in (0, 1):
        known = np.unique(train[:, column])
        test = test[np.isin(test[:, column], known)]
        train, test = (
            np.column_stack([np.searchsorted(known, part[:, at]) if at == column else part[:, at] for at in range(3)])
            for part in (train, test)
        )
    shape = train[:, 0].max() + 1, train[:, 1].max() + 1
    return Cut(*(Interactions.from_triples(*part.T, *shape) for part in (train, test)))


@dataclass(frozen=True, eq=False)
class LeaveOneOut:
    """Train, and for each user (u,) one positive (u,) among given candidates (u, 99)."""

    train: Interactions
    users: np.ndarray
    positives: np.ndarray
    candidates: np.ndarray


@cache
def ml_1m_leave_one_out() -> LeaveOneOut:
    """MovieLens 1M as in He et al. (WWW 2017): a line is '(user,positive)' and 99 items."""
    path = _path("ml-1m-ncf/ml-1m.test.negative")
    _path("ml-1m-ncf/ml-1m.train.pairs.tsv")
    lines = path.read_text().translate(str.maketrans("(,)", "   ")).splitlines()
    ids = np.array([line.split() for line in lines], np.int64)
    return LeaveOneOut(real_data.ml_1m().interactions, ids[:, 0], ids[:, 1], ids[:, 2:])


def _path(name: str) -> Path:
    path = real_data.FOLDER / name
    if not path.exists():
        raise Absent(f"{path} is not here (RECSYS_DATA says where to look)")
    return path


@cache
def _rows(name: str) -> np.ndarray:
    """(rows, columns) of whole numbers: user, item, rating and perhaps a time; ids from 1."""
    return np.loadtxt(_path(name), dtype=np.int64)


def _ratings(rows: np.ndarray) -> Interactions:
    users, items, values = rows[:, :3].T
    return Interactions.from_triples(users - 1, items - 1, values, *_ML_100K)
