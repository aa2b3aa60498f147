"""Lists that came in a file: somebody's recommender, judged by what it recommends."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError


@dataclass(frozen=True)
class ImportedLists(Algorithm):
    """What is known of a recommender whose lists came in a file.

    `content` stands for the lists as they were joined to the data (sixteen hex digits), `subset` is the held-out part
    that they were made for. Nobody here knows what the recommender has seen.
    """

    label: ClassVar[str] = "Imported lists"
    objective_label: ClassVar[str] = "Not known here"
    equation: ClassVar[str] = r"\mathrm{rank}(u,i)"
    meaning: ClassVar[str] = "The lists are taken as they are; how they came about is not known here."
    is_stochastic: ClassVar[bool] = False
    was_imported: ClassVar[bool] = True
    possibly_leaked_subsets: ClassVar[tuple[str, ...]] = ("validation", "test")
    caution: ClassVar[str] = (
        "The lists came in a file: their recommender may have seen what is held out here, and then its numbers are "
        "too good."
    )

    content: str = ""
    subset: str = "validation"

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        raise InputError("Lists cannot be trained. They came in a file: train one of the algorithms here.")
