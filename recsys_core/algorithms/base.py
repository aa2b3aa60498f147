"""The words that every algorithm speaks: Algorithm, Epoch, Recommender, and the two forms of model."""

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recsys_core.algorithms.models import Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.errors import InputError
from recsys_core.parameters import Recipe
from recsys_core.threads import one_blas_thread


@dataclass(frozen=True, eq=False)
class Epoch:
    """The state after one pass: a complete model and the value of the objective that was lowered.

    Number 0 is the state before the first pass, where an algorithm has one.
    """

    number: int
    model: Recommender
    objective: float


@dataclass(frozen=True)
class Algorithm(Recipe, ABC):
    """A frozen recipe. `epochs` checks its arguments at once and then yields one Epoch after another.

    Subclasses state, beside their fields:
    `objective_label`, the name of what the curve shows; `objective_falls`, whether lower is better;
    `equation`, the objective in LaTeX; `meaning`, the same in one plain sentence;
    `divergence_advice`, the parameter to move when training diverges, and how;
    `adjustable`, the parameters that may become others while it trains, if any;
    `is_stochastic`, whether another seed gives another model, or training ends in the same place whatever the seed;
    `is_item_based`, whether its model is weights between items (ItemModel) and not factors and biases (FactorModel);
    `caution`, what a reader of its numbers should know, if anything;
    `possibly_leaked_subsets`, the held-out subsets that the model may have been trained on, so that its metrics there
    are biased upward: () for all that trains here.
    """

    label: ClassVar[str]
    objective_label: ClassVar[str]
    objective_falls: ClassVar[bool] = True
    equation: ClassVar[str]
    meaning: ClassVar[str]
    divergence_advice: ClassVar[str]
    adjustable: ClassVar[tuple[str, ...]] = ()
    is_stochastic: ClassVar[bool] = True
    is_item_based: ClassVar[bool] = False
    caution: ClassVar[str] = ""
    possibly_leaked_subsets: ClassVar[tuple[str, ...]] = ()

    def epochs(self, train: Interactions, *, seed: int = 0) -> Generator[Epoch, "Algorithm | None", None]:
        """Train on `train`; the same data, recipe and seed give the same epochs, to the last bit.

        BLAS runs with one thread in here: how it rounds depends on how many it has, and with that on what
        else the machine is doing. Work that gains from threads spreads blocks over them instead.
        Consuming epochs never changes the training: a shorter run is a prefix of a longer one. A recipe that is
        sent to the generator (`send`) gives what is `adjustable` its values from the next epoch on.
        Raises InputError if there is nothing to train on.
        """
        learned = self.learns_from(train)
        if learned.n_interactions == 0:
            none = f"None of {train.n_interactions:,} counts as relevant: lower the threshold or choose ALS (ratings)"
            raise InputError(
                f"{self.label} must have at least one rating to learn from. "
                f"{none if train.n_interactions else 'Got none'}."
            )
        return _with_one_blas_thread(self._epochs(learned, np.random.default_rng(seed)))

    def learns_from(self, data: Interactions) -> Interactions:
        """The part of `data` that this algorithm learns from: what is relevant, since it learns from choices.

        What is not relevant counts as not chosen. Learners of ratings override this and take all.
        """
        return data.relevant

    @abstractmethod
    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Iterator[Epoch]:
        """The training itself; `train` is not empty."""

    @classmethod
    def defaults_for(cls, train: Interactions) -> Self:
        """The recipe to begin with on `train`: its defaults, where one depends on the data the one for these."""
        return cls()

    def empty_objective(self, train: Interactions) -> float:
        """The objective on `train`, all of which is learned from, of a model that knows averages at most.

        Beside it a perfect fit is told from rounding. It is 0 where no fit is perfect, or one epoch is all there is.
        """
        return 0.0

    def last_epoch(self, train: Interactions) -> int:
        """The number of the last epoch on `train`, for a progress bar."""
        return self.n_epochs


def _with_one_blas_thread(epochs: Iterator[Epoch]) -> Iterator[Epoch]:
    """The same epochs; between them, while the consumer is at work, BLAS is as it was."""
    changed = None
    while True:
        with one_blas_thread():
            epoch = next(epochs, None) if changed is None else epochs.send(changed)
        if epoch is None:
            return
        changed = yield epoch
