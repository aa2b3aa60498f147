"""How near the untouched sliders are to the best of a sweep: `python -m tests.benchmarks.defaults`.

Every algorithm is trained on the planted data, ML-100K and ML-latest-small at its defaults and at every point of
its grid; scores are on the validation part (NDCG@10, for predictors of ratings RMSE), one seed. Prints the default's
score as a share of the best one found, default included. Defaults were chosen by such sweeps, never on test ratings.
"""

from itertools import product

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import make_split
from recsys_core.data.synthetic import SyntheticRecipe, generate
from recsys_core.evaluation.evaluate import evaluate
from tests.real_data import ml_100k, ml_latest_small

GRIDS = {
    "implicit_als": {"n_factors": (8, 16, 32, 64), "regularization": (5, 10, 15, 30), "alpha": (1, 2, 3)},
    "svd": {"n_factors": (8, 16, 32, 48, 64), "regularization": (0, 5, 10, 15)},
    "bpr": {"n_factors": (32, 64), "regularization": (1, 1.5, 2), "learning_rate": (0.05, 0.1)},
    "lambdarank": {"n_factors": (32, 64), "regularization": (1, 1.5, 2), "learning_rate": (0.05, 0.1)},
    "ease": {"regularization": (25, 50, 100, 200, 400, 800)},
    "item_knn": {"n_neighbours": (20, 50, 100, 200), "shrinkage": (0, 10, 50), "similarity": ("cosine", "jaccard")},
    "als": {"n_factors": (4, 8, 16, 32), "regularization": (0.05, 0.1, 0.14, 0.2), "centering": ("none", "biases")},
    "biases": {"item_regularization": (2, 5, 10, 20), "user_regularization": (5, 10, 15, 30)},
}
PREDICTORS = ("als", "biases")  # measured by RMSE, on data with ratings


def main() -> None:
    data = {"ML-100K": ml_100k(), "ML-latest-small": ml_latest_small()}
    splits = {name: make_split(dataset) for name, dataset in data.items() if dataset is not None}
    print(f"{'algorithm':16} {'data':16} {'default':>8} {'best':>8} {'share':>6}  best settings")
    for key, grid in GRIDS.items():
        planted = generate(SyntheticRecipe(feedback="explicit" if key in PREDICTORS else "implicit"))
        for name, split in {"planted": make_split(planted), **splits}.items():
            report(key, grid, name, split)


def report(key: str, grid: dict, name: str, split) -> None:
    """Print one line: the default against the best of the grid on one data set."""
    default = score(ALGORITHMS[key].defaults_for(split.train), split)
    settings = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
    better = min if key in PREDICTORS else max
    scored = [(default, "the default"), *((score(ALGORITHMS[key](**each), split), each) for each in settings)]
    best, where = better(scored, key=lambda pair: pair[0])
    share = best / default if key in PREDICTORS else default / best
    print(f"{ALGORITHMS[key].label:16} {name:16} {default:8.4f} {best:8.4f} {share:6.1%}  {where}", flush=True)


def score(recipe, split) -> float:
    *_, last = recipe.epochs(split.train)
    evaluation = evaluate(last.model, split, "validation")
    return evaluation.rmse if last.model.predicts_ratings else evaluation.mean("ndcg", 10)


if __name__ == "__main__":
    main()
