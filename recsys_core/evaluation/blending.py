"""Fit the weights of an ensemble of trained models on validation ratings, also under a cap on popularity."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recsys_core.algorithms.blend import n_standardised_factors, standardised, weighted_sum
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.data.subsample import sample_users
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.evaluation.significant_digits import round_keeping_sum
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.optimize.blend_objectives import (
    BELOW,
    ApproximateNDCG,
    SoftPopularity,
    SquaredError,
    at_most,
    blend_weights,
)
from recsys_core.optimize.methods import Constraint

_DEPTH = 50  # of each component's list the fit looks at; further down no blend finds its first ten
_MOST_CELLS = 500_000  # held-out items × items beside them: a hundredth of a second a step
_DIGITS = 3  # decimals of a weight
_LOWEST_CAP = 0.4  # of the popularity without a cap
LESS_POPULAR = "Less popular first"
_MOST_LESS_POPULAR = 0.6  # it may not outvote all models: there no list holds what anybody wants, and slopes are 0


@dataclass(frozen=True, eq=False)
class Components:
    """The p components of an ensemble: for lists the `given` models, standardised, and LESS_POPULAR's, else as given.

    They are standardised when they are first asked for: where an ensemble is only shown, nobody asks.
    """

    given: tuple[FactorModel, ...]
    for_lists: bool

    @classmethod
    def of(cls, models: Sequence[FactorModel], train: Interactions, *, for_lists: bool) -> "Components":
        return cls((*models, less_popular(train)) if for_lists else tuple(models), for_lists)

    @cached_property
    def models(self) -> list[FactorModel]:
        """The components themselves."""
        return [standardised(model) for model in self.given] if self.for_lists else list(self.given)

    @property
    def n_factors(self) -> list[int]:
        """How many factors each has."""
        return [n_standardised_factors(model) if self.for_lists else model.n_factors for model in self.given]


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A weighted ensemble of p `components`, and the optimisation that led to it.

    `path` (s, p) are the weights that SLSQP went through, with their `losses` (s,), and `slopes` (p,) the gradient of
    the loss at the last. `weights` (p,) are the last ones, rounded to three decimals that add up to 1; `model` has
    these, and `evaluation` is that of its lists on validation, `top_only` as in `evaluate`.
    """

    components: Components
    path: np.ndarray
    losses: np.ndarray
    slopes: np.ndarray
    weights: np.ndarray
    evaluation: Evaluation

    @cached_property
    def model(self) -> FactorModel:
        """The ensemble as one model, which only the blend that somebody keeps has to become."""
        return weighted_sum(self.components.models, self.weights.tolist())

    @property
    def n_factors(self) -> int:
        """How many factors `model` has: those of all components with a weight."""
        return sum(count for count, weight in zip(self.components.n_factors, self.weights, strict=True) if weight > 0)

    @property
    def ndcg(self) -> float:
        return self.evaluation.mean("ndcg", CUTOFF)

    @property
    def popularity(self) -> float:
        """How many users have a recommended item in training, on average."""
        return self.evaluation.mean("popularity", CUTOFF)


@dataclass(frozen=True, eq=False)
class EnsembleFit:
    """What was fitted to some models.

    `blends` are those of all `components`, the one without a cap first and then, for lists, those with ever lower caps,
    and `singles` each model alone. `on_others` is what `EnsembleFitter.judged_on_others` returns, of the one without a
    cap. The weights were fitted on `n_fitted` of the `n_users` with validation ratings.
    """

    components: Components
    blends: list[Ensemble]
    singles: list[Evaluation]
    on_others: float
    for_lists: bool
    n_fitted: int
    n_users: int

    @property
    def uncapped(self) -> Ensemble:
        """The blend without a cap, also where one with a cap scores higher: to choose by that would flatter it."""
        return self.blends[0]

    def under_cap(self, most_popular: float) -> Ensemble | None:
        """Return the blend with the highest cap whose lists are at most so popular; None where there is none.

        Of all that are, it is not the one that scores best: such a choice would flatter it.
        """
        return next((blend for blend in self.blends if blend.popularity <= most_popular), None)


