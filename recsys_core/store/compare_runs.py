"""Build the Comparison of stored runs."""

from collections.abc import Callable, Sequence

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.tuning import tuning_record
from recsys_core.comparison.verdicts import MARGIN
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.list_context import with_context
from recsys_core.metrics.list_context import ListContext
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.run import Run, all_but_seed
from recsys_core.store.trial import trial_of


def compare_runs(
    runs: Sequence[Run],
    evaluation_of: Callable[[Run], Evaluation],
    *,
    other_seeds: Sequence[Sequence[Run]] = (),
    metric: str = "ndcg",
    k: int = CUTOFF,
    margin: float = MARGIN,
    context: ListContext | None = None,
    tried: Sequence[Run] = (),
    tried_elsewhere: Sequence[Run] = (),
) -> Comparison:
    """Return the comparison of `runs` of one split, the first as the baseline.

    `evaluation_of` looks up the evaluation of a run on the subset that all are compared on. `other_seeds` holds, for
    each run, the runs that differ from it by nothing but the seed. With the `context` of the lists their properties
    are known too. `tried` are all runs among which these were chosen, `tried_elsewhere` those on other splits of the
    same data: they tell how much each was tuned. Raises InputError as `Comparison` does.
    """
    trials, elsewhere = ([trial_of(run) for run in each] for each in (tried, tried_elsewhere))
    evaluations = [with_context(evaluation_of(run), context) for run in runs]
    return Comparison(
        labels=[run.label for run in runs],
        evaluations=evaluations,
        metric=metric,
        k=k,
        margin=margin,
        short_labels=[run.short_label for run in runs],
        recipes=[all_but_seed(run) for run in runs],
        other_seeds=[[with_context(evaluation_of(other), context) for other in others] for others in other_seeds],
        possibly_leaked=[evaluations[0].subset in run.recipe.possibly_leaked_subsets for run in runs],
        comes_from_best_epoch=[run.recipe.comes_from_best_epoch for run in runs],
        tuning=[tuning_record(run.recipe, trials, elsewhere, branch=trial_of(run).branch) for run in runs]
        if trials
        else (),
    )
