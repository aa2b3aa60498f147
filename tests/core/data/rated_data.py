"""Ratings with likes and dislikes, and the algorithms that learn from choices."""

from dataclasses import replace

from recsys_core.data.cleaning import RelevantFrom, clean
from recsys_core.data.dataset import Dataset
from recsys_core.data.synthetic import SyntheticRecipe, generate

CHOICES = ("implicit_als", "bpr", "lambdarank", "ease", "item_knn", "svd")


def rated(seed: int = 0, threshold: float | None = None) -> Dataset:
    """80 people, 40 items, 1 to 5 stars, of which those from 4 on are relevant where the threshold is 4."""
    dataset = generate(SyntheticRecipe(n_users=80, n_items=40, n_tastes=4, picks=15, feedback="explicit", seed=seed))
    return dataset if threshold is None else clean(dataset, [RelevantFrom(threshold)])[0]


def around_zero() -> Dataset:
    dataset = rated()
    values = dataset.interactions.values - 3
    return replace(dataset, interactions=replace(dataset.interactions, values=values), origin={})


def last_model(recipe, train, seed: int = 0):
    *_, last = recipe.epochs(train, seed=seed)
    return last.model
