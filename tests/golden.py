"""Numbers that only a change of the numerics changes: `python -m tests.golden` writes them anew.

They are as short as can be, so that rounding on another processor does not grow: a few epochs on little data.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from recsys_core.algorithms import ALGORITHMS
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.epochs import last_model
from recsys_core.comparison.verdicts import judge_all
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import METHODS, OLD_BY_TIME, Split, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.metrics import RANKING_METRICS
from recsys_core.numerics import NUMERICS_VERSION, numerical_environment
from recsys_core.optimize.methods import bfgs
from recsys_core.optimize.pca import principal_components
from recsys_core.parameters import parameters

FILE = Path(__file__).parent / "golden.json"
_DATA = {
    feedback: SyntheticRecipe(n_users=60, n_items=50, picks=12, seed=3, feedback=feedback)
    for feedback in parameters(SyntheticRecipe)["feedback"].options
}
_EPOCHS = 3


def golden_numbers() -> dict[str, list[float]]:
    """Return numbers by what they are of: data, splits, every algorithm with every choice, metrics, verdicts."""
    numbers = _optimisation()
    for feedback, recipe in _DATA.items():
        dataset = _with_times(generate(recipe))
        numbers[f"{feedback} data"] = _checksums(dataset.interactions.items, dataset.interactions.values)
        for method in (*METHODS, OLD_BY_TIME):
            split = make_split(dataset, SplitRecipe(method=method, seed=1))
            numbers[f"{feedback} split {method}"] = _checksums(
                split.train.items, split.validation.items, split.test.items
            )
        split = make_split(dataset, SplitRecipe(seed=1))
        for name, algorithm in ALGORITHMS.items():
            for changes, variant in _variants(algorithm.defaults_for(split.train)):
                numbers[f"{feedback} {name} {changes}"] = _learned(variant, split.train)
        numbers |= {f"{feedback} {name}": values for name, values in _judged(split).items()}
    return {name: [float(value) for value in values] for name, values in numbers.items()}


def _with_times(dataset: Dataset) -> Dataset:
    count = dataset.interactions.n_interactions
    return replace(dataset, times=np.random.default_rng(5).integers(10**9, 10**9 + 10**6, count).astype(np.float64))


def _variants(recipe: Algorithm) -> Iterator[tuple[str, Algorithm]]:
    """The recipe with few factors, and with every other option of its choices."""
    few = replace(recipe, n_factors=4) if "n_factors" in parameters(recipe) else recipe
    yield "as suited", few
    for name, parameter in parameters(recipe).items():
        for option in parameter.options:
            if option != getattr(recipe, name) and name != "kept_model":  # it chooses among epochs and changes none
                yield f"{name} {option}", replace(few, **{name: option})


def _learned(recipe: Algorithm, train: Interactions) -> list[float]:
    """Objectives of the first epochs, scores after them, and scores of people folded in."""
    epochs = list(islice(recipe.epochs(train, seed=2), _EPOCHS))
    model, people = epochs[-1].model, train.select(train.users % 3 == 0)
    folded = recipe.fold_in(model, train, people)
    everybody = np.arange(train.n_users)
    scores = [model.scores(everybody), folded.scores(everybody[::3])]
    return [*(epoch.objective for epoch in epochs), *_checksums(*scores)]


def _judged(split: Split) -> dict[str, list[float]]:
    """Every metric of a model, and the verdict on two."""
    models = [
        last_model(ALGORITHMS[name].defaults_for(split.train).epochs(split.train, seed=2))
        for name in ("ease", "item_knn")
    ]
    first, second = (evaluate(model, split) for model in models)
    verdict = judge_all([first.per_user("ndcg", 10), second.per_user("ndcg", 10)])[0, 1]
    difference = verdict.difference
    return {
        "metrics": [first.mean(metric, 5) for metric in RANKING_METRICS],
        "verdict": [difference.mean, difference.low, difference.high, verdict.p_value],
    }


def _optimisation() -> dict[str, list[float]]:
    """Where the methods of `optimize` go."""
    points = np.random.default_rng(6).normal(size=(40, 5))
    *_, lowest = bfgs(
        lambda x: (x[0] - 3) ** 2 + (x[1] + 2) ** 2 + x[0] * x[1],
        lambda x: np.array([2 * (x[0] - 3) + x[1], 2 * (x[1] + 2) + x[0]]),
        np.zeros(2),
    )
    return {"bfgs": list(lowest), "pca": list(principal_components(points).shares)}


def _checksums(*arrays: np.ndarray) -> list[float]:
    """Of each array a mean and a mean that depends on the order."""
    found = []
    for array in arrays:
        values = np.asarray(array, np.float64).ravel()
        weights = np.random.default_rng(7).random(len(values))
        found += [values.mean(), (weights * values).mean()]
    return found


def write() -> None:
    """Write the numbers, the version that they are of and what rounded them."""
    content = {
        "version": NUMERICS_VERSION,
        "environment": numerical_environment(),
        "numbers": golden_numbers(),
    }
    FILE.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    write()
