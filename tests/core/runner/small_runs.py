"""Small data and short or endless trainings, to be run by a worker."""

from recsys_core.algorithms import ALGORITHMS
from recsys_core.data.split import SplitRecipe
from recsys_core.data.synthetic import SyntheticRecipe, generate

PLANTED = SyntheticRecipe(n_users=60, n_items=40, n_tastes=4, picks=8.0)
ENDLESS = ALGORITHMS["bpr"](n_factors=2, n_epochs=100_000)
SHORT = ALGORITHMS["bpr"](n_factors=4, n_epochs=5)


def split_of(store, dataset=None, **settings):
    return store.split(store.add_dataset(generate(PLANTED) if dataset is None else dataset), SplitRecipe(**settings))
