"""Comparison: the evaluations of several models on the same held-out ratings, and all that follows from them."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from recsys_core.comparison import sentences
from recsys_core.comparison.disagreement import disagreements, list_overlaps
from recsys_core.comparison.popularity_bias import PopularityFlow, popularity_flow
from recsys_core.comparison.tuning import TuningRecord, budget_sentence, count_tried
from recsys_core.comparison.user_groups import GroupDifference, Grouping, differences_by_group, known_groupings
from recsys_core.comparison.verdicts import MARGIN, Verdict, judge_all
from recsys_core.data.dataset import Dataset
from recsys_core.data.nouns import count_noun, write_number
from recsys_core.data.split import Split
from recsys_core.errors import InputError, to_python
from recsys_core.evaluation.bootstrap import Interval, SeedVariance, mean_intervals, seed_variances
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.html_table import html_table
from recsys_core.metrics import HEADLINE_METRICS, JUDGED_METRICS, METRICS
from recsys_core.metrics.conventions import convention_means
from recsys_core.metrics.metric import are_highest
from recsys_core.metrics.ranking import CUTOFF

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Comparison:
    """Evaluations of r models side by side, the first as the baseline. Each number is computed when first asked for.

    `labels` name the models in charts and tables, `short_labels` in sentences. Verdicts are on the ranking metric
    `metric` at the cut-off `k`; differences below `margin`, a share of the baseline's mean, are too small to matter.
    `recipes` are equal for models that only the seed tells apart, and `other_seeds` holds, for each model, the
    evaluations of its recipe with other seeds. `possibly_leaked` says of each whether it may have been trained on the
    held-out ratings, `comes_from_best_epoch` whether an epoch was chosen for it on the validation ratings, and
    `tuning` how much it was tuned.

    Raises InputError without an evaluation, unless all are of the same held-out ratings, and for another metric.
    """

    labels: Sequence[str]
    evaluations: Sequence[Evaluation]
    metric: str = "ndcg"
    k: int = CUTOFF
    margin: float = MARGIN
    short_labels: Sequence[str] = ()
    recipes: Sequence[Hashable] = ()
    other_seeds: Sequence[Sequence[Evaluation]] = ()
    possibly_leaked: Sequence[bool] = ()
    comes_from_best_epoch: Sequence[bool] = ()
    tuning: Sequence[TuningRecord] = ()
    _computed: dict[tuple[Hashable, ...], object] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.evaluations:
            raise InputError("A comparison must have at least one evaluation. Got none.")
        if len(self.labels) != len(self.evaluations):
            raise InputError(
                "Every evaluation must have one label. "
                f"Got {len(self.labels)} labels and {len(self.evaluations)} evaluations."
            )
        if self.metric not in JUDGED_METRICS:
            got = to_python(self.metric)
            raise InputError(f"Models are compared by one of {', '.join(JUDGED_METRICS)}. Got {got!r}.")
        for evaluation in self.evaluations[1:]:
            evaluation.check_comparable(self.evaluations[0])

    def __len__(self) -> int:
        return len(self.evaluations)

    @property
    def subset(self) -> str:
        """The subset of the split that all were scored on: "validation" or "test"."""
        return self.evaluations[0].subset

    @property
    def title(self) -> str:
        """'NDCG@10'"""
        return METRICS[self.metric].title(self.k)

    @property
    def names(self) -> Sequence[str]:
        """What the models are called in sentences."""
        return self.short_labels or self.labels

    @property
    def n_users(self) -> int:
        return len(self.evaluations[0].users)

    @property
    def has_leaked(self) -> Sequence[bool]:
        """`possibly_leaked`, False of each model where nothing is said."""
        return self.possibly_leaked or [False] * len(self)

    def judged_by(self, metric: str, k: int, margin: float) -> "Comparison":
        """Return the same models, judged by another metric, cut-off or smallest difference that matters.

        The two share what they compute of the same metric and cut-off. Raises InputError for another metric.
        """
        other = replace(self, metric=metric, k=k, margin=margin)
        object.__setattr__(other, "_computed", self._computed)
        return other

    # Numbers

    def values(self, metric: str) -> np.ndarray:
        """Return (u, r): the metric of every user under each model; NaN where it is not defined for a user."""
        return np.stack([evaluation.per_user(metric, self.k) for evaluation in self.evaluations], axis=1)

    def intervals(self, metric: str) -> list[Interval]:
        """Return the mean of each model with its 95% interval over users, each by itself."""
        return self._once(("intervals", metric, self.k), lambda: self._intervals(metric))

    @cached_property
    def means(self) -> list[float]:
        """The mean of each model by the chosen metric."""
        return [interval.mean for interval in self.intervals(self.metric)]

    @cached_property
    def quality(self) -> list[float]:
        """The means, with the opposite sign where a lower value of the chosen metric is better."""
        return self.means if METRICS[self.metric].higher_is_better else [-mean for mean in self.means]

    @cached_property
    def best(self) -> int:
        """The index of the model with the best mean, the first of equals but for rounding."""
        return int(np.argmax(are_highest(self.quality)))

    @property
    def all_best(self) -> list[int]:
        """The indices of all models with the best mean: more than one where they are equal but for rounding."""
        return np.flatnonzero(are_highest(self.quality)).tolist()

    @cached_property
    def challenger(self) -> int | None:
        """The index of the best model but the baseline; None where the baseline is alone."""
        return 1 + int(np.argmax(self.quality[1:])) if len(self) > 1 else None

    @property
    def verdicts(self) -> dict[tuple[int, int], Verdict]:
        """The verdicts on all pairs by their indices (first, second), both ways round."""
        return self._once(("verdicts", self.metric, self.k, self.margin), self._judge_all_pairs)

    def _judge_all_pairs(self) -> dict[tuple[int, int], Verdict]:
        seeds = [self._seed_variances(index) for index in range(len(self))]
        return judge_all(
            list(self._defined(self.metric).T),
            recipes=self.recipes or None,
            seeds=seeds,
            margin=self.margin,
            bounds=METRICS[self.metric].difference_bounds,
            higher_is_better=METRICS[self.metric].higher_is_better,
            n_settings=self._n_settings,
        )

    def groups(self, dataset: Dataset, split: Split, challenger: int) -> dict[str, list[GroupDifference]]:
        """Return, by grouping, how the model at index `challenger` does against the baseline in groups of people.

        `split` of `dataset` is that of the evaluations. The groups are judged beside those of all other models, since
        any of them may have been chosen for what it shows. Empty for a metric of all lists together.
        """
        if METRICS[self.metric].kind == "catalogue":
            return {}
        # Attributes may be loaded later: they are no part of the data's fingerprint.
        known = dataset.description_key
        asked = (self.metric, self.k, self.margin)
        return self._once(("groups", challenger, known, *asked), lambda: self._groups(dataset, split, challenger))

    def disagreements(self, challenger: int) -> "pd.DataFrame":
        """Return a row for each person, those first whose lists by the baseline and by `challenger` differ most."""
        pair = self.evaluations[0], self.evaluations[challenger]
        overlap = self._once(("overlap", challenger), lambda: list_overlaps(*pair))
        return disagreements(*pair, self.k, overlap)

    @property
    def popularity_flows(self) -> list[PopularityFlow]:
        """How popular the items of each model's lists are, and how alike the lists."""
        return self._once(("flows", self.k), lambda: [popularity_flow(each, self.k) for each in self.evaluations])

    def overall(self, metric: str) -> list[float | None]:
        """Return the number of each model that tables print: a mean over users or, for errors, over ratings."""
        return self._once(
            ("overall", metric, self.k), lambda: [evaluation.overall(metric, self.k) for evaluation in self.evaluations]
        )

    @cached_property
    def known_metrics(self) -> list[str]:
        """Those of METRICS that exist for at least one of the models and somebody."""
        names = [name for name, metric in METRICS.items() if not all(map(metric.why_not, self.evaluations))]
        return [name for name in names if METRICS[name].kind in ("ranking", "rating") or self.n_defined(name)]

    def why_not(self, metric: str) -> str:
        """Return why the models cannot be compared by `metric`, in a sentence; '' where they can."""
        known = METRICS[metric]
        why = next(filter(None, map(known.why_not, self.evaluations)), "")
        if why or known.kind in ("ranking", "rating") or self.n_defined(metric):
            return why
        return (
            f"{known.title(self.k)} is defined for nobody here: either the lists are too short for it, or nobody has "
            "anything relevant in training. Choose another metric or longer lists."
        )

    def n_defined(self, metric: str) -> int:
        """Return for how many people `metric` is defined under every model."""
        return int(np.count_nonzero(self._is_defined(metric)))

    def people(self, metric: str) -> str:
        """'37 people', or '33 of 37 people' where `metric` is not defined for the others."""
        n_defined = self.n_defined(metric)
        people = count_noun(self.n_users, "people")
        return people if n_defined == self.n_users else f"{n_defined:,} of {people}"

    @cached_property
    def headline_metrics(self) -> list[str]:
        """The known ones of HEADLINE_METRICS, and the chosen metric."""
        return [name for name in self.known_metrics if name in (*HEADLINE_METRICS, self.metric)]

    @property
    def charted_metrics(self) -> list[str]:
        """Those whose means are drawn: the chosen metric, NDCG and MAP."""
        return list(dict.fromkeys([self.metric, "ndcg", "map"]))

    def convention_means(self, metric: str) -> tuple[dict[str, list[float]], dict[str, str]]:
        """Return the mean "ndcg" or "map" of each model as each library of CONVENTIONS computes it, by convention.

        Also, by convention, why there are no means: some gains do not exist for thousands of plays, or for losses.
        """
        ranked = [evaluation.relevant for evaluation in self.evaluations]
        return self._once(("conventions", metric, self.k), lambda: convention_means(ranked, metric, self.k))

    # Tables

    def cell(self, metric: str, index: int) -> str:
        """Return a number as it is printed: with the digits that its interval supports, where it has one."""
        if METRICS[metric].kind != "rating" and self.overall(metric)[index] is not None:
            return format_interval(self.intervals(metric)[index])
        value = self.overall(metric)[index]
        return "–" if value is None else write_number(value, ".3f")

    # Titles and sentences

    @property
    def difference_title(self) -> str:
        return f"{self.title} minus that of the baseline, 95% intervals"

    def intervals_title(self, metric: str) -> str:
        return f"{METRICS[metric].title(self.k)} of {self.people(metric)}, 95% intervals"

    @cached_property
    def headline(self) -> str:
        """Which model is best by the chosen metric, and whether its lead is more than chance."""
        means = self.intervals(self.metric)
        higher_is_better = METRICS[self.metric].higher_is_better
        return sentences.headline(
            self.labels,
            self.title,
            self.subset,
            means,
            self.verdicts,
            self.has_leaked,
            higher_is_better=higher_is_better,
        )

    @cached_property
    def against_baseline(self) -> str:
        """What the verdicts on all models against the baseline are; '' where the baseline is alone."""
        if len(self) == 1:
            return ""
        recipes = self.recipes or range(len(self))
        is_alike = [recipe == recipes[0] for recipe in recipes]
        said = sentences.against_baseline(self.names, self.verdicts, is_alike)
        return " ".join(filter(None, [said, self.doubt_leaked(range(len(self))), self.smallest_difference]))

    def doubt_leaked(self, indices: Iterable[int]) -> str:
        """Return why the numbers of those of these models that may have leaked prove nothing; '' where none may."""
        return sentences.doubt_leaked([self.names[index] for index in indices if self.has_leaked[index]])

    @property
    def smallest_difference(self) -> str:
        """Below which difference models count as practically the same; '' where the baseline is alone."""
        return sentences.what_matters(self.title, self.verdicts[1, 0].band, self.margin) if len(self) > 1 else ""

    @property
    def verdict_rule(self) -> str:
        """By which rule the verdicts on all pairs of models were found."""
        return sentences.judged(self.n_defined(self.metric), self.n_users, len(self))

    @property
    def matrix_note(self) -> str:
        """How to read the verdicts on all pairs in a matrix, see `tables`."""
        return f"Each cell is the model of the row minus that of the column. {self.verdict_rule}"

    def groups_note(self, challenger: int) -> str:
        """What the differences of `groups` are of, and by which rule they are judged."""
        difference = f"{self.title} of {self.names[challenger]} minus that of {self.names[0]}."
        return f"{difference} {sentences.JUDGED_GROUPS} {self.smallest_difference}"

    @property
    def caveats(self) -> str:
        """What the intervals leave out, which validation numbers are flattered, and who was tuned."""
        chosen: list[str] = []
        if self.subset != "test":
            chosen = [
                sentences.flattered(max(len(self), count_tried(self.tuning))),
                sentences.LEAD_OF_TUNED if len(self) > 1 and max(self._n_settings) > 1 else "",
                sentences.chosen_by_epoch(self.names, self.comes_from_best_epoch),
            ]
        budget = budget_sentence(self.tuning) if self.tuning else ""
        return " ".join(filter(None, [sentences.ONE_SPLIT, *chosen, budget]))

    def for_whom(self, dataset: Dataset, split: Split, challenger: int) -> str:
        """Return who clearly gains and who clearly loses by the model at index `challenger`."""
        verdict = self.verdicts[challenger, 0]
        groups = self.groups(dataset, split, challenger)
        said = sentences.for_whom(self.names[challenger], self.title, verdict, groups)
        return " ".join(filter(None, [said, self.doubt_leaked([0, challenger])]))

    def reached(self, metric: str, popularity: Evaluation | None) -> str:
        """Return the best mean of `metric` and, where higher is better, how many times that of `popularity` it is."""
        means, higher_is_better = self.intervals(metric), METRICS[metric].higher_is_better
        best = (max if higher_is_better else min)(range(len(self)), key=lambda index: means[index].mean)
        text = f"{METRICS[metric].title(self.k)}: {self.names[best]} reaches {format_interval(means[best])}"
        bar = popularity.mean(metric, self.k) if popularity is not None and higher_is_better else 0
        times = write_number(means[best].mean / bar) if bar else ""
        more = f", {times} times that of recommending the most popular items" if times else ""
        return " ".join(filter(None, [f"{text}{more}.", self.doubt_leaked([best])]))

    def _repr_html_(self) -> str:
        """Show in a notebook which model is best, the headline metrics, and the verdicts against the first model."""
        against_first = ["baseline", *(self.verdicts[index, 0].marked for index in range(1, len(self)))]
        rows = [
            (label, *(self.cell(metric, index) for metric in self.headline_metrics), against_first[index])
            for index, label in enumerate(self.labels)
        ]
        titles = [METRICS[metric].title(self.k) for metric in self.headline_metrics]
        return html_table(self.headline, self.against_baseline, ["model", *titles, f"verdict on {self.title}"], rows)

    # Helpers

    def _intervals(self, metric: str) -> list[Interval]:
        known = METRICS[metric]
        return [each.within(*known.limits) for each in mean_intervals(self._defined(metric), bounds=known.bounds)]

    @property
    def _n_settings(self) -> list[int]:
        """Of how many settings each model may have been chosen by the ratings that it is scored on."""
        if self.subset == "test" or not self.tuning:
            return [1] * len(self)
        return [max(1, record.n_settings) for record in self.tuning]

    def _is_defined(self, metric: str) -> np.ndarray:
        """(u,) bool: the users for whom the metric is defined under every model."""
        is_defined: np.ndarray = np.isfinite(self.values(metric)).all(axis=1)
        return is_defined

    def _defined(self, metric: str) -> np.ndarray:
        """The values of these users."""
        values: np.ndarray = self.values(metric)[self._is_defined(metric)]
        return values

    def _once(self, key: tuple[Hashable, ...], compute: Callable[[], T]) -> T:
        if key not in self._computed:
            self._computed[key] = compute()
        return self._computed[key]  # type: ignore[return-value]  # of one key always the same type

    def _seed_variances(self, index: int, members: np.ndarray | slice = slice(None)) -> list[SeedVariance]:
        """The variance over seeds of one model's mean among the users of a mask."""
        others = self.other_seeds[index] if self.other_seeds else ()
        if not others:
            return []
        values = [each.per_user(self.metric, self.k) for each in (self.evaluations[index], *others)]
        return seed_variances([float(np.nanmean(each[members])) for each in values])

    def _groups(self, dataset: Dataset, split: Split, challenger: int) -> dict[str, list[GroupDifference]]:
        values, users = self._defined(self.metric), np.flatnonzero(self._is_defined(self.metric))
        differences = values[:, 1:] - values[:, [0]]
        groupings: list[Grouping] = known_groupings(dataset, split, self.subset, self.evaluations[0].users[users])

        def seeds(members: np.ndarray) -> list[SeedVariance]:
            return [*self._seed_variances(0, users[members]), *self._seed_variances(challenger, users[members])]

        return differences_by_group(
            differences[:, challenger - 1],
            groupings,
            beside=list(np.delete(differences, challenger - 1, axis=1).T),
            band=self.margin * abs(float(values[:, 0].mean())),
            bounds=METRICS[self.metric].difference_bounds,
            seeds=seeds,
            are_alike=bool(self.recipes) and self.recipes[challenger] == self.recipes[0],
            higher_is_better=METRICS[self.metric].higher_is_better,
            n_settings=(self._n_settings[challenger], self._n_settings[0]),
        )
