"""A model that came in a file: it can be looked at and judged, not trained."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys_core.algorithms.base import Algorithm, Epoch
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import number


@dataclass(frozen=True)
class Imported(Algorithm):
    """What is known of a model that was not trained here.

    `content` stands for its numbers as they were joined to the data (sixteen hex digits), `about` is what its file
    says of it, as JSON text. `of_this_split`: the file says that it was trained on the training ratings of the split
    that it is judged on. Of any other model nobody knows what it has seen.
    """

    objective_label = "Not known here"
    equation = r"s_{ui}=\mu+b_u+b_i+p_u\cdot q_i"
    meaning = "Whatever it was trained for, a score is a product of two rows of factors, and biases where it has any."
    divergence_advice = ""
    is_stochastic = False
    was_imported = True

    n_factors: int = number(0, "Factors", "The numbers for each person and each item.", bounds=(0, 1e6),
                            typical=(0, 1000), symbol="k")  # fmt: skip
    content: str = ""
    of_this_split: bool = False
    about: str = "{}"

    @property
    def label(self) -> str:  # type: ignore[override]  # it depends on the file, elsewhere on the class alone
        """A fixed label: text from the file is untrusted and never shown as one."""
        return "Imported model" if self.of_this_split else "Trained elsewhere"

    @property
    def possibly_leaked_subsets(self) -> tuple[str, ...]:  # type: ignore[override]  # as above
        """() if the file names this split, else ("validation", "test")."""
        return () if self.of_this_split else ("validation", "test")

    @property
    def caution(self) -> str:  # type: ignore[override]  # as above
        """What must be said beside every number of the model."""
        if not self.possibly_leaked_subsets:
            return "Its file says that it was trained on the training part of this split, which cannot be checked here."
        return "Trained elsewhere: it may have seen what is held out here, and then its numbers are too good."

    @property
    def description(self) -> dict[str, Any]:
        """What the file says of the model."""
        return dict(json.loads(self.about))

    @property
    def comes_from_best_epoch(self) -> bool:
        """Whether the file says that its epoch was chosen on validation ratings."""
        return "epoch_kept_why" in self.description

    @property
    def training_seconds(self) -> float | None:
        """How long the training took, as the file says; None where it does not."""
        seconds = self.description.get("training_seconds")
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds < 1e9:
            return float(seconds)
        return None

    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        raise InputError(
            "A model to be trained must be of one of the algorithms here. This one came in a file: train one of them."
        )
