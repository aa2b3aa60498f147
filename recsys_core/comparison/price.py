"""The price of re-ranked lists: what they gain, and what they cost in accuracy, in one sentence."""

import numpy as np

from recsys_core.comparison.comparison import Comparison
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.significant_digits import decimals, format_interval, format_mean
from recsys_core.metrics import METRICS


def price_sentence(accuracy: Comparison, aim: Comparison | None) -> str:
    """Return how the aim's measure and the accuracy change: 'Diversity@10 rises from 0.42 to 0.61; NDCG@10 falls …'.

    Both compare the model (first) with its re-ranked lists (second); `aim` is None where there is only a filter.
    """
    said = [] if aim is None else [_from_to(aim)]
    text = "; ".join([*said, _difference(accuracy)])
    return f"{text}."


def change(comparison: Comparison) -> Interval:
    """Return the mean of the second model minus that of the first, with its 95% interval, paired by person."""
    return comparison.verdicts[1, 0].difference


def _from_to(comparison: Comparison) -> str:
    before, after = comparison.intervals(comparison.metric)
    n_decimals = max(decimals(before), decimals(after))
    texts = [f"{each.mean:.{n_decimals}f}" for each in (before, after)]
    if texts[0] == texts[1]:
        return f"{comparison.title} stays at {texts[0]}"
    return f"{comparison.title} {_rises(change(comparison))} from {texts[0]} to {texts[1]}"


def _difference(comparison: Comparison) -> str:
    difference, title = change(comparison), comparison.title
    before, after = comparison.values(comparison.metric).T
    if np.array_equal(before, after, equal_nan=True):
        return f"{title} stays the same for everybody"
    if not difference.excludes_zero:
        return f"{title} changes by {format_interval(difference, sign=True)}, which may be chance"
    return f"{title} {_rises(difference)} by {format_interval(difference if difference.mean > 0 else -difference)}"


def _rises(difference: Interval) -> str:
    return "rises" if difference.mean > 0 else "falls"


def price_table(comparisons: list[Comparison]) -> dict[str, list[str]]:
    """Return the columns of a table with a row per measure: before, after, the difference, and what that means."""
    columns: dict[str, list[str]] = {name: [] for name in ("measure", "before", "after", "difference", "verdict")}
    for each in comparisons:
        before, after = each.intervals(each.metric)
        direction = "" if METRICS[each.metric].higher_is_better else " (lower is better)"
        row = [each.title + direction, format_mean(before), format_mean(after)]
        row += [format_interval(change(each), sign=True), each.verdicts[1, 0].marked]
        for column, text in zip(columns.values(), row, strict=True):
            column.append(text)
    return columns
