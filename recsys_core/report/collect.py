"""Collect what a report is made of from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys_core.comparison.comparison import Comparison
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.list_context import list_context, with_context
from recsys_core.evaluation.reference_models import evaluate_reference_models
from recsys_core.metrics import NEEDING_ALL_RANKS
from recsys_core.report.script import check_one_split
from recsys_core.store.compare_runs import compare_runs
from recsys_core.store.other_seeds import other_seeds
from recsys_core.store.run import EpochRecord, Run
from recsys_core.store.store import RunStore
from recsys_core.store.tried_elsewhere import tried_elsewhere


@dataclass(frozen=True, eq=False)
class ReportData:
    """The `runs` of a report, the baseline first, their `comparison`, and what it rests on.

    `receipt` says how the data were read, `source` is the data set before it was cleaned. `records` are the epochs of
    each run, `reference_models` the evaluations of random, most popular and oracle. `n_reveals` counts how often the
    test was looked at.
    """

    runs: tuple[Run, ...]
    comparison: Comparison
    dataset: Dataset
    source: Dataset
    receipt: Mapping[str, Any]
    split: Split
    records: list[list[EpochRecord]]
    reference_models: dict[str, Evaluation]
    n_reveals: int


def collect(
    store: RunStore, runs: Sequence[Run], *, subset: str | None, metric: str, k: int, margin: float
) -> ReportData:
    """Look up everything. Raise InputError where runs are of several splits or not scored, or the test is sealed."""
    check_one_split(runs)
    first, split = runs[0], store.split_of(runs[0])
    dataset = store.dataset(first.data_fingerprint)
    subset, n_reveals = subset or split.open_subset, store.n_reveals(split.selection_fingerprint)
    if split.is_sealed(subset) and not n_reveals:
        raise InputError(
            "The test must have been revealed to be reported. That of this split is sealed: report the validation, "
            "or reveal the test first."
        )
    scored = store.runs_with(subset, first.split_fingerprint)
    if missing := [f"#{run.id}" for run in runs if run.id not in {each.id for each in scored}]:
        raise InputError(
            f"Every run must have been scored on the {subset}. {', '.join(missing)} was not: train it again."
        )

    def evaluation_of(run: Run) -> Evaluation:
        evaluation = store.evaluation(run.id, subset)
        if evaluation is None:
            raise InputError(f"Every run must have been scored on the {subset}. #{run.id} was not: train it again.")
        return evaluation

    reference_models = evaluate_reference_models(dataset, split, subset, top_only=metric not in NEEDING_ALL_RANKS)
    popularity = reference_models.get("Popularity")
    context = None if popularity is None else list_context(dataset, split, popularity)
    is_cleaned = dataset.origin.get("kind") == "mended"
    return ReportData(
        runs=tuple(runs),
        comparison=compare_runs(
            runs,
            evaluation_of,
            other_seeds=[other_seeds(store, run, scored) for run in runs],
            metric=metric,
            k=k,
            margin=margin,
            context=context,
            tried=store.tried_runs(split.selection_fingerprint),
            tried_elsewhere=tried_elsewhere(store, split.data_fingerprint, split.selection_fingerprint),
        ),
        dataset=dataset,
        source=store.dataset(dataset.origin["source"]) if is_cleaned else dataset,
        receipt=store.receipt(dataset.fingerprint),
        split=split,
        records=[store.epochs(run.id) for run in runs],
        reference_models={name: with_context(each, context) for name, each in reference_models.items()},
        n_reveals=n_reveals,
    )
