"""The algorithms by the key under which runs and URLs name them. Adding one is a file and a line here."""

from collections import ChainMap

from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.bayesian import Bayesian
from recsys_core.algorithms.biases import Biases
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.ease import EASE
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.imported_lists import ImportedLists
from recsys_core.algorithms.item_knn import ItemKNN
from recsys_core.algorithms.lambdarank import LambdaRank
from recsys_core.algorithms.reranked import Reranked
from recsys_core.algorithms.svd import SVD
from recsys_core.parameters import parameters

ALGORITHMS: dict[str, type[Algorithm]] = {
    "implicit_als": ImplicitALS,
    "als": ALS,
    "svd": SVD,
    "bpr": BPR,
    "lambdarank": LambdaRank,
    "ease": EASE,
    "item_knn": ItemKNN,
    "bayesian": Bayesian,
    "biases": Biases,
}

RECIPES: ChainMap[str, type[Algorithm]] = ChainMap(
    {"imported": Imported, "imported_lists": ImportedLists, "blend": Blend, "reranked": Reranked}, ALGORITHMS
)
"""What a run may be of: the first four cannot be trained, two came in a file and two are made of other runs."""


def setting_labels() -> dict[str, str]:
    """Return what people read instead of the name of a setting, as at its slider; the first algorithm decides."""
    recipes: list[type[Algorithm]] = [Blend, Imported, Reranked, *reversed(ALGORITHMS.values())]
    return {name: each.label for recipe in recipes for name, each in parameters(recipe).items()}
