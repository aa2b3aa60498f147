"""Choices in the course of a year in which what is popular comes and goes, so that a test must respect time."""

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.synthetic_names import make_item_names, make_taste_names, make_user_names

_USERS, _ITEMS, _TASTES, _PICKS = 300, 150, 6, 25
_DAYS, _BEFORE, _HALF_LIFE = 365, 90, 45  # of the year, of earlier items, and until an item is half as popular
_START = 1_704_067_200  # 1 January 2024, in seconds since 1970
_SECONDS_A_DAY = 86_400


def load_fashions() -> Dataset:
    """Return the example: 300 people choose some of 150 items at random times of a year.

    An item comes out on its day and is half as popular every 45 days. People choose by taste among what is out:
    chance ∝ (p_u · q_i) 2^(−age / 45), p_u ~ Dirichlet(0.3) and q_i ~ Dirichlet(0.15) over 6 tastes, each item once.
    """
    rng = np.random.default_rng(0)
    user_tastes = rng.dirichlet(np.full(_TASTES, 0.3), _USERS)
    item_tastes = rng.dirichlet(np.full(_TASTES, 0.15), _ITEMS)
    released = np.sort(rng.uniform(-_BEFORE, _DAYS, _ITEMS))
    users, items, days = [], [], []
    for user, affinity in enumerate(user_tastes @ item_tastes.T):
        is_left = np.ones(_ITEMS, bool)
        for day in np.sort(rng.uniform(0, _DAYS, rng.poisson(_PICKS) + 2)):
            age = day - released
            chances = affinity * is_left * np.where(age >= 0, 0.5 ** (age / _HALF_LIFE), 0)
            item = int(rng.choice(_ITEMS, p=chances / chances.sum()))
            is_left[item] = False
            users.append(user)
            items.append(item)
            days.append(day)
    order = np.lexsort((items, users))
    titles, tastes = make_item_names(item_tastes.argmax(axis=1)), make_taste_names(_TASTES)
    names = make_user_names(_USERS)
    return Dataset(
        name="Passing fashions",
        interactions=Interactions.from_triples(users, items, np.ones(len(users)), _USERS, _ITEMS),
        user_ids=names,
        item_ids=titles,
        feedback="implicit",
        titles=titles,
        genres=tuple((tastes[taste],) for taste in item_tastes.argmax(axis=1)),
        times=np.floor(_START + _SECONDS_A_DAY * np.array(days)[order]),
        origin={"kind": "fashions"},
    )
