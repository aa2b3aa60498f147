"""Generate synthetic ratings with a known ground truth that a recommender should recover."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys_core.data.dataset import Dataset, GroundTruth
from recsys_core.data.interactions import Interactions
from recsys_core.data.synthetic_names import make_item_names, make_taste_names, make_user_names
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe, choice, number, parameters

_USER_CONCENTRATION, _ITEM_CONCENTRATION = 0.15, 0.10  # Dirichlet: few tastes a person, fewer an item
_PICKS_SPREAD = 0.5  # standard deviation of the logarithm of the picks a person makes
LEAST_CHANCE = 1e-30
"""The least chance of an item to be a person's first pick."""
_GENRE_SHARE = 0.25  # an item counts as of a taste from this share on
_GENERATED = "generated"  # the key of `Dataset.origin` with that of the synthetic data of which others are made
_OTHER_DATA = (
    "Planted preferences are known of synthetic data as they were generated. These are other data, or were changed "
    "since: generate data on the Data page."
)


@dataclass(frozen=True)
class SyntheticRecipe(Recipe):
    """Users and items that mix K planted tastes; users pick items of their tastes, popular ones more often.

    score(u, i) = (p_u · q_i) × popularity_i^s, with p_u ~ Dirichlet(0.15) and q_i ~ Dirichlet(0.10) over the K tastes,
    popularities that follow Zipf's law in random order, and s = `popularity_strength`. What a person prefers is
    p_u · q_i alone; popularity only decides what of it gets picked.
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
        30.0,
        "Picks per person",
        "The mean number; it varies log-normally. Nobody picks more than half of the items, so the mean comes out "
        "lower where many would.",
        bounds=(1, 10_000),
        typical=(5, 100),
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
        "The chance that somebody's first pick has nothing to do with taste. It grows with every further pick, since "
        "the items of their taste run out. Stars scatter more with noise, too.",
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
    popularity_strength: float = number(
        1.0,
        "Strength of popularity",
        "How strongly popularity decides which of the items that people like they pick: 0 not at all, 1 in proportion.",
        bounds=(0, 4),
        typical=(0, 2),
    )

    def settings(self) -> dict[str, Any]:
        """Return the values by field name, without the strength of popularity where it is 1, as it always used to be.

        So the origin of such data reads as it did before there was a choice.
        """
        settings = super().settings()
        if self.popularity_strength == 1:
            del settings["popularity_strength"]
        return settings


def expected_picks(recipe: SyntheticRecipe) -> float:
    """Return how many items a person picks on average, where nobody picks more than half of them.

    With c = n / 2 and ln X ~ N(μ, s²), E min(X, c) = E X · Φ((ln c − μ) / s − s) + c · Φ((μ − ln c) / s).
    """
    from scipy.special import ndtr  # here, since a fresh server's first page needs none of it

    most = _most_picks(recipe)
    limit = (np.log(most) - _centre_of_picks(recipe)) / _PICKS_SPREAD
    return float(recipe.picks * ndtr(limit - _PICKS_SPREAD) + most * ndtr(-limit))


def _most_picks(recipe: SyntheticRecipe) -> int:
    return max(1, recipe.n_items // 2)


def _centre_of_picks(recipe: SyntheticRecipe) -> float:
    """Return μ of the log-normal number of picks: its mean, in the recipe, is exp(μ + s²/2)."""
    return float(np.log(recipe.picks) - _PICKS_SPREAD**2 / 2)


def synthetic_recipe(origin: Mapping[str, Any]) -> SyntheticRecipe:
    """Return the recipe of synthetic data with this `origin`; fields missing from an older version have defaults."""
    return SyntheticRecipe(**{name: origin[name] for name in parameters(SyntheticRecipe) if name in origin})


@dataclass(frozen=True, eq=False)
class _Draws:
    """What is drawn for a recipe: the planted truth and, for each user, items picked and their stars.

    `last_moments` (m,) are the logarithms of the moments at which users make their last pick.
    """

    user_tastes: np.ndarray
    item_tastes: np.ndarray
    popularity: np.ndarray
    picks: list[np.ndarray]
    stars: list[np.ndarray]
    last_moments: np.ndarray


def _draw(recipe: SyntheticRecipe) -> _Draws:
    rng = np.random.default_rng(recipe.seed)
    m, n, n_tastes = recipe.n_users, recipe.n_items, recipe.n_tastes
    user_tastes = rng.dirichlet(np.full(n_tastes, _USER_CONCENTRATION), m)
    item_tastes = rng.dirichlet(np.full(n_tastes, _ITEM_CONCENTRATION), n)
    popularity = rng.permutation(np.arange(1.0, n + 1) ** -recipe.popularity_skew)
    if recipe.popularity_strength != 1:  # else to the last bit as it always was
        popularity **= recipe.popularity_strength
    drawn = rng.lognormal(_centre_of_picks(recipe), _PICKS_SPREAD, m)
    counts = np.clip(np.rint(drawn), 1, _most_picks(recipe)).astype(int)

    picked, stars, last_moments = [], [], np.zeros(m)
    for user in range(m):
        affinity = item_tastes @ user_tastes[user]
        chances = _pick_chances(affinity, popularity, recipe.noise)
        # The `count` largest of log(chance) + Gumbel noise are a draw without replacement (Yellott 1977). Minus such a
        # key is the logarithm of the moment at which an exponential clock with this rate rings.
        keys = np.log(np.maximum(chances, LEAST_CHANCE)) + rng.gumbel(size=n)
        picks = np.argpartition(-keys, counts[user] - 1)[: counts[user]]
        picked.append(picks)
        stars.append(_stars(affinity[picks], recipe.noise, rng))
        last_moments[user] = -keys[picks].min()
    return _Draws(user_tastes, item_tastes, popularity, picked, stars, last_moments)


def generate(recipe: SyntheticRecipe = SyntheticRecipe()) -> Dataset:
    """Generate a data set whose ground truth is known and kept in `dataset.ground_truth`."""
    drawn = _draw(recipe)
    m, n, n_tastes = recipe.n_users, recipe.n_items, recipe.n_tastes
    stars = np.concatenate(drawn.stars)
    titles = make_item_names(drawn.item_tastes.argmax(axis=1))
    names = make_user_names(m)
    tastes = make_taste_names(n_tastes)
    return Dataset(
        name=f"Planted tastes (K = {n_tastes})",
        interactions=Interactions.from_triples(
            np.repeat(np.arange(m), [len(picks) for picks in drawn.picks]),
            np.concatenate(drawn.picks),
            stars if recipe.feedback == "explicit" else np.ones(len(stars)),
            m,
            n,
        ),
        user_ids=names,
        item_ids=titles,
        feedback=recipe.feedback,
        titles=titles,
        genres=tuple(_genres(mix, tastes) for mix in drawn.item_tastes),
        ground_truth=GroundTruth(drawn.user_tastes, drawn.item_tastes, drawn.popularity, tastes),
        origin={"kind": "planted", **recipe.settings()},
    )


def last_pick_moments(dataset: Dataset) -> np.ndarray:
    """Return (m,) the logarithms of the moments of the users' last picks, in the clocks of `pick_chances`.

    Raises InputError as `pick_chances` does.
    """
    _check_as_generated(dataset)
    return _draw(synthetic_recipe(dataset.origin)).last_moments


def pick_chances(dataset: Dataset, *, without_popularity: bool = False) -> np.ndarray:
    """Return (m, n): the chance that the first pick of each user is each item, as these data were generated.

    `without_popularity` gives what it would be if all items were equally well known: the planted preferences. Raises
    InputError unless these are synthetic data as they were generated.
    """
    truth = _check_as_generated(dataset)
    popularity = np.ones_like(truth.popularity) if without_popularity else truth.popularity
    noise = synthetic_recipe(dataset.origin).noise
    return np.stack([_pick_chances(each, popularity, noise) for each in truth.user_tastes @ truth.item_tastes.T])


def as_generated(dataset: Dataset) -> SyntheticRecipe | None:
    """Return the recipe by which the interactions of `dataset` came about; None unless they are as they were generated.

    They still are where only what counts as relevant was set.
    """
    origin = inherited_recipe(dataset.origin).get(_GENERATED)
    return None if dataset.ground_truth is None or origin is None else synthetic_recipe(origin)


def inherited_recipe(origin: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of an origin says how interactions were generated, for data that are made of these.

    Nothing for other data, and where more was done to them than to set what is relevant.
    """
    generated = origin if origin.get("kind") == "planted" else origin.get(_GENERATED)
    is_unchanged = all(step["step"] == "relevant" for step in origin.get("steps", ()))
    return {_GENERATED: generated} if generated and is_unchanged else {}


