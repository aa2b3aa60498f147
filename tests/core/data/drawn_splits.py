"""Data sets and splits that hypothesis draws, and what laws ask of them."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import METHODS, OLD_BY_TIME, Split, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate

STRICT = "strictly by time"
laws = settings(max_examples=60, deadline=None)
every_method = pytest.mark.parametrize("method", [*METHODS, OLD_BY_TIME])


@st.composite
def datasets(draw) -> Dataset:
    """Up to 8 people, some of them without ratings, with times that often coincide."""
    n_users, n_items = draw(st.integers(1, 8)), draw(st.integers(1, 12))
    chosen = np.unpackbits(_draw_bytes(draw, 1 + n_users * n_items // 8))[: n_users * n_items]
    users, items = np.nonzero(chosen.reshape(n_users, n_items))
    times = _draw_bytes(draw, len(users)) % 16
    values = np.arange(1, len(users) + 1)  # all different, so that a mixed-up value shows
    return dataset_of(Interactions.from_triples(users, items, values, n_users, n_items), times.astype(np.int64))


def _draw_bytes(draw, count: int) -> np.ndarray:
    """Draw so many numbers from 0 to 255 at once: one by one takes several times as long."""
    return np.frombuffer(draw(st.binary(min_size=count, max_size=count)), np.uint8)


def dataset_of(data: Interactions, times=None) -> Dataset:
    user_ids, item_ids = (tuple(map(str, range(count))) for count in (data.n_users, data.n_items))
    return Dataset("drawn", data, user_ids, item_ids, "explicit", item_ids, times=times)


@st.composite
def recipes(draw, method) -> SplitRecipe:
    share = st.one_of(st.just(0.0), st.floats(0.01, 0.45))
    return SplitRecipe(method, draw(share), draw(share), draw(st.integers(0, 50)))


def drawn_split(drawn, method) -> tuple[Dataset, Split]:
    """A data set and its split; never all ratings of one moment strictly by time, which is refused."""
    dataset, recipe = drawn.draw(datasets()), drawn.draw(recipes(method))
    assume(method != STRICT or len(set(dataset.times)) != 1 or recipe.validation == recipe.test == 0)
    return dataset, make_split(dataset, recipe)


def triples(data: Interactions) -> list:
    return list(zip(data.users.tolist(), data.items.tolist(), data.values.tolist(), strict=True))


def times_of(part: Interactions, dataset: Dataset) -> np.ndarray:
    when = {(u, i): time for (u, i, _), time in zip(triples(dataset.interactions), dataset.times, strict=True)}
    return np.array([when[u, i] for u, i, _ in triples(part)], np.int64)


def timed_planted_data() -> Dataset:
    data = generate(SyntheticRecipe(n_users=80, n_items=60, picks=15))
    times = np.random.default_rng(1).permutation(data.interactions.n_interactions)
    return dataclasses.replace(data, times=times)
