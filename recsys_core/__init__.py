"""Recommender systems in NumPy and SciPy: data, algorithms, honest evaluation.

    An Algorithm (a frozen recipe) fits Interactions and yields Epochs; each Epoch carries a usable
    model, which is a Recommender. evaluate turns a Recommender and a Split into an Evaluation.

The functions of `recsys_core.notebook` can be called from here. They are imported when first used, so that
importing one module of the core does not import the others.
Nothing in here knows of the screen. Letters everywhere: m users, n items, k factors.
"""

from typing import TYPE_CHECKING

__all__ = ["ALGORITHMS", "compare", "evaluate", "generate", "read_file", "split"]

if TYPE_CHECKING:
    from recsys_core.notebook import ALGORITHMS, compare, evaluate, generate, read_file, split

else:  # type checkers know the names from above, and report those that do not exist

    def __getattr__(name: str) -> object:
        if name in __all__:
            from recsys_core import notebook

            return getattr(notebook, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted([*globals(), *__all__])
