"""Where people and items lie on the map of a factor space, and who of them is shown."""

from dataclasses import dataclass

import numpy as np

from recsys_core.algorithms.models import FactorModel
from recsys_core.factors.axes import map_points
from recsys_core.optimize.pca import Projection, principal_components

_MOST_PEOPLE, _MOST_ITEMS = 1_000, 1_500  # more cannot be told apart, and a browser redraws them at every click


@dataclass(frozen=True, eq=False)
class TasteMap:
    """Users and items in one plane. `people` and `items` are the indices shown: all, or the most active.

    `projection` has the coordinates of all people, then of all items; its shares speak of all of them.
    """

    projection: Projection
    people: np.ndarray
    items: np.ndarray
    n_people: int

    @property
    def people_at(self) -> np.ndarray:
        at: np.ndarray = self.projection.coordinates[self.people]
        return at

    @property
    def items_at(self) -> np.ndarray:
        at: np.ndarray = self.projection.coordinates[self.n_people + self.items]
        return at

    def ranges(self) -> np.ndarray:
        """(2, 2): the least and the largest x, and those of y, of all that is shown, with a margin."""
        at = np.concatenate([self.people_at, self.items_at, np.zeros((1, 2))])
        low, high = at.min(axis=0), at.max(axis=0)
        margin = 0.05 * np.maximum(high - low, 1e-9)
        both: np.ndarray = np.stack([low - margin, high + margin], axis=1)
        return both


def taste_map(model: FactorModel, strengths: np.ndarray, activity: np.ndarray, popularity: np.ndarray) -> TasteMap:
    """Project people and items on their joint principal components; the 1,000 most active and 1,500 most popular show.

    `model` has its axes by strength, with these `strengths`.
    """
    points = np.concatenate(map_points(model, strengths))
    shown = _most(activity, _MOST_PEOPLE), _most(popularity, _MOST_ITEMS)
    return TasteMap(principal_components(points), *shown, n_people=len(activity))


def _most(counts: np.ndarray, most: int) -> np.ndarray:
    """Return the indices with a count above 0; if there are too many, those with the largest counts."""
    order = np.argsort(-counts, kind="stable")
    return np.sort(order[: min(most, int(np.sum(counts > 0)))])
