"""Generating ratings with a planted truth that a recommender should find again."""

from dataclasses import dataclass

import numpy as np

from recsys_core.data.dataset import Dataset, PlantedTruth
from recsys_core.data.interactions import Interactions
from recsys_core.data.names import item_names, people_names, taste_names
from recsys_core.parameters import Recipe, choice, number

_USER_CONCENTRATION, _ITEM_CONCENTRATION = 0.15, 0.10  # Dirichlet: few tastes a person, fewer an item
_PICKS_SPREAD = 0.5  # standard deviation of the logarithm of the picks a person makes
_GENRE_SHARE = 0.25  # an item counts as of a taste from this share on


@dataclass(frozen=True)
class PlantedRecipe(Recipe):
    """People and items mix K tastes; a person picks what matches, the popular more often.

    score(u, i) = (p_u · q_i) × popularity_i with p_u ~ Dirichlet(0.15), q_i ~ Dirichlet(0.10) over K tastes
    and a popularity that follows a shuffled Zipf law.
    """

    label = "the planted data"

    n_users: int = number(400, "People", "Rows of the matrix.", bounds=(2, 200_000), typical=(50, 2000))
    n_items: int = number(200, "Items", "Columns of the matrix.", bounds=(2, 50_000), typical=(50, 2000))
    n_tastes: int = number(
        8,
        "Planted tastes K",
        "The number of factors that a model should find.",
        bounds=(1, 64),
        typical=(2, 16),
    )
    picks: float = number(
        30.0, "Picks a person", "On average; the spread is log-normal.", bounds=(1, 10_000), typical=(5, 100)
    )
    popularity_skew: float = number(
        0.8,
        "Popularity skew",
        "The exponent of Zipf's law: 0 makes all items equally popular.",
        bounds=(0, 3),
        typical=(0, 1.5),
    )
    noise: float = number(
        0.0,
        "Noise",
        "The share of picks that have nothing to do with taste.",
        bounds=(0, 1),
        typical=(0, 0.5),
    )
    feedback: str = choice(
        "implicit",
        "Flavour",
        "Implicit: what was picked. Explicit: picks rated with 1 to 5 stars.",
        options=("implicit", "explicit"),
    )
    seed: int = number(0, "Seed", "The same seed generates the same data.", bounds=(0, 2**32 - 1), typical=(0, 100))


def generate(recipe: PlantedRecipe = PlantedRecipe()) -> Dataset:
    """A data set whose truth is known and travels with it (`dataset.truth`)."""
    rng = np.random.default_rng(recipe.seed)
    m, n, n_tastes = recipe.n_users, recipe.n_items, recipe.n_tastes
    user_tastes = rng.dirichlet(np.full(n_tastes, _USER_CONCENTRATION), m)
    item_tastes = rng.dirichlet(np.full(n_tastes, _ITEM_CONCENTRATION), n)
    popularity = rng.permutation(np.arange(1.0, n + 1) ** -recipe.popularity_skew)
    # The mean of exp(N(μ, s²)) is exp(μ + s²/2), so this centre gives the asked-for mean.
    centre = np.log(recipe.picks) - _PICKS_SPREAD**2 / 2
    counts = np.clip(np.rint(rng.lognormal(centre, _PICKS_SPREAD, m)), 1, max(1, n // 2)).astype(int)

    users, items, values = [], [], []
    for user in range(m):
        affinity = item_tastes @ user_tastes[user]
        by_taste = affinity * popularity
        chances = (1 - recipe.noise) * by_taste / by_taste.sum() + recipe.noise * popularity / popularity.sum()
        # The `count` largest of log(chance) + Gumbel noise are a draw without replacement (Yellott 1977).
        keys = np.log(np.maximum(chances, 1e-30)) + rng.gumbel(size=n)
        picks = np.argpartition(-keys, counts[user] - 1)[: counts[user]]
        users.append(np.full(len(picks), user))
        items.append(picks)
        values.append(_stars(affinity[picks], recipe.noise, rng))
    stars = np.concatenate(values)
    titles = item_names(item_tastes.argmax(axis=1))
    names = people_names(m)
    tastes = taste_names(n_tastes)
    return Dataset(
        name=f"Planted tastes (K = {n_tastes})",
        interactions=Interactions.from_triples(
            np.concatenate(users),
            np.concatenate(items),
            stars if recipe.feedback == "explicit" else np.ones(len(stars)),
            m,
            n,
        ),
        user_ids=names,
        item_ids=titles,
        feedback=recipe.feedback,
        titles=titles,
        genres=tuple(_genres(mix, tastes) for mix in item_tastes),
        truth=PlantedTruth(user_tastes, item_tastes, popularity, tastes),
        origin={"kind": "planted", **recipe.settings()},
    )


def _stars(affinity: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """1 to 5 stars: the square root spreads the many small affinities over the scale."""
    stars = 1 + 4 * np.sqrt(affinity / max(affinity.max(), 1e-12))
    return np.clip(np.rint(stars + rng.normal(0, 0.3 + 2 * noise, len(stars))), 1, 5)


def _genres(mix: np.ndarray, tastes: tuple[str, ...]) -> tuple[str, ...]:
    """The tastes that make up an item, the largest first; at least one."""
    order = np.argsort(-mix)
    return tuple(tastes[taste] for place, taste in enumerate(order) if place == 0 or mix[taste] >= _GENRE_SHARE)
