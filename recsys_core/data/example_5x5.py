"""A 5 × 5 matrix of ratings, small enough to follow by hand."""

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions

RATINGS = np.array([[5, 3, 0, 1, 0], [4, 0, 0, 1, 0], [1, 1, 0, 5, 4], [0, 0, 5, 4, 0], [0, 1, 4, 0, 5]], np.float32)


def load_example_5x5() -> Dataset:
    """Return the example: five users, five items and 14 ratings from 1 to 5; cells of 0 are unrated."""
    users, items = RATINGS.nonzero()
    names = tuple(f"User {number}" for number in range(1, 6))
    titles = tuple(f"Item {number}" for number in range(1, 6))
    return Dataset(
        name="Textbook 5 × 5",
        interactions=Interactions.from_triples(users, items, RATINGS[users, items], 5, 5),
        user_ids=names,
        item_ids=titles,
        feedback="explicit",
        titles=titles,
        origin={"kind": "textbook"},
    )
