"""Small worlds in which what tests say is held against the truth.

The suite asks for up to 200 of them; `python -m tests.core.truth.worlds` prints the mean errors over 1,000.
"""

from functools import cache

import numpy as np

from recsys_core.algorithms.reference_models import Popularity
from recsys_core.data.split import SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.truth.meter import TASTE_ORACLE, TruthMeter, measure_truth, taste_oracle


def small_meter(seed: int, strength: float) -> TruthMeter:
    """Popularity and the taste oracle in a world of 60 people × 40 items."""
    recipe = SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=12, popularity_strength=strength, seed=seed)
    dataset = generate(recipe)
    split = make_split(dataset, SplitRecipe(seed=seed))
    popularity = next(Popularity().epochs(split.train)).model
    models = {"Popularity": popularity, TASTE_ORACLE: taste_oracle(dataset.ground_truth)}
    return measure_truth(models, dataset, split, seed=seed)


@cache
def errors(strength: float, n_worlds: int) -> dict[str, np.ndarray]:
    """(worlds, models): what each estimator says minus the truth."""
    meters = [small_meter(seed, strength) for seed in range(n_worlds)]
    return {name: np.stack([each.means(name) - each.true_means for each in meters]) for name in meters[0].estimates}


def t_values(error: np.ndarray) -> np.ndarray:
    """(models,): the mean error over worlds, in units of its standard error."""
    return error.mean(axis=0) / (error.std(axis=0, ddof=1) / np.sqrt(len(error)))


if __name__ == "__main__":
    for strength in (0.0, 0.5, 1.0, 2.0):
        for name, error in errors(strength, 1000).items():
            means, ts = (" ".join(f"{value:8.4f}" for value in each) for each in (error.mean(axis=0), t_values(error)))
            print(f"strength {strength:g}  {name:10} mean error {means}   in standard errors {ts}")
