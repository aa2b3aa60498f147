"""What a report says of other splits of the same data on which its runs were trained too."""

from collections.abc import Iterator, Sequence

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.other_splits import (
    compare_over_splits,
    other_split_recipes,
    sentence_over_splits,
    split_label,
    split_unit,
    table_over_splits,
)
from recsys_core.data.split import Split, SplitRecipe, split_fingerprint
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.list_context import list_context, popular_lists
from recsys_core.metrics import METRICS
from recsys_core.report.collect import ReportData
from recsys_core.report.document import Block, Paragraph, Table
from recsys_core.runner.retrain import can_retrain, find_retrained
from recsys_core.store.compare_runs import compare_runs
from recsys_core.store.other_seeds import other_seeds
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore


def over_splits(store: RunStore, data: ReportData) -> Iterator[Block]:
    """Yield in how many splits the verdicts held, where all runs that can be trained again were trained on others too.

    The test of another split is reported only if it has been revealed there.
    """
    able = [run for run in data.runs if can_retrain(run)]
    if len(able) < 2 or able[0] != data.runs[0]:
        return
    compared, recipes = [], [data.split.recipe, *other_split_recipes(data.split.recipe)]
    for recipe in recipes:
        if comparison := _compare_on(store, data, able, recipe):
            compared.append((recipe, comparison))
    if len(compared) < 2 or compared[0][0] != data.split.recipe:
        return
    names, unit = [run.short_label for run in able], split_unit(data.split.recipe)
    differences = compare_over_splits([each for _, each in compared], [run.recipe.is_stochastic for run in able])
    labels = [split_label(recipe) for recipe, _ in compared]
    yield Paragraph(sentence_over_splits(differences, names, unit), "key")
    yield Table(*table_over_splits(differences, names, labels))
    yield Paragraph(
        f"{data.comparison.title} minus that of the baseline on each of the {unit}, with the 95% intervals of the "
        "verdicts there.",
        "note",
    )


def _compare_on(store: RunStore, data: ReportData, runs: Sequence[Run], recipe: SplitRecipe) -> Comparison | None:
    """Return the comparison of the twins of `runs` on another split of the data; None where one is missing there."""
    here, subset = data.split, data.comparison.subset
    if recipe == here.recipe:
        return _compare(store, data, runs, here, subset)
    if not store.runs(split_fingerprint(here.data_fingerprint, recipe)):
        return None
    split = store.split(here.data_fingerprint, recipe)
    twins = [twin for twin in find_retrained(store, runs, split) if twin is not None]
    scored = {run.id for run in store.runs_with(subset, split.fingerprint)}
    is_sealed = split.is_sealed(subset) and not store.n_reveals(split.selection_fingerprint)
    if len(twins) < len(runs) or any(twin.id not in scored for twin in twins) or is_sealed:
        return None
    return _compare(store, data, twins, split, subset)


def _compare(store: RunStore, data: ReportData, runs: Sequence[Run], split: Split, subset: str) -> Comparison:
    def evaluation_of(run: Run) -> Evaluation:
        evaluation = store.evaluation(run.id, subset)
        assert evaluation is not None, "only scored runs are compared"
        return evaluation

    chosen, context = data.comparison, None
    if METRICS[chosen.metric].why_not(evaluation_of(runs[0])):  # a property of lists, which depends on their items
        popularity = popular_lists(split, subset)
        context = None if popularity is None else list_context(data.dataset, split, popularity)
    scored = store.runs_with(subset, split.fingerprint)
    return compare_runs(
        runs,
        evaluation_of,
        other_seeds=[other_seeds(store, run, scored) for run in runs],
        metric=chosen.metric,
        k=chosen.k,
        margin=chosen.margin,
        context=context,
    )
