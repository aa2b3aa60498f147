"""The luck of the split: the pinned models trained on more splits of the same data, and whether the verdicts hold."""

import math
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.shared.context import get_context, use_split
from pages.shared.large_data import open_other_split
from pages.shared.results.comparison import get_comparison
from pages.shared.results.failed_runs import show_failed
from pages.shared.results.train_on_splits import ask_for_training, train_if_asked
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.wait_for_runs import wait_for_runs
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.other_splits import (
    N_OTHERS,
    DifferenceOverSplits,
    compare_over_splits,
    numbers_over_splits,
    other_split_recipes,
    sentence_over_splits,
    split_label,
    split_unit,
    table_over_splits,
)
from recsys_core.data.nouns import write_number
from recsys_core.data.split import Split, SplitRecipe, split_fingerprint
from recsys_core.figures.other_splits import metric_over_splits
from recsys_core.runner.retrain import can_retrain, find_retrained, queue_retraining
from recsys_core.runner.specification_runs import TrainingData
from recsys_core.store.run import Run

_TRAIN_KEY = "train_splits"


def draw_other_splits(comparison: Comparison, runs: Sequence[Run]) -> list[dict[str, object]]:
    """Offer to train the pinned models on two more splits, or say in how many splits the verdicts hold.

    Returns the numbers behind the latter, a row for each model and split; none where it is not known.
    """
    recipe = get_context().split.recipe
    recipes = other_split_recipes(recipe)
    able = [run for run in runs if can_retrain(run)]
    if not recipes or len(able) < 2 or able[0] != runs[0]:
        return []
    found = {each: _find(able, each) for each in recipes}
    missing = [(run, each) for each in recipes for run, twin in zip(able, found[each], strict=True) if twin is None]
    train_if_asked(_TRAIN_KEY, ((each, ()) for _, each in missing), lambda splits: _queue(missing, splits))
    live = [twin.id for twins in found.values() for twin in twins if twin is not None and twin.is_live]
    unit = split_unit(recipe)
    if left_out := [run.short_label for run in runs if run not in able]:
        st.caption(escape(f"Models that cannot be trained again are left out below: {', '.join(left_out)}."))
    if missing:
        show_failed(_TRAIN_KEY)
        _offer(missing, unit)
    if live:
        st.caption(f"Training on other {unit}.")
        wait_for_runs(live)
    if missing or live:
        return []
    comparisons, compared = [_compare(comparison, able)], [recipe]
    for other in recipes:
        twins = [twin for twin in found[other] if twin is not None]
        with use_split(open_other_split(other)):
            scored = {run.id for run in get_context().runs_with(comparison.subset)}
            if all(twin.id in scored for twin in twins):
                _count_reveal(comparison.subset)
                comparisons.append(_compare(comparison, twins))
                compared.append(other)
            else:
                st.caption(escape(f"Not every model has a result on the split '{split_label(other)}'. It is left out."))
    if len(comparisons) < 2:
        return []
    over_splits = compare_over_splits(comparisons, [run.recipe.is_stochastic for run in able])
    _show(over_splits, able, compared, comparison.title)
    _draw_metric(comparisons, compared, [runs.index(run) for run in able])
    labels, names = [split_label(each) for each in compared], [run.label for run in able]
    return numbers_over_splits(over_splits, names, labels, comparison.title, unit)


def _offer(missing: Sequence[tuple[Run, SplitRecipe]], unit: str) -> None:
    left, right = st.columns([3, 1.2], vertical_alignment="center")
    left.caption(f"The intervals do not show whether the verdicts would be the same on other {unit}.")
    seconds = sum(epochs[-1].seconds for run, _ in missing if (epochs := store().epochs(run.id)))
    right.button(
        f"Train on {N_OTHERS} more {unit} (about {duration(seconds)})",
        key=_TRAIN_KEY,
        on_click=ask_for_training,
        args=(_TRAIN_KEY, get_context().split.fingerprint),
        width="stretch",
        help="Trains the pinned models, with their settings and seeds, on other splits of this data by the same method "
        "and compares them there. Runs in the background and replaces nothing.",
    )


def _show(
    over_splits: Sequence[DifferenceOverSplits], runs: Sequence[Run], recipes: Sequence[SplitRecipe], title: str
) -> None:
    names, unit = [run.short_label for run in runs], split_unit(recipes[0])
    st.markdown(f"**{escape(sentence_over_splits(over_splits, names, unit))}**")
    header, cells = table_over_splits(over_splits, names, [split_label(recipe) for recipe in recipes])
    rows = []
    for run, each, on_each in zip(runs[1:], over_splits, cells, strict=True):
        is_deterministic = not run.recipe.is_stochastic and not runs[0].recipe.is_stochastic
        spreads = {
            "people ±": _rounded(each.spread.people),
            "seed ±": "none" if is_deterministic else _rounded(each.spread.seed),
            "split ±": _rounded(each.spread.split),
        }
        rows.append(dict(zip(header, on_each, strict=True)) | spreads)
    st.dataframe(
        pd.DataFrame(rows), key="other_splits", alt="The difference to the baseline on each split.", hide_index=True
    )
    share = (
        "each window has people of its own, whose part is included too, and earlier windows learn from less"
        if unit != "splits"
        else "splits of the same data overlap"
    )
    st.caption(
        f"{title} minus that of the baseline on each split, with the 95% intervals of the verdicts there. ±: how far "
        "the mean difference moves (standard deviation) with other people, another seed of training, and another "
        "split. Where only one seed is known, its part is included in that of the split. From so few splits, it is a "
        f"rough value; {share}. All settings are those chosen on the current split."
    )


def _draw_metric(comparisons: Sequence[Comparison], recipes: Sequence[SplitRecipe], indices: Sequence[int]) -> None:
    """Draw the metric of each model on each split, windows of time from the earliest to the latest."""
    first, labels = comparisons[0], [split_label(recipe) for recipe in recipes]
    by_split = [each.intervals(first.metric) for each in comparisons]
    are_in_order = split_unit(recipes[0]) != "splits"
    if are_in_order:
        labels, by_split = labels[::-1], by_split[::-1]
    title = f"{first.title} on each split, 95% intervals over people"
    by_model = list(zip(*by_split, strict=True))
    figure = metric_over_splits(labels, first.labels, by_model, indices=indices, title=title, are_in_order=are_in_order)
    show_chart(figure, key="over_splits", alt=title)


def _rounded(deviation: float) -> str:
    return "not known" if math.isnan(deviation) else write_number(deviation)


def _find(runs: Sequence[Run], recipe: SplitRecipe) -> list[Run | None]:
    """Return the twins of the runs on another split; the split is made only if there are any runs on it."""
    if not store().runs(split_fingerprint(get_context().split.data_fingerprint, recipe)):
        return [None] * len(runs)
    return find_retrained(store(), runs, open_other_split(recipe))


def _compare(comparison: Comparison, runs: Sequence[Run]) -> Comparison:
    return get_comparison(runs, comparison.subset, metric=comparison.metric, k=comparison.k, margin=comparison.margin)


def _count_reveal(subset: str) -> None:
    """Count the sealed test of another split as opened, once it is shown beside that of the current one."""
    split = get_context().split
    if split.is_sealed(subset) and not store().n_reveals(split.selection_fingerprint):
        store().reveal_test(split.selection_fingerprint)


def _queue(missing: Sequence[tuple[Run, SplitRecipe]], splits: Mapping[TrainingData, Split]) -> list[int]:
    return [queue_retraining(store(), run, splits[recipe, ()]) for run, recipe in missing]
