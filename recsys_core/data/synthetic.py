"""Generate synthetic ratings with a known ground truth that a recommender should recover."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.data.dataset import Dataset, GroundTruth
from recsys_core.data.interactions import Interactions
from recsys_core.data.synthetic_names import make_item_names, make_taste_names, make_user_names
from recsys_core.parameters import Recipe, choice, number, parameters

_USER_CONCENTRATION, _ITEM_CONCENTRATION = 0.15, 0.10  # Dirichlet: few tastes a person, fewer an item
_PICKS_SPREAD = 0.5  # standard deviation of the logarithm of the picks a person makes
_GENRE_SHARE = 0.25  # an item counts as of a taste from this share on


@dataclass(frozen=True)
class SyntheticRecipe(Recipe):
    """Users and items that mix K planted tastes; users pick items of their tastes, popular ones more often.

    score(u, i) = (p_u · q_i) × popularity_i, with p_u ~ Dirichlet(0.15) and q_i ~ Dirichlet(0.10) over the K tastes,
    and popularities that follow Zipf's law in random order.
    """

    label = "the synthetic data"

    n_users: int = number(400, "People", "The number of rows of the matrix.", bounds=(2, 200_000), typical=(50, 2000))
    n_items: int = number(200, "Items", "The number of columns of the matrix.", bounds=(2, 50_000), typical=(50, 2000))
    n_tastes: int = number(
        8,
        "Planted tastes K",
        "The number of factors that a model should recover.",
        bounds=(1, 64),
        typical=(2, 16),
    )
    picks: float = number(
        30.0, "Picks per person", "The mean number; it varies log-normally.", bounds=(1, 10_000), typical=(5, 100)
    )
    popularity_skew: float = number(
        0.8,
        "Popularity skew",
        "The exponent of Zipf's law; 0 makes all items equally popular.",
        bounds=(0, 3),
        typical=(0, 1.5),
    )
    noise: float = number(
        0.0,
        "Noise",
        "The share of picks that has nothing to do with taste.",
        bounds=(0, 1),
        typical=(0, 0.5),
    )
    feedback: str = choice(
        "implicit",
        "Feedback",
        "Implicit: which items were picked. Explicit: picked items are rated from 1 to 5 stars.",
        options=("implicit", "explicit"),
    )
    seed: int = number(0, "Seed", "The same seed generates the same data.", bounds=(0, 2**32 - 1), typical=(0, 100))


def synthetic_recipe(origin: Mapping[str, Any]) -> SyntheticRecipe:
    """Return the recipe of synthetic data with this `origin`; fields missing from an older version have defaults."""
    return SyntheticRecipe(**{name: origin[name] for name in parameters(SyntheticRecipe) if name in origin})


def generate(recipe: SyntheticRecipe = SyntheticRecipe()) -> Dataset:
    """Generate a data set whose ground truth is known and kept in `dataset.ground_truth`."""
    rng = np.random.default_rng(recipe.seed)
    m, n, n_tastes = recipe.n_users, recipe.n_items, recipe.n_tastes
    user_tastes = rng.dirichlet(np.full(n_tastes, _USER_CONCENTRATION), m)
    item_tastes = rng.dirichlet(np.full(n_tastes, _ITEM_CONCENTRATION), n)
    popularity = rng.permutation(np.arange(1.0, n + 1) ** -recipe.popularity_skew)
    # The mean of exp(N(μ, s²)) is exp(μ + s²/2), so this centre gives the mean in the recipe.
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
    titles = make_item_names(item_tastes.argmax(axis=1))
    names = make_user_names(m)
    tastes = make_taste_names(n_tastes)
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
        ground_truth=GroundTruth(user_tastes, item_tastes, popularity, tastes),
        origin={"kind": "planted", **recipe.settings()},
    )


def _stars(affinity: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Rate with 1 to 5 stars; the square root spreads the many small affinities over the scale."""
    stars = 1 + 4 * np.sqrt(affinity / max(affinity.max(), 1e-12))
    return np.asarray(np.clip(np.rint(stars + rng.normal(0, 0.3 + 2 * noise, len(stars))), 1, 5))


def _genres(mix: np.ndarray, tastes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tastes that make up an item, the largest first; at least one."""
    order = np.argsort(-mix)
    return tuple(tastes[taste] for rank, taste in enumerate(order) if rank == 0 or mix[taste] >= _GENRE_SHARE)
