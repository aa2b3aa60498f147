"""The algorithms by the key under which runs and URLs name them. Adding one is a file and a line."""

from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.biases import Biases
from recsys_core.algorithms.blend import Blend
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.ease import EASE
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.imported import Imported
from recsys_core.algorithms.item_knn import ItemKNN
from recsys_core.algorithms.lambdarank import LambdaRank
from recsys_core.algorithms.svd import SVD
from recsys_core.parameters import parameters

ALGORITHMS = {
    "implicit_als": ImplicitALS,
    "als": ALS,
    "svd": SVD,
    "bpr": BPR,
    "lambdarank": LambdaRank,
    "ease": EASE,
    "item_knn": ItemKNN,
    "biases": Biases,
}

RECIPES = {**ALGORITHMS, "imported": Imported, "blend": Blend}
"""What a run may be of: the last two cannot be trained, one came in a file and one is made of other runs."""

SETTINGS = {name: each.label for recipe in reversed(RECIPES.values()) for name, each in parameters(recipe).items()}
"""What a person reads instead of a setting's name, as at its slider."""
