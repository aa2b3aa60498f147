"""Several splits of the same data: in how many a verdict holds, and how far a difference moves from one to the next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.spread import Spread, spread_of
from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, WORSE, Verdict
from recsys_core.data.split import MOST_WINDOWS_BACK, SplitRecipe
from recsys_core.errors import InputError
from recsys_core.evaluation.significant_digits import format_interval

N_OTHERS = 2
_BY_TIME, _BY_SEED = "strictly by time", ("random per user", "leave one out")
_COMPARED = {
    BETTER: "is better than",
    WORSE: "is worse than",
    SAME: "is practically the same as",
    UNCLEAR: "is not clearly different from",
}


@dataclass(frozen=True)
class DifferenceOverSplits:
    """How one model compares with the baseline on several splits: the verdict on each, and where the spread is from."""

    verdicts: tuple[Verdict, ...]
    spread: Spread

    @property
    def n_held(self) -> int:
        """In how many of the splits the verdict is that of the first one."""
        return sum(verdict.word == self.verdicts[0].word for verdict in self.verdicts)

    def sentence(self, name: str, baseline: str, unit: str) -> str:
        """Return in how many splits the verdict held, as '#2 SVD is better than #1 ALS in 3 of 3 splits.'"""
        first = self.verdicts[0].word
        rest = Counter(verdict.word for verdict in self.verdicts if verdict.word != first)
        others = f" ({', '.join(f'{word} in {count}' for word, count in rest.items())})" if rest else ""
        return f"{name} {_COMPARED[first]} {baseline} in {self.n_held} of {len(self.verdicts)} {unit}{others}."


def other_split_recipes(recipe: SplitRecipe) -> list[SplitRecipe]:
    """Return recipes of two more splits by the same method: with other seeds or, by time, of earlier windows.

    Fewer by time where no more windows are allowed, and none for methods that split the same data in one way only.
    """
    if recipe.method == _BY_TIME:
        windows = range(recipe.windows_back + 1, min(recipe.windows_back + N_OTHERS, MOST_WINDOWS_BACK) + 1)
        return [replace(recipe, windows_back=back) for back in windows]
    if recipe.method in _BY_SEED:
        seeds = [seed for seed in range(N_OTHERS + 1) if seed != recipe.seed][:N_OTHERS]
        return [replace(recipe, seed=seed) for seed in seeds]
    return []


def split_label(recipe: SplitRecipe) -> str:
    """Return what tells a split from the others of its method: 'split seed 1', 'latest window', '1 window earlier'."""
    if recipe.method != _BY_TIME:
        return f"split seed {recipe.seed}"
    if not recipe.windows_back:
        return "latest window"
    return f"{recipe.windows_back} window{'s' if recipe.windows_back > 1 else ''} earlier"


def split_unit(recipe: SplitRecipe) -> str:
    """Return what several splits of this method are called: 'splits' or 'windows of time'."""
    return "windows of time" if recipe.method == _BY_TIME else "splits"


def sentence_over_splits(differences: Sequence[DifferenceOverSplits], names: Sequence[str], unit: str) -> str:
    """Return in how many splits each verdict held; `names` are those of all models, the baseline first."""
    return " ".join(each.sentence(name, names[0], unit) for name, each in zip(names[1:], differences, strict=True))


def table_over_splits(
    differences: Sequence[DifferenceOverSplits], names: Sequence[str], labels: Sequence[str]
) -> tuple[list[str], list[list[str]]]:
    """Return a header and a row per model but the baseline: mark and difference on each split, called `labels`."""
    rows = [
        [name, *(f"{verdict.mark} {format_interval(verdict.difference, sign=True)}" for verdict in each.verdicts)]
        for name, each in zip(names[1:], differences, strict=True)
    ]
    return ["model", *labels], rows


def numbers_over_splits(
    differences: Sequence[DifferenceOverSplits], names: Sequence[str], labels: Sequence[str], title: str, unit: str
) -> list[dict[str, object]]:
    """Return a row for each model but the baseline and each split, as plain numbers beside `Comparison.numbers`."""
    return [
        {
            "run": name,
            "against": names[0],
            "metric": title,
            "split": label,
            **verdict.numbers,
            "verdict held in": f"{each.n_held} of {len(each.verdicts)} {unit}",
        }
        for name, each in zip(names[1:], differences, strict=True)
        for label, verdict in zip(labels, each.verdicts, strict=True)
    ]


def compare_over_splits(comparisons: Sequence[Comparison], is_stochastic: Sequence[bool]) -> list[DifferenceOverSplits]:
    """Return, for each model but the baseline, how it compares with the baseline on every split.

    `comparisons` are of the same models in the same order, one on each split; `is_stochastic` says which models depend
    on a seed. Raises InputError unless all are by the same metric on the same subset.
    """
    kinds = {(len(each), each.metric, each.k, each.subset) for each in comparisons}
    if len(kinds) != 1:
        raise InputError(
            "Comparisons on several splits must be of equally many models, by one metric, at one cut-off, on one "
            f"subset. Got {len(kinds)} kinds of them."
        )
    return [
        DifferenceOverSplits(
            tuple(each.verdicts[index, 0] for each in comparisons),
            spread_of([_differences_by_seed(each, index, is_stochastic) for each in comparisons]),
        )
        for index in range(1, len(comparisons[0]))
    ]


def _differences_by_seed(comparison: Comparison, index: int, is_stochastic: Sequence[bool]) -> list[np.ndarray]:
    """Return the differences (u,) of one model to the baseline, once for each seed that is known of both.

    A model without a seed stays the same beside each seed of the other.
    """
    ours, baseline = (_values_by_seed(comparison, each) for each in (index, 0))
    counts = [len(values) for values, varies in ((ours, is_stochastic[index]), (baseline, is_stochastic[0])) if varies]
    differences = [ours[min(s, len(ours) - 1)] - baseline[min(s, len(baseline) - 1)] for s in range(min(counts or [1]))]
    return [each[np.isfinite(each)] for each in differences]


def _values_by_seed(comparison: Comparison, index: int) -> list[np.ndarray]:
    others = comparison.other_seeds[index] if comparison.other_seeds else ()
    evaluations = [comparison.evaluations[index], *others]
    return [evaluation.per_user(comparison.metric, comparison.k) for evaluation in evaluations]
