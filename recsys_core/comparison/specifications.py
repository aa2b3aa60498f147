"""Specifications: the reasonable ways to test the same models, one for each combination of defensible choices.

Simonsohn, Simmons and Nelson (Specification curve analysis, Nature Human Behaviour 2020) ask of a claim in how many of
all reasonable analyses it holds. Here the analyses differ in the luck of training, the split, and how lists are scored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from typing import Any

import numpy as np

from recsys_core.comparison.other_splits import other_split_recipes, split_label
from recsys_core.data.dataset import Dataset
from recsys_core.data.relevance import suggest_threshold
from recsys_core.data.split import Split, SplitRecipe, offered_methods
from recsys_core.errors import InputError
from recsys_core.metrics import METRICS

EVERYBODY = 1
"""The fewest training ratings of a person where nobody is left out of training."""
ONE_WAY = "one way only"
"""The convention of a metric that all libraries compute alike."""
_VARIANTS = {
    "ndcg": {"RecBole": "ndcg", "trec_eval": "ndcg_linear", "ideal not cut": "ndcg_uncut_ideal"},
    "map": {"RecBole": "map", "trec_eval": "map_over_relevant"},
    **{name: {ONE_WAY: name} for name in ("recall", "precision", "hit_rate", "mrr")},
}
METRIC_CHOICES = tuple(_VARIANTS)
"""The metrics that specifications may be judged by, by their names in METRICS."""
CONVENTION_CHOICES = ("RecBole", "trec_eval", "ideal not cut")
PRUNING = ("training", "training and test")
MOST_SPECIFICATIONS = 1000
_CUTOFFS = (5, 10, 20)
_FEWEST = (50, 20, 10, 5, 3)
_MOST_PRUNED = 0.25  # of the people: leaving out more of them is another question


@dataclass(frozen=True)
class Training:
    """What is chosen before training: a split, a seed, and from whom models learn.

    `seed_offset` is added to the seed of each model. People with fewer than `min_ratings` training ratings are not
    learned from, but scored like all others.
    """

    seed_offset: int
    split: SplitRecipe
    min_ratings: int = EVERYBODY


@dataclass(frozen=True)
class Specification:
    """One reasonable way to test: a `training`, a metric by a convention at a cut-off, and what counts as relevant.

    With a `threshold`, only held-out ratings of at least that value count as right; models learn as without.
    """

    training: Training
    metric: str
    convention: str
    k: int
    threshold: float | None = None

    @property
    def judged_by(self) -> str:
        """The name in METRICS of the metric by this convention."""
        return _VARIANTS[self.metric][self.convention]

    @property
    def title(self) -> str:
        """'NDCG@10', or with its convention where METRICS has it under another name: 'MAP (over relevant)@20'."""
        return METRICS[self.judged_by].title(self.k)

    def value(self, choice: str) -> object:
        """Return what was chosen: `choice` is a name in CHOICES."""
        return getattr(self if choice in ("metric", "convention", "k", "threshold") else self.training, choice)

    def all_but(self, choice: str) -> tuple[object, ...]:
        """Return everything else that was chosen, by which specifications differ in one choice only."""
        return tuple(self.value(name) for name in CHOICES if name != choice)


CHOICES = {
    "split": "the split",
    "seed_offset": "the seed of training",
    "min_ratings": "whom models learn from",
    "metric": "the metric",
    "convention": "the convention of the metric",
    "k": "the length of the list",
    "threshold": "what counts as relevant",
}
"""The choices by the names of their fields, as they are called in a sentence."""


@dataclass(frozen=True)
class SpecificationGrid:
    """Which choices vary, and over which values; the first of `splits`, `seed_offsets` and `min_ratings` is what is.

    `pruned` says where people with fewer than `min_ratings` are left out; only training is allowed. Raises InputError
    for an empty choice, for values out of bounds, and where there would be more than 1,000 specifications.
    """

    splits: tuple[SplitRecipe, ...]
    seed_offsets: tuple[int, ...] = (0,)
    min_ratings: tuple[int, ...] = (EVERYBODY,)
    metrics: tuple[str, ...] = ("ndcg", "map", "recall")
    conventions: tuple[str, ...] = CONVENTION_CHOICES
    cutoffs: tuple[int, ...] = _CUTOFFS
    thresholds: tuple[float | None, ...] = (None,)
    is_graded: bool = True
    pruned: str = "training"

    def __post_init__(self) -> None:
        for field in fields(self):
            values = getattr(self, field.name)
            if isinstance(values, tuple) and not values:
                raise InputError(f"Every choice must have at least one value. {field.name} has none: choose one.")
        if self.pruned != PRUNING[0]:
            raise InputError(
                "People with few items may be left out of training only. "
                f"Got {self.pruned!r}: a test without them no longer measures the people whom the model will serve, "
                "and its numbers are of other people than those of every other test."
            )
        if unknown := [name for name in self.metrics if name not in _VARIANTS]:
            raise InputError(f"Metrics must be among {', '.join(_VARIANTS)}. Got {', '.join(unknown)}.")
        if unknown := [name for name in self.conventions if name not in CONVENTION_CHOICES]:
            raise InputError(f"Conventions must be among {', '.join(CONVENTION_CHOICES)}. Got {', '.join(unknown)}.")
        if min(*self.cutoffs, *self.min_ratings) < 1 or min(self.seed_offsets) < 0:
            raise InputError("Lengths of lists and numbers of items must be at least 1, and seeds at least 0.")
        if not self.measures:
            raise InputError("At least one of the metrics must be known by one of the conventions. Choose RecBole.")
        count = len(self.trainings) * len(self.measures) * len(self.cutoffs) * len(self.thresholds)
        if count > MOST_SPECIFICATIONS:
            raise InputError(
                f"There may be at most {MOST_SPECIFICATIONS:,} ways to test. Got {count:,}: choose fewer values."
            )

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "SpecificationGrid":
        """Return the grid that `dataclasses.asdict` took apart and that went through JSON."""
        choices: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in values.items()
        }
        choices["splits"] = tuple(SplitRecipe(**recipe) for recipe in values["splits"])
        return cls(**choices)

    @property
    def trainings(self) -> list[Training]:
        """Every training that the grid asks for; the first is the one that there is."""
        each = product(self.splits, self.seed_offsets, self.min_ratings)
        return [Training(offset, split, fewest) for split, offset, fewest in each]

    @property
    def measures(self) -> list[tuple[str, str]]:
        """Every (metric, convention); where ratings do not differ, gains do not either, and one of both is left out."""
        return [
            (metric, convention)
            for metric in self.metrics
            for convention, judged_by in _VARIANTS[metric].items()
            if convention in (*self.conventions, ONE_WAY) and (self.is_graded or judged_by != "ndcg_linear")
        ]

    def of_training(self, training: Training) -> list[Specification]:
        """Return the specifications that need no training but this one."""
        each = product(self.measures, self.cutoffs, self.thresholds)
        return [Specification(training, *measure, k, threshold) for measure, k, threshold in each]

    def specifications(self) -> list[Specification]:
        """Return every combination."""
        return [each for training in self.trainings for each in self.of_training(training)]


def default_grid(dataset: Dataset, split: Split, *, varies_training: bool, is_stochastic: bool) -> SpecificationGrid:
    """Return the choices to begin with, of which each makes a difference on these data.

    Unless it `varies_training`, the training stays as it is and all follows from ranks that are known. Seeds vary only
    where a model `is_stochastic`.
    """
    suggestion, current = suggest_threshold(dataset), dataset.relevance_threshold or 0
    is_higher = suggestion is not None and suggestion.threshold > current
    thresholds = (None, suggestion.threshold) if suggestion is not None and is_higher else (None,)
    grid = SpecificationGrid((split.recipe,), thresholds=thresholds, is_graded=dataset.is_graded)
    if not varies_training:
        return grid
    return SpecificationGrid(
        splits=(split.recipe, *other_split_recipes(split.recipe)),
        seed_offsets=(0, 1) if is_stochastic else (0,),
        min_ratings=(EVERYBODY, *pruning_choices(split)[:1]),
        thresholds=thresholds,
        is_graded=dataset.is_graded,
    )


def pruning_choices(split: Split) -> list[int]:
    """Return how many training ratings people could be asked to have, so that some are left out but at most a quarter.

    The largest number comes first.
    """
    counts = split.train.items_per_user
    counts = counts[counts > 0]
    shares = [(fewest, np.mean(counts < fewest)) for fewest in _FEWEST] if len(counts) else []
    return [fewest for fewest, share in shares if 0 < share <= _MOST_PRUNED]


def split_choices(dataset: Dataset, recipe: SplitRecipe) -> list[SplitRecipe]:
    """Return splits to choose from: the current one, others by its method and, where times allow, strictly by time."""
    offered = [recipe, *other_split_recipes(recipe)]
    by_time = SplitRecipe(
        method="strictly by time", validation=recipe.validation, test=recipe.test, learn_from=recipe.learn_from
    )
    if recipe.method != by_time.method and by_time.method in offered_methods(dataset):
        offered += [by_time, other_split_recipes(by_time)[0]]
    return offered


def value_label(choice: str, value: object, current: SplitRecipe) -> str:
    """Return a value of a choice as a row of a table says it; `current` is the split that is."""
    if isinstance(value, SplitRecipe):
        label = split_label(value) if other_split_recipes(value) else value.method
        return label if value.method == current.method else f"{value.method}, {label}"
    if choice == "seed_offset":
        return "seed of the model" if value == 0 else f"seed + {value}"
    if choice == "min_ratings":
        return "all people" if value == EVERYBODY else f"people with {value}+ items"
    if choice == "metric":
        return METRICS[str(value)].label
    if choice == "k":
        return f"N = {value}"
    if choice == "threshold":
        return "relevant as set" if value is None else f"relevant: {value:g} or more"
    return str(value)


def varied_choices(specifications: Sequence[Specification]) -> dict[str, list[object]]:
    """Return, by choice, the values that occur, in order, for the choices that have more than one.

    That some metrics have no conventions is no choice.
    """
    values = {name: list(dict.fromkeys(each.value(name) for each in specifications)) for name in CHOICES}
    values["convention"] = [value for value in values["convention"] if value != ONE_WAY]
    return {name: found for name, found in values.items() if len(found) > 1}
