"""What is known of some runs on one split, and what follows from it: the numbers of a report."""

from collections.abc import Sequence
from dataclasses import dataclass

from recsys_core.algorithms.base import Algorithm
from recsys_core.comparison.side_by_side import intervals_of, verdicts_of
from recsys_core.comparison.user_groups import (
    GroupDifference,
    groups_of,
)
from recsys_core.comparison.verdicts import MARGIN, Verdict
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.baselines import evaluate_rails
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics.ranking import HEADLINE_METRICS, METRICS
from recsys_core.report.script import check_one_split
from recsys_core.store.run import EpochRecord, Run, all_but_seed, other_seeds
from recsys_core.store.store import RunStore


@dataclass(frozen=True, eq=False)
class Findings:
    """`runs` has the baseline first; everything else stands in their order.

    `subset` is what all were scored on. `receipt` says how the data were read, `source` is the data set before it was
    mended. `margin` is the smallest difference that matters, as a share of the baseline's mean. `intervals` are the
    means by metric, `verdicts` those on `metric` by places; `n_reveals` counts the looks at the test. `challenger` is
    the place of the best but the baseline, None with one run alone, and `groups` by grouping how it does against the
    baseline.
    """

    runs: tuple[Run, ...]
    dataset: Dataset
    source: Dataset
    receipt: dict
    split: Split
    subset: str
    metric: str
    k: int
    margin: float
    records: list[list[EpochRecord]]
    evaluations: list[Evaluation]
    intervals: dict[str, list[Interval]]
    verdicts: dict[tuple[int, int], Verdict]
    rails: dict[str, Evaluation]
    challenger: int | None
    groups: dict[str, list[GroupDifference]]
    n_reveals: int

    @property
    def names(self) -> list[str]:
        return [run.label for run in self.runs]

    @property
    def recipes(self) -> list[Algorithm]:
        return [run.recipe for run in self.runs]

    @property
    def title(self) -> str:
        """'NDCG@10'"""
        return METRICS[self.metric].title(self.k)


def find(
    store: RunStore, runs: Sequence[Run], *, subset: str | None, metric: str, k: int, margin: float = MARGIN
) -> Findings:
    """Look up and compute. Raises InputError where runs cannot stand side by side, or the test is sealed."""
    check_one_split(runs)
    first, split = runs[0], store.split_of(runs[0])
    dataset = store.dataset(first.data_fingerprint)
    subset, n_reveals = subset or split.open_subset, store.n_reveals(split.selection_fingerprint)
    is_sealed = subset != split.open_subset or split.recipe.learns_from_validation
    if is_sealed and not n_reveals:
        raise InputError(
            "The test must have been revealed to be reported. That of this split is sealed: report the validation, "
            "or reveal the test first."
        )
    evaluations = [store.evaluation(run.id, subset) for run in runs]
    if missing := [f"#{run.id}" for run, found in zip(runs, evaluations, strict=True) if found is None]:
        raise InputError(
            f"Every run must have been scored on the {subset}. {', '.join(missing)} was not: train it again."
        )
    intervals = intervals_of(evaluations, tuple(dict.fromkeys([*HEADLINE_METRICS, metric])), k)
    scored = store.runs_with(subset, first.split_fingerprint)
    others = [[store.evaluation(other.id, subset) for other in other_seeds(run, scored)] for run in runs]
    known = dict(recipes=[all_but_seed(run) for run in runs], other_seeds=others, margin=margin)
    verdicts = verdicts_of(evaluations, metric, k, **known)
    challenger, groups = None, {}
    if len(runs) > 1:
        challenger = max(range(1, len(runs)), key=lambda place: intervals[metric][place].mean)
        groups = groups_of(dataset, split, evaluations, metric, k, challenger, **known)
    is_mended = dataset.origin.get("kind") == "mended"
    return Findings(
        runs=tuple(runs),
        dataset=dataset,
        source=store.dataset(dataset.origin["source"]) if is_mended else dataset,
        receipt=next(row["receipt"] for row in store.dataset_list() if row["fingerprint"] == dataset.fingerprint),
        split=split,
        subset=subset,
        metric=metric,
        k=k,
        margin=margin,
        records=[store.epochs(run.id) for run in runs],
        evaluations=evaluations,
        intervals=intervals,
        verdicts=verdicts,
        rails=evaluate_rails(dataset, split, subset),
        challenger=challenger,
        groups=groups,
        n_reveals=n_reveals,
    )
