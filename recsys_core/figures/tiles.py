"""The cells of a matrix and its low-rank approximation: which are drawn, in which order, packed for the browser."""

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.data.dataset import GroundTruth
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split

MOST_PEOPLE, MOST_ITEMS = 400, 200


@dataclass(frozen=True, eq=False)
class Cells:
    """The `users` in the rows of the picture and the `items` in its columns, in drawing order."""

    users: np.ndarray
    items: np.ndarray

    def filled(self, data: Interactions) -> str:
        """Return which cells have an interaction: bits in base64, row by row, the first of a byte highest."""
        return _base64(np.packbits(data.relevant.binary[self.users][:, self.items].toarray() > 0))

    def factors(self, model: FactorModel) -> dict[str, object]:
        """Return the factors of the drawn users (k, rows) and items (k, columns), each as `packed`."""
        return {
            "users": packed(model.user_factors[self.users].T),
            "items": packed(model.item_factors[self.items].T),
        }


def choose_cells(train: Interactions, model: FactorModel, ground_truth: GroundTruth | None) -> Cells:
    """Choose the most active users and the most popular items, sorted so that tastes show as blocks.

    Planted tastes give the order if they are known; else the angle in the plane of the two leading factors,
    along which neighbours have like rows (Friendly, Corrgrams, The American Statistician 2002).
    """
    users = _largest(train.items_per_user, MOST_PEOPLE)
    items = _largest(train.users_per_item, MOST_ITEMS)
    if ground_truth is not None:
        return Cells(
            users[_by_group(ground_truth.user_tastes[users])], items[_by_group(ground_truth.item_tastes[items])]
        )
    return Cells(users[_by_angle(model.user_factors[users])], items[_by_angle(model.item_factors[items])])


def draw_cells(
    split: Split, subset: str, honest: FactorModel, leaky: FactorModel, ground_truth: GroundTruth | None
) -> dict[str, Any]:
    """Return all that the browser draws of a split and its two models, the one that has learned the held-out `subset`
    being `leaky`: users, items, filled cells and factors, as plain JSON."""
    cells = choose_cells(split.train, honest, ground_truth)
    return {
        "users": cells.users.tolist(),
        "items": cells.items.tolist(),
        "rows": len(cells.users),
        "columns": len(cells.items),
        "train": cells.filled(split.train),
        "held_out": cells.filled(split.seen_and_held_out(subset)[1]),
        "honest": cells.factors(honest),
        "leak": cells.factors(leaky),
    }


def packed(factors: np.ndarray) -> dict[str, object]:
    """Return an array as little-endian 16-bit integers in base64, and the `scale` to multiply them by."""
    scale = float(np.abs(factors).max(initial=1e-12)) / np.iinfo(np.int16).max
    return {"data": _base64(np.rint(factors / scale).astype("<i2")), "scale": scale}


def _largest(counts: np.ndarray, most: int) -> np.ndarray:
    return np.argsort(-counts, kind="stable")[:most]


def _by_group(tastes: np.ndarray) -> np.ndarray:
    """Rows by their main taste, within it the purest first."""
    return np.lexsort((-tastes.max(axis=1), tastes.argmax(axis=1)))


def _by_angle(factors: np.ndarray) -> np.ndarray:
    if factors.shape[1] < 2:
        return np.argsort(-factors[:, 0], kind="stable")
    return np.argsort(np.arctan2(factors[:, 1], factors[:, 0]), kind="stable")


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
