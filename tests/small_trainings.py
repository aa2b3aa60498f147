"""Small data, and trainings on them, for what is asked of every algorithm."""

import dataclasses
from functools import cache

import numpy as np

from recsys_core.data.interactions import Interactions
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.parameters import parameters

# Small data asks for small penalties, or all there is to see is zero.
SMALL = {"n_epochs": 4, "n_factors": 5, "regularization": 0.1}


def recipe(cls, **wanted):
    """`cls` with those of the wanted settings that it has."""
    return cls(**{name: value for name, value in wanted.items() if name in parameters(cls)})


def of_length(cls, count):
    """A recipe whose run has `count` epochs; where the epochs are ranks, of so many factors; or the one epoch."""
    small = recipe(cls, **SMALL)
    length = next((name for name in ("n_epochs", "n_factors") if name in parameters(cls)), None)
    return dataclasses.replace(small, **{length: count}) if length else small


def is_done_at_once(cls) -> bool:
    """Whether all there is to it is one epoch."""
    return not {"n_epochs", "n_factors"} & set(parameters(cls))


def run(algorithm, train, seed=0):
    return list(algorithm.epochs(train, seed=seed))


def scores(model) -> np.ndarray:
    return model.scores(np.arange(model.n_users))


def assert_same_epochs(ours, theirs):
    assert [epoch.number for epoch in ours] == [epoch.number for epoch in theirs]
    assert [epoch.objective for epoch in ours] == [epoch.objective for epoch in theirs]
    for here, there in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(scores(here.model), scores(there.model))


@cache
def small_ratings() -> Interactions:
    """60 people, 40 items, 1 to 5 stars."""
    return generate(SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=10, feedback="explicit")).interactions


def replace_values(data: Interactions, values) -> Interactions:
    """The same people and items with other values."""
    return Interactions(data.indptr, data.items, np.asarray(values, np.float32), data.n_items)


@cache
def planted_split(feedback="implicit"):
    return make_split(generate(SyntheticRecipe(feedback=feedback)))


def checkerboard(n_users=20, n_items=12, *, graded):
    """(train, hidden): even people choose even items and odd people odd ones, but for one hidden item each.

    Graded, people also rate the other colour, with 1 star instead of 5, again all but one item.
    """
    users, items = np.indices((n_users, n_items)).reshape(2, -1)
    own_colour = users % 2 == items % 2
    place = items // 2
    left_out = place == (users // 2) % (n_items // 2)  # of each colour
    rated = ~left_out & (own_colour | graded)
    values = np.where(own_colour, 5, 1) if graded else np.ones(len(users))
    train = Interactions.from_triples(users[rated], items[rated], values[rated], n_users, n_items)
    return train, items[left_out & own_colour]


def disliked_by_a_third(value: float, threshold: float | None) -> Interactions:
    """`small_ratings` with all values from 4 on, but every third rating `value`, which is below the threshold."""
    data = small_ratings()
    values = np.where(np.arange(data.n_interactions) % 3 == 0, value, np.maximum(data.values, 4))
    return dataclasses.replace(data, values=values.astype(np.float32), relevance_threshold=threshold)


def odd_data() -> dict[str, Interactions]:
    """Data at the edge of what the mathematics allows, by what is odd about them."""
    drawn = np.random.default_rng(0)
    chosen = drawn.random((20, 10)) < 0.4
    users, items = np.nonzero(chosen)

    def with_values(*values):
        return Interactions.from_triples(users, items, np.resize(values, len(users)), 20, 10)

    everywhere = np.indices((6, 5)).reshape(2, -1)
    return {
        "users and items without ratings": Interactions.from_triples([0, 2, 2], [1, 1, 4], [1, 2, 5], 5, 6),
        "one user": Interactions.from_triples([0, 0, 0], [1, 3, 4], [4, 2, 5], 1, 6),
        "one item": Interactions.from_triples([0, 2, 3], [0, 0, 0], [4, 2, 5], 5, 1),
        "one rating": Interactions.from_triples([0], [0], [3], 1, 1),
        "everything chosen by everyone": Interactions.from_triples(*everywhere, np.resize([1, 5, 3, 2], 30), 6, 5),
        "values around zero": with_values(-3, 2, -5, 10, 0),
        "zeros": with_values(0),
        "constant values": with_values(3),
        "constant values off the star scale": with_values(10),
        "huge values": with_values(1e6, -1e6, 3e5),
        "huge values of one sign": with_values(1e12, 1e11),
        "tiny values": with_values(1e-6, 2e-6),
    }
