"""The truth meter: the metric of several recommenders as tests of several kinds measure it, beside the true one."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np

from recsys_core.algorithms.models import FactorModel, Recommender
from recsys_core.comparison.verdicts import MARGIN, Verdict, judge_all
from recsys_core.data.dataset import Dataset, GroundTruth
from recsys_core.data.interactions import Interactions
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.rank_items import rank
from recsys_core.metrics import METRICS
from recsys_core.metrics.ranked_relevance import UNRANKED
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.truth.additive_metrics import ADDITIVE_METRICS
from recsys_core.truth.estimators import ESTIMATED, ESTIMATORS, FULL, IPS, SAMPLED, SNIPS, UNIFORM
from recsys_core.truth.held_out_choices import HeldOutChoices, held_out_choices
from recsys_core.truth.sampled_metric import sampled_ranks

TASTE_ORACLE = "Taste oracle"
POWER = 1.0
"""The power of an item's popularity that stands for its propensity, unless somebody says otherwise."""
_BOUNDED = (FULL, SAMPLED, UNIFORM)  # by 0 and 1 for each user; weighted values are not


@dataclass(frozen=True, eq=False)
class TruthMeter:
    """The metric of r recommenders for u users: the `true` one (u, r), and what tests say, (u, r) by estimator.

    `true` is Σ_i π⁰_ui λ(r_ui) g_u over all unseen items i, with λ and g of the metric (`additive_metrics`) and π⁰ the
    chance that i would have been held out, had popularity played no part in what people pick (`HeldOutChoices`): what a
    test as large as this one would show on average, if it were made of what people prefer and not of what they came
    across. The usual test is Σ_{i held out} λ(r_ui) g_u, on average Σ_i π_ui λ(r_ui) g_u with the chances π as the data
    were made. So where popularity plays no part, the usual test is right on average (`HeldOutChoices` says how
    exactly); where it does, it counts popular items π / π⁰ times too often. `effective_share` is the share of the test
    that the weights of inverse propensities leave: (Σ w)² / (e Σ w²) of e held-out items (Kish 1965); NaN where they
    are not asked for.
    """

    names: Sequence[str]
    metric: str
    k: int
    true: np.ndarray
    estimates: Mapping[str, np.ndarray]
    effective_share: float

    @property
    def title(self) -> str:
        """'NDCG@10'"""
        return METRICS[self.metric].title(self.k)

    @cached_property
    def true_means(self) -> np.ndarray:
        """(r,): the true metric of each recommender."""
        means: np.ndarray = self.true.mean(axis=0)
        return means

    @property
    def true_winner(self) -> int:
        """The index of the recommender that is truly best."""
        return int(np.argmax(self.true_means))

    def means(self, estimator: str) -> np.ndarray:
        """Return (r,): the metric of each recommender as an estimator of ESTIMATORS has it."""
        means: np.ndarray = self.estimates[estimator].mean(axis=0)
        return means

    def winner(self, estimator: str) -> int:
        """Return the index of the recommender that an estimator says is best."""
        return int(np.argmax(self.means(estimator)))

    def without_oracle(self) -> "TruthMeter":
        """Return the meter of only the models that somebody could have."""
        keep = [index for index, name in enumerate(self.names) if name != TASTE_ORACLE]
        return replace(
            self,
            names=[self.names[index] for index in keep],
            true=self.true[:, keep],
            estimates={name: values[:, keep] for name, values in self.estimates.items()},
        )

    def verdicts(self, estimator: str, margin: float = MARGIN) -> dict[tuple[int, int], Verdict]:
        """Return the verdicts on all pairs by an estimator, by the rule that holds everywhere (`comparison.verdicts`).

        Weighted values have no bounds, so that their intervals are Student's alone.
        """
        bounds = (-1.0, 1.0) if estimator in _BOUNDED else (-np.inf, np.inf)
        return judge_all(list(self.estimates[estimator].T), margin=margin, bounds=bounds)


def taste_oracle(ground_truth: GroundTruth) -> FactorModel:
    """Return the recommender that knows what everyone prefers, and nothing of what is popular: truly the best."""
    return FactorModel.of(ground_truth.user_tastes, ground_truth.item_tastes)