def relevant_pick_chances(dataset: Dataset, users: np.ndarray) -> np.ndarray:
    """Return (len(users), n): the chance that the first pick of each of these users is each item, and is relevant.

    The stars of a person are taken to be relative to the item that they like best of all. Raises InputError unless the
    interactions are as they were generated; what counts as relevant may have been set.
    """
    recipe, truth, threshold = as_generated(dataset), dataset.ground_truth, dataset.relevance_threshold
    if recipe is None or truth is None:
        raise InputError(_OTHER_DATA)
    affinity = truth.user_tastes[users] @ truth.item_tastes.T
    chances = _pick_chances(affinity, truth.popularity, recipe.noise)
    least_stars = np.ceil(threshold or 0)
    if recipe.feedback == "implicit" or least_stars <= 1:  # of the lowest rating
        return chances
    from scipy.special import ndtr  # see `expected_picks`

    chances *= ndtr((_mean_stars(affinity) - (least_stars - 0.5)) / _spread_of_stars(recipe.noise))
    return chances


def _check_as_generated(dataset: Dataset) -> GroundTruth:
    if dataset.ground_truth is None or dataset.origin.get("kind") != "planted":
        raise InputError(_OTHER_DATA)
    return dataset.ground_truth


def _pick_chances(affinity: np.ndarray, popularity: np.ndarray, noise: float) -> np.ndarray:
    """Return (…, n) the chances of the first pick of users with this `affinity` (…, n) to the items."""
    by_taste = affinity * popularity
    total = by_taste.sum(axis=-1, keepdims=True)
    chances: np.ndarray = (1 - noise) * by_taste / total + noise * popularity / popularity.sum()
    return chances


def _stars(affinity: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    """Rate with 1 to 5 stars."""
    stars = _mean_stars(affinity) + rng.normal(0, _spread_of_stars(noise), len(affinity))
    return np.asarray(np.clip(np.rint(stars), 1, 5))


def _mean_stars(affinity: np.ndarray) -> np.ndarray:
    """Return (…, n) the stars before chance; the square root spreads the many small affinities over the scale."""
    stars: np.ndarray = 1 + 4 * np.sqrt(affinity / np.maximum(affinity.max(axis=-1, keepdims=True), 1e-12))
    return stars


def _spread_of_stars(noise: float) -> float:
    """Return the standard deviation of stars around their mean."""
    return 0.3 + 2 * noise


def _genres(mix: np.ndarray, tastes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the tastes that make up an item, the largest first; at least one."""
    order = np.argsort(-mix)
    return tuple(tastes[taste] for rank, taste in enumerate(order) if rank == 0 or mix[taste] >= _GENRE_SHARE)