def fit_ensembles(
    fitter: "EnsembleFitter", progress: Callable[[float, str], None] = lambda share, stage: None
) -> EnsembleFit:
    """Fit the best ensemble, for lists those under caps too, and score each model alone and the fit on other users."""
    progress(0.3, "Fitting the weights")
    blends = [fitter.best()]
    if fitter.for_lists:
        progress(0.4, "Fitting them under caps on popularity")
        blends = fitter.tradeoff(blends[0])
    progress(0.7, "Scoring each model alone")
    singles = fitter.singles
    progress(0.8, "Fitting them on half of the people")
    others, n_users = fitter.judged_on_others(), len(fitter.all_users)
    return EnsembleFit(fitter.components, blends, singles, others, fitter.for_lists, len(fitter.users), n_users)


class EnsembleFitter:
    """Fits the weights of trained factor `models` on the validation ratings of one `split`.

    With `for_lists` it maximises a smooth NDCG of their lists, on standardised scores; else it minimises the RMSE of
    their predicted ratings. The weights are fitted on `users`: those given, or all with validation ratings, of whom a
    sample where they are many. The last component for lists is no model but LESS_POPULAR, to which a cap on popularity
    gives weight.
    """

    def __init__(
        self, models: Sequence[FactorModel], split: Split, *, for_lists: bool, users: np.ndarray | None = None
    ) -> None:
        self.given, self.split, self.for_lists = tuple(models), split, for_lists
        self.components = Components.of(models, split.train, for_lists=for_lists)
        self.models = self.components.models
        self.users = self.all_users if users is None else users
        self.error: SquaredError | ApproximateNDCG
        self.max_weights = np.ones(len(self.models))
        if for_lists:
            self.max_weights[-1] = _MOST_LESS_POPULAR
            most = _MOST_CELLS // (len(self.models) * _DEPTH)
            some = self.users[sample_users(split.validation, most, np.random.default_rng(0))[self.users]]
            self.users = some if len(some) else self.users[:1]
            self.error, self.soft_popularity = self._list_error()
        else:
            self.error = self._squared_error()

    @property
    def singles(self) -> list[Evaluation]:
        """The evaluation of the lists of each model alone on validation, in their order."""
        return [self._score(model) for model in (self.models[:-1] if self.for_lists else self.models)]

    @property
    def all_users(self) -> np.ndarray:
        """The users with a validation rating, for lists a relevant one, ascending."""
        validation = self.split.validation
        return np.flatnonzero((validation.relevant if self.for_lists else validation).items_per_user)

    def best(self) -> Ensemble:
        """Return the ensemble that fits best, starting from equal weights."""
        return self._fit_from()

    def judged_on_others(self) -> float:
        """Return the RMSE or NDCG@10 of weights fitted on one half of the users and scored on the other, both ways.

        That is what `best` would reach, hardly flattered by the fit. NaN with a single user.
        """
        all_users = self.all_users
        halves = [np.sort(half) for half in np.array_split(np.random.default_rng(1).permutation(all_users), 2)]
        if min(map(len, halves)) == 0:
            return float("nan")
        values = []
        for fitted, others in (halves, halves[::-1]):
            half = EnsembleFitter(self.given, self.split, for_lists=self.for_lists, users=fitted)
            evaluation = half.best().evaluation
            if self.for_lists:
                values.append(evaluation.per_user("ndcg", CUTOFF)[np.searchsorted(evaluation.users, others)])
            else:
                assert evaluation.predictions is not None, "all models predict ratings"
                is_other = np.isin(self.split.validation.users, others)
                values.append((evaluation.predictions - self.split.validation.values)[is_other] ** 2)
        mean = float(np.mean(np.concatenate(values), dtype=np.float64))
        return mean if self.for_lists else float(np.sqrt(mean))

    def tradeoff(self, best: Ensemble, count: int = 5) -> list[Ensemble]:
        """Return `best` for lists, and then ensembles under ever lower caps on the popularity of the lists.

        SLSQP caps a smooth stand-in (SoftPopularity); `Ensemble.popularity` is what the lists really have.
        """
        measure = self.soft_popularity
        n_models = len(self.models) - 1
        full = np.append(np.full(n_models, (1 - _MOST_LESS_POPULAR) / n_models), _MOST_LESS_POPULAR)
        highest, ensembles = measure.value(best.path[-1]), [best]
        for limit in np.linspace(highest, max(measure.value(full), _LOWEST_CAP * highest), count + 1)[1:]:
            cap = at_most(float(limit), measure.value, measure.gradient)
            ensembles.append(self._fit_from(ensembles[-1].path[-1], (cap,)))
        return ensembles

    def _squared_error(self) -> SquaredError:
        validation = self.split.validation
        is_fitted = np.isin(validation.users, self.users)
        users, items = validation.users[is_fitted], validation.items[is_fitted]
        predictions = np.array([model.scores_of(users, items) for model in self.models], np.float64)
        return SquaredError(predictions, validation.values[is_fitted].astype(np.float64))

    def _list_error(self) -> tuple[ApproximateNDCG, SoftPopularity]:
        """Of each user only the items count that some component ranks near its top, and those held out."""
        train, validation = self.split.seen_and_held_out("validation")
        seen, held_out = (data.binary[self.users].toarray() > 0 for data in (train, validation.relevant))
        scores = np.array([model.scores(self.users) for model in self.models], np.float64)
        scores[:, seen] = BELOW
        counts, depth = held_out.copy(), min(_DEPTH, train.n_items)
        for component in scores:
            np.put_along_axis(counts, np.argpartition(-component, depth - 1, axis=1)[:, :depth], True, axis=1)
        items = np.argsort(~counts, axis=1, kind="stable")[:, : counts.sum(axis=1).max()]
        scores, held_out = np.take_along_axis(scores, items[None], axis=2), np.take_along_axis(held_out, items, axis=1)
        scores[:, ~np.take_along_axis(counts, items, axis=1)] = BELOW

        rows, columns = np.nonzero(held_out)
        differences = scores[:, rows] - scores[:, rows, columns][:, :, None]
        differences[:, np.arange(len(rows)), columns] = BELOW  # an item is not above itself
        ideal = np.cumsum(1 / np.log2(2 + np.arange(held_out.sum(axis=1).max())))
        gains = 1 / ideal[held_out.sum(axis=1) - 1] / len(self.users)
        return ApproximateNDCG(differences, gains[rows]), SoftPopularity(scores, train.users_per_item[items])

    def _fit_from(self, start: np.ndarray | None = None, constraints: Sequence[Constraint] = ()) -> Ensemble:
        error = self.error
        start = np.full(len(self.models), 1 / len(self.models)) if start is None else start
        path = np.array(list(blend_weights(error.value, error.gradient, start, self.max_weights, constraints)))
        last = np.maximum(path[-1], 0)
        weights = np.array(round_keeping_sum(last / last.sum(), _DIGITS)[0])
        losses = np.array([error.value(w) for w in path])
        evaluation = self._score(weighted_sum(self.models, weights.tolist()))
        return Ensemble(self.components, path, losses, error.gradient(path[-1]), weights, evaluation)

    def _score(self, model: FactorModel) -> Evaluation:
        # A fit scores a dozen models, and all ranks would take eight times as long as lists.
        return evaluate(model, self.split, "validation", top_only=True)


def less_popular(train: Interactions) -> FactorModel:
    """Return the model score(i) = −log(1 + number of users with item i), a vote against popular items."""
    nothing = np.zeros((train.n_users, 0)), np.zeros((train.n_items, 0))
    return FactorModel.of(*nothing, item_bias=-np.log1p(train.users_per_item))


@dataclass(frozen=True, eq=False)
class WorkedScore:
    """The score Σ_j w_j s_j of one user and item in the digits that are printed.

    `scores` (p,) have four decimals and weights three, so that `total` has seven.
    """

    scores: np.ndarray
    total: float


def worked_score(models: Sequence[FactorModel], weights: np.ndarray, user: int, item: int) -> WorkedScore:
    """Return the score of `item` for `user` by the ensemble of `models`, component by component."""
    pair = np.array([user]), np.array([item])
    scores = np.array([round(float(model.scores_of(*pair)[0]), 4) for model in models])
    return WorkedScore(scores, round(float(weights @ scores), 7))