def measure_truth(
    models: Mapping[str, Recommender],
    dataset: Dataset,
    split: Split,
    subset: str = "test",
    *,
    metric: str = "ndcg",
    k: int = CUTOFF,
    power: float = POWER,
    seed: int = 0,
    choices: HeldOutChoices | None = None,
    estimators: Sequence[str] = tuple(ESTIMATORS),
) -> TruthMeter:
    """Measure recommenders, by name, on a subset of a split by `estimators`, and by the planted preferences.

    `power` turns an item's popularity in training into its estimated propensity; `seed` draws candidates and the
    uniform test. `choices` are `held_out_choices` of the same arguments, where they are known already. Raises
    InputError for a metric that does not add up over the held-out items, and as `held_out_choices` and `rank` do.
    """
    if metric not in ADDITIVE_METRICS:
        known = ", ".join(METRICS[name].label for name in ADDITIVE_METRICS)
        raise InputError(
            f"The truth can be told of metrics that add up over the held-out items: {known}. "
            f"Got {METRICS[metric].label}, in which what an item adds depends on the others."
        )
    additive = ADDITIVE_METRICS[metric]
    seen, _ = split.seen_and_held_out(subset)
    choices = choices or held_out_choices(dataset, split, subset)
    ranks = [unseen_ranks(model, seen, choices) for model in models.values()]
    scale = additive.scale(choices.n_held_out, k)[:, None]
    # (r, u, n): what each item adds if it is held out.
    terms = np.stack([additive.term(each, k) * scale for each in ranks])
    rng = np.random.default_rng(seed)

    def total(weights: np.ndarray) -> np.ndarray:
        sums: np.ndarray = np.einsum("run,un->ur", terms, weights)
        return sums

    held_out = choices.is_held_out

    @cache
    def inverse() -> np.ndarray:
        return _where(held_out, choices.preferences, choices.propensities)

    def normalised(weights: np.ndarray) -> np.ndarray:
        return self_normalised(total(weights), weights.sum(axis=1) / choices.n_held_out)

    def sampled() -> np.ndarray:
        rows = np.nonzero(held_out)[0]
        alone = additive.scale(np.ones(1, int), k)[0] / choices.n_held_out
        found = sampled_ranks(ranks, held_out, choices.is_unseen, rng)
        return np.stack([np.bincount(rows, additive.term(each, k), len(alone)) * alone for each in found], axis=1)

    compute: dict[str, Callable[[], np.ndarray]] = {
        FULL: lambda: total(held_out.astype(float)),
        SAMPLED: sampled,
        IPS: lambda: total(inverse()),
        SNIPS: lambda: normalised(inverse()),
        ESTIMATED: lambda: normalised(held_out / np.maximum(seen.users_per_item, 1.0) ** power),
        UNIFORM: lambda: total(choices.draw_uniform_test(rng).astype(float)),
    }
    return TruthMeter(
        names=tuple(models),
        metric=metric,
        k=k,
        true=total(choices.preferences),
        estimates={name: compute[name]() for name in estimators},
        effective_share=_effective_share(inverse()[held_out]) if IPS in estimators else math.nan,
    )


def _effective_share(weights: np.ndarray) -> float:
    return float(weights.sum() ** 2 / (len(weights) * (weights**2).sum()))


def unseen_ranks(model: Recommender, seen: Interactions, choices: HeldOutChoices) -> np.ndarray:
    """Return (u, n): the rank of each unseen item of the scored users, from 1, and UNRANKED where an item is seen."""
    rows, items = np.nonzero(choices.is_unseen)
    shape = seen.n_users, seen.n_items
    unseen = Interactions.from_triples(choices.users[rows], items, np.ones(len(rows)), *shape)
    ranks = np.full(choices.is_unseen.shape, UNRANKED, np.int64)
    ranks[rows, items] = rank(model, seen, unseen, depth=1).held_out.ranks
    return ranks


def self_normalised(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return (u, r) values whose means are Σ values / Σ weights, and whose spread is that of this ratio.

    `values` (u, r) are weighted sums and `weights` (u,) the mean weights of the users. Each user stands for their part
    in the ratio by the delta method, (x − R w) / w̄ + R, so that intervals over users are those of a ratio. Dividing
    within each user instead, as Yang et al. have it, is biased towards the usual test where few items are held out.
    """
    ratio = values.sum(axis=0) / weights.sum()
    normalised: np.ndarray = (values - ratio * weights[:, None]) / weights.mean() + ratio
    return normalised


def _where(mask: np.ndarray, above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above / below where `mask`, else 0."""
    ratios: np.ndarray = np.divide(above, below, out=np.zeros_like(above), where=mask)
    return ratios
