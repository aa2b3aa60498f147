"""What `import recsys_core as rc` offers: the steps from ratings to a comparison, one function each.

>>> import recsys_core as rc
>>> dataset = rc.generate(n_users=60, n_items=40, picks=10)
>>> dataset.interactions.n_users, dataset.interactions.n_items
(60, 40)
>>> split = rc.split(dataset, seed=1)
>>> evaluations = {}
>>> for name in ("svd", "item_knn"):
...     *_, last = rc.ALGORITHMS[name]().epochs(split.train)
...     evaluations[name] = rc.evaluate(last.model, split, "validation")
>>> 0 < evaluations["svd"].mean("ndcg", 10) < 1
True
>>> rc.compare(evaluations).verdicts[1, 0].word
'no clear difference'
"""

from recsys_core.algorithms import ALGORITHMS
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.verdicts import MARGIN
from recsys_core.data.dataset import Dataset
from recsys_core.data.reading import read_file
from recsys_core.data.split import Split, SplitRecipe, make_split
from recsys_core.data.synthetic import SyntheticRecipe
from recsys_core.data.synthetic import generate as generate_from
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.metrics.ranking import CUTOFF

__all__ = ["ALGORITHMS", "compare", "evaluate", "generate", "read_file", "split"]


def generate(
    n_users: int = SyntheticRecipe.n_users,
    n_items: int = SyntheticRecipe.n_items,
    *,
    n_tastes: int = SyntheticRecipe.n_tastes,
    picks: float = SyntheticRecipe.picks,
    popularity_skew: float = SyntheticRecipe.popularity_skew,
    noise: float = SyntheticRecipe.noise,
    feedback: str = SyntheticRecipe.feedback,
    seed: int = SyntheticRecipe.seed,
    popularity_strength: float = SyntheticRecipe.popularity_strength,
) -> Dataset:
    """Generate a data set of m = `n_users` and n = `n_items` whose ground truth is known (`dataset.ground_truth`).

    The arguments are the fields of `SyntheticRecipe`, whose docstring has the model. Raises InputError for one out of
    its range.

    >>> generate(60, 40, feedback="explicit", seed=2).is_graded
    True
    """
    return generate_from(
        SyntheticRecipe(n_users, n_items, n_tastes, picks, popularity_skew, noise, feedback, seed, popularity_strength),
    )


def split(
    dataset: Dataset,
    method: str = SplitRecipe.method,
    *,
    validation: float = SplitRecipe.validation,
    test: float = SplitRecipe.test,
    seed: int = SplitRecipe.seed,
) -> Split:
    """Hold ratings out for validation and test; `split.train` is what to learn from.

    `method` is one of `recsys_core.data.split.METHODS`, the shares are between 0 and 0.45. For more see `make_split`.
    Raises InputError where `dataset` has no times and `method` needs them.

    >>> split(generate(60, 40), "leave one out").test.n_interactions
    60
    """
    return make_split(dataset, SplitRecipe(method, validation, test, seed))


def compare(
    evaluations: dict[str, Evaluation], *, metric: str = "ndcg", k: int = CUTOFF, margin: float = MARGIN
) -> Comparison:
    """Return the comparison of evaluations by name, the first as the baseline; see `Comparison`.

    Without recipes and other seeds, verdicts tell nothing of the luck of initialisation.
    """
    return Comparison(list(evaluations), list(evaluations.values()), metric, k, margin)
