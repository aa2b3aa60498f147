"""Blending trained models: weights fitted on the validation ratings, what they are worth there, and what a cap costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.algorithms.algorithm import FactorModel
from recsys_core.algorithms.blend import standardised, weighted_sum
from recsys_core.algorithms.explain import rounded
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.evaluation.evaluate import Evaluation, evaluate
from recsys_core.optimize.blend import ListError, SquaredError, at_most, best_sharpness, blend_weights

K = 10
"""The length of the lists whose NDCG and popularity are told."""
_MOST_CELLS = 1_000_000  # people × items at which lists are fitted: a tenth of a second a model
_DIGITS = 3  # decimals of a weight
_LOWEST_CAP = 0.4  # of the popularity without a cap
LESS_POPULAR = "Less popular first"


@dataclass(frozen=True, eq=False)
class Blended:
    """Where SLSQP came by: `path` (s, p) of weights with their `losses` (s,). `weights` (p,) are the last ones, of
    three decimals that add up to 1, `model` is made of these, and `evaluation` is its on validation."""

    path: np.ndarray
    losses: np.ndarray
    weights: np.ndarray
    model: FactorModel
    evaluation: Evaluation

    @property
    def ndcg(self) -> float:
        return self.evaluation.mean("ndcg", K)

    @property
    def popularity(self) -> float:
        """How many train users have an item of the lists, on average."""
        return float(self.evaluation.mean_popularity(K).mean())


class Blending:
    """Trained `models` of factors on one `cut` with validation ratings: for the RMSE of their ratings (`for_lists`
    False; all predict ratings), or for their lists, on standardised scores.

    Lists are fitted on `people`: all with validation ratings or, where these have too many items together, some. Their
    last part is no model but LESS_POPULAR, which a cap on popularity gives a weight.
    """

    def __init__(self, models: Sequence[FactorModel], cut: Split, *, for_lists: bool, seed: int = 0):
        lists = [*models, less_popular(cut.train)] if for_lists else []
        self.models = [standardised(model) for model in lists] or list(models)
        self.cut, self.for_lists = cut, for_lists
        able = np.flatnonzero(cut.validation.items_per_user)
        most = max(1, _MOST_CELLS // cut.train.n_items)
        if for_lists and len(able) > most:
            able = np.sort(np.random.default_rng(seed).choice(able, most, replace=False))
        self.people = able
        self.error = self._error(able)

    @property
    def singles(self) -> list[Evaluation]:
        """Each model alone on validation, in their order."""
        models = self.models[:-1] if self.for_lists else self.models
        return [evaluate(model, self.cut, "validation") for model in models]

    def best(self) -> Blended:
        """The weights that fit best, from equal ones."""
        return self._blended(self._path(self.error))

    def judged_on_others(self) -> float:
        """The RMSE or NDCG@10 of weights that were fitted on half of the people and scored on the other half, and the
        other way round: what `best` would reach, hardly flattered by the fit."""
        halves = [np.sort(half) for half in np.array_split(np.random.default_rng(1).permutation(self.people), 2)]
        if min(map(len, halves)) == 0:
            return float("nan")
        values = []
        for fitted, others in (halves, halves[::-1]):
            evaluation = self._blended(self._path(self._error(fitted))).evaluation
            places = np.searchsorted(evaluation.users, others)
            if self.for_lists:
                values.append(evaluation.per_user("ndcg", K)[places])
            else:
                is_other = np.isin(self.cut.validation.users, others)
                values.append((evaluation.predictions - self.cut.validation.values)[is_other] ** 2)
        mean = float(np.mean(np.concatenate(values), dtype=np.float64))
        return mean if self.for_lists else float(np.sqrt(mean))

    def tradeoff(self, best: Blended, count: int = 6) -> list[Blended]:
        """`best` for lists, and then blends under ever lower caps on the popularity of what they show.

        SLSQP caps a smooth stand-in, the popularity of what the softmax draws; what the lists really show is for
        `Blended.popularity` to tell.
        """
        error = self.error
        only_less_popular = np.eye(len(self.models))[-1]  # keeps to every cap that can be kept to
        least = error.mean_popularity(only_less_popular)
        highest = error.mean_popularity(best.path[-1])
        found = [best]
        for limit in np.linspace(highest, max(least, _LOWEST_CAP * highest), count + 1)[1:]:
            cap = at_most(limit, error.mean_popularity, error.popularity_slope)
            found.append(self._blended(self._path(error, only_less_popular, (cap,))))
        return found

    def _error(self, people: np.ndarray) -> SquaredError | ListError:
        train, validation = self.cut.part("validation")
        if not self.for_lists:
            own = np.isin(validation.users, people)
            users, items = validation.users[own], validation.items[own]
            predictions = np.array([model.scores_of(users, items) for model in self.models], np.float64)
            return SquaredError(predictions, validation.values[own].astype(np.float64))
        scores = np.array([model.scores(people) for model in self.models])
        seen, held_out = _cells(train, people), _cells(validation, people)
        weights = held_out / held_out.sum(axis=1, keepdims=True) / len(people)
        relevant = np.array([np.sum(weights * each, dtype=np.float64) for each in scores])
        scores[:, seen] = 0
        error = ListError(scores, seen, relevant, train.users_per_item.astype(np.float64))
        return replace(error, sharpness=best_sharpness(lambda t: replace(error, sharpness=t), len(scores)))

    def _path(self, error: SquaredError | ListError, start: np.ndarray | None = None, constraints=()) -> np.ndarray:
        start = np.full(len(self.models), 1 / len(self.models)) if start is None else start
        return np.array(list(blend_weights(error.value, error.gradient, start, constraints)))

    def _blended(self, path: np.ndarray) -> Blended:
        last = np.maximum(path[-1], 0)
        weights = np.array(rounded(last / last.sum(), _DIGITS)[0])
        model = weighted_sum(self.models, weights)
        losses = np.array([self.error.value(w) for w in path])
        return Blended(path, losses, weights, model, evaluate(model, self.cut, "validation"))


def less_popular(train: Interactions) -> FactorModel:
    """score(i) = −log(1 + the number of people who have item i): a vote against what everybody has anyway."""
    nothing = np.zeros((train.n_users, 0)), np.zeros((train.n_items, 0))
    return FactorModel.of(*nothing, item_bias=-np.log1p(train.users_per_item))


def _cells(data: Interactions, people: np.ndarray) -> np.ndarray:
    """(people, n) bool: who has what."""
    return data.binary[people].toarray() > 0


def affordable(blends: Sequence[Blended], most_popular: float, value: Callable[[Blended], float]) -> Blended | None:
    """The best by `value` of those whose lists are at most so popular; None where none is."""
    able = [blend for blend in blends if blend.popularity <= most_popular]
    return max(able, key=value, default=None)
