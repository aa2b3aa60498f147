"""The one place where an algorithm is described: Algorithm, whose members have working defaults, and Epoch."""

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from recsys_core.algorithms import shared_fields
from recsys_core.algorithms.kernels.normal_equations import NormalEquations
from recsys_core.algorithms.kernels.regression_fold_in import fold_in_by_regression
from recsys_core.algorithms.models import FactorModel, ItemModel, Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.data.relevance import advise_where_nothing_is_relevant
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
    """A set of hyperparameters, frozen, with all that the program has to know of the algorithm they belong to.

    A subclass needs `label`, `objective_label`, `equation` (the objective in LaTeX), `meaning` (the same in one plain
    sentence) and `_epochs`. Everything else has a default that works: override what is known better.
    """

    label: ClassVar[str]
    objective_label: ClassVar[str]
    """The name of what the curve shows."""
    equation: ClassVar[str]
    meaning: ClassVar[str]
    objective_falls: ClassVar[bool] = True
    """Whether training lowers the objective, so that one that rises far has diverged."""
    caution: ClassVar[str] = ""
    """What a reader of its numbers should know."""
    divergence_advice: ClassVar[str] = "choose other settings"
    """Which parameter to move, and how, when training diverges."""
    derivation_title: ClassVar[str] = ""
    """Over what `derivation` says; empty where there is none."""
    epoch_word: ClassVar[str] = "epoch"
    """What the horizontal axis of the curve counts."""
    adjustable: ClassVar[tuple[str, ...]] = ()
    """The parameters that may change between two epochs of one training."""
    is_stochastic: ClassVar[bool] = True
    """Whether another seed gives another model."""
    is_personal: ClassVar[bool] = True
    """Whether people get different lists, apart from what they have seen."""
    is_item_based: ClassVar[bool] = False
    """Whether the model consists of weights between items (ItemModel) and not of factors and biases (FactorModel)."""
    learns_ratings: ClassVar[bool] = False
    """Whether it learns from all ratings to predict their values, and not from which items were chosen."""
    values_are_amounts: ClassVar[bool] = False
    """Whether a value of 0 means nothing at all, so that another unit changes nothing but an added constant does."""
    trains_on_pairs: ClassVar[bool] = False
    """Whether it compares pairs of items (see `pairwise`), each pushing one item up and the other down."""
    has_normal_equations: ClassVar[bool] = False
    """Whether the factors of a user solve the linear equations that `normal_equations` forms."""
    has_nested_factors: ClassVar[bool] = False
    """Whether the first k factors of a larger model are the model with k factors."""
    was_imported: ClassVar[bool] = False
    """Whether the model, or a part of it, came in a file, so that nobody here saw it being trained."""
    possibly_leaked_subsets: ClassVar[tuple[str, ...]] = ()
    """Held-out subsets the model may have been trained on, so that its metrics there are biased upward."""

    @abstractmethod
    def _epochs(self, train: Interactions, rng: np.random.Generator) -> Generator[Epoch, Self | None, None]:
        """Train and yield an Epoch after every pass; `train` is what the algorithm learns from and is not empty.

        Where some parameters are `adjustable`, what is sent to the generator replaces the hyperparameters from the
        next epoch on.
        """

    def epochs(self, train: Interactions, *, seed: int = 0) -> Generator[Epoch, Self | None, None]:
        """Train on `train`; the same data, recipe and seed give the same epochs, to the last bit.

        The arguments are checked at once, before the first epoch is asked for.
        BLAS runs with one thread in here: how it rounds depends on how many it has, and with that on what
        else the machine is doing. Work that gains from threads spreads blocks over them instead.
        Consuming epochs never changes the training: a shorter run is a prefix of a longer one. A recipe that is
        sent to the generator (`send`) gives what is `adjustable` its values from the next epoch on.
        Raises InputError if there is nothing to train on.
        """
        learned = self.learns_from(train)
        if learned.n_interactions == 0:
            advice = f"{advise_where_nothing_is_relevant(train)} or choose ALS (ratings)"
            none = f"None of {train.n_interactions:,} counts as relevant: {advice}"
            raise InputError(
                f"{self.label} must have something to learn from. {none if train.n_interactions else 'Got nothing'}."
            )
        return _hold_blas_to_one_thread(self._epochs(learned, np.random.default_rng(seed)))

    @classmethod
    def defaults_for(cls, train: Interactions) -> Self:
        """Return the recipe to begin with on `train`: the defaults, adapted to the data where one depends on them."""
        return cls()

    def learns_from(self, data: Interactions) -> Interactions:
        """Return the part of `data` that is learned from: the relevant ratings, or all where ratings are predicted.

        Where choices are learned, what is not relevant counts as not chosen.
        """
        return data if self.learns_ratings else data.relevant

    @property
    def derivation(self) -> str:
        """How the objective leads to the updates, in Markdown with LaTeX, for those who want to know."""
        return ""

    @property
    def n_epochs(self) -> int:
        """The number of epochs; 1 where no field of this name says otherwise."""
        return 1

    @property
    def burn_in(self) -> int:
        """The number of first epochs that the model forgets; 0 where no field of this name says otherwise."""
        return 0

    @property
    def n_factors(self) -> int:
        """The number of factors of the model; 0 where no field of this name says otherwise."""
        return 0

    @property
    def kept_model(self) -> str:
        """Which epoch's model a training ends with; the last one's where no field of this name says otherwise."""
        return shared_fields.LAST_EPOCH

    @property
    def keeps_best_epoch(self) -> bool:
        """Whether a training ends with the model of its best epoch on validation ratings, and not of its last one."""
        return self.kept_model == shared_fields.BEST_EPOCH

    @property
    def comes_from_best_epoch(self) -> bool:
        """Whether it is, or was made of, the model of a best epoch, so that its metrics on validation are flattered."""
        return self.keeps_best_epoch

    def settings(self) -> dict[str, Any]:
        """Return the values by field name, without `kept_model` where it is the last epoch's.

        So the fingerprint of such a run is the one it had before there was a choice.
        """
        settings = super().settings()
        if not self.keeps_best_epoch:
            settings.pop("kept_model", None)
        return settings

    def last_epoch(self, train: Interactions) -> int:
        """Return the number of the last epoch on `train`, for a progress bar."""
        return self.n_epochs

    def empty_objective(self, train: Interactions) -> float:
        """Return the objective on `train`, all of which is learned from, of a model that knows averages at most.

        Beside it a perfect fit is told from rounding. It is 0 where no fit is perfect, or one epoch is all there is.
        """
        return 0.0

    # New users

    def fold_in(self, model: Recommender, train: Interactions, users: Interactions) -> Recommender:
        """Return the recommender of other `users` (m', n) over the items of `model`, which was trained on `train`.

        What belongs to items stays as it is. The result is exact for weights between items and where users solve
        normal equations: for the users of `train` themselves it is the half step of the training that belongs to them.
        Otherwise it is as good as the algorithm's own method, by default a regression on the users of `train`.
        """
        with one_blas_thread():
            return self._fold_in(model, self.learns_from(train), self.learns_from(users))

    def _fold_in(self, model: Recommender, train: Interactions, users: Interactions) -> Recommender:
        """Do what `fold_in` says; `train` and `users` hold what the algorithm learns from."""
        if isinstance(model, ItemModel):
            return ItemModel(users, model.weights)
        assert isinstance(model, FactorModel)
        equations = self.normal_equations(model, train, users)
        return fold_in_by_regression(model, train, users) if equations is None else equations.fold_in(model, users)

    def normal_equations(self, model: FactorModel, train: Interactions, users: Interactions) -> NormalEquations | None:
        """Form the equations that give `users` (m', n) their factors with the items fixed; None where there are none.

        The scale of the ratings in `train` is that of everybody's λ and confidence. Both hold what is learned from.
        """
        return None

    def item_equations(self, model: FactorModel, train: Interactions) -> NormalEquations | None:
        """Form the equations of the other half step: the items of `train` are solved with the users fixed.

        None where training has no such half step.
        """
        return None

    def initial_model(self, train: Interactions, rng: np.random.Generator) -> FactorModel | None:
        """Return the model before the first half step, with all users at 0; None where training has no half steps.

        With the random numbers of a seed, `numpy.random.default_rng(seed)`, it is where the training of that seed
        starts; `train` is what is learned from.
        """
        return None

    @property
    def explains_by_rating(self) -> bool:
        """Whether a score is a sum over what the user has rated: of weights between items, or by normal equations."""
        return self.is_item_based or self.has_normal_equations

    @property
    def compares_grades(self) -> bool:
        """Whether a higher rating is to score above a lower one, where pairs are compared."""
        return False

    def penalty_sentence(self, ridge: float, n_ratings: int) -> str:
        """Say what the `ridge` λ_u in the normal equations of a user with so many ratings is made of."""
        return ""

    # Memory

    def training_bytes(self, train: Interactions) -> int:
        """Estimate the bytes that the algorithm holds at its peak, beside the ratings and what every training needs."""
        m, n = train.n_users, train.n_items
        if self.is_item_based:
            return _BYTES_PER_ITEM_PAIR * n * n
        return _BYTES_PER_FACTOR * (m + n) * (self.n_factors or 1)

    def model_bytes(self, train: Interactions) -> int:
        """Estimate the bytes of the trained model in the store: factors, or weights between items and the ratings."""
        m, n = train.n_users, train.n_items
        if self.is_item_based:
            return 4 * n * n + 8 * self.learns_from(train).n_interactions
        return 4 * (m + n) * ((self.n_factors or 1) + 1)

    @property
    def training_seconds(self) -> float | None:
        """How long the training took, where only the file of an imported model tells it; else None."""
        return None


# Float32 factors in training, in the last model, in work arrays or gradients, and packed for the store; measured.
_BYTES_PER_FACTOR = 4 * 5
# Float32 weights, and packed for the store.
_BYTES_PER_ITEM_PAIR = 4 * 2


_Sent = TypeVar("_Sent")


def _hold_blas_to_one_thread(epochs: Generator[Epoch, _Sent | None, None]) -> Generator[Epoch, _Sent | None, None]:
    """Yield the same epochs; between them, while the consumer is at work, BLAS is as it was."""
    changed: _Sent | None = None
    while True:
        with one_blas_thread():
            epoch = next(epochs, None) if changed is None else epochs.send(changed)
        if epoch is None:
            return
        changed = yield epoch
