"""Left behind: how the metric is spread over people, the worst-off tenth, and gaps between groups of people."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.plain_words import draw_lead
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.left_behind import WORST_OFF, GroupGap, group_gaps, quantiles, worst_off
from recsys_core.comparison.user_groups import grouping_title, known_groupings
from recsys_core.data.nouns import join_words
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.figures.measures import quantile_curves
from recsys_core.metrics import METRICS
from recsys_core.metrics.metric import are_highest
from recsys_core.percent import percent
from recsys_core.store.run import Run

_SHARES = np.linspace(0, 1, 101)
_WORST = f"mean of the worst-off {WORST_OFF:.0%}"


def show_left_behind(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the quantiles of the metric over people, the worst-off tenth of each model, and groups against the rest."""
    metric = METRICS[comparison.metric]
    if metric.kind == "catalogue":
        st.write(f"{metric.label} is a number of all lists together, so nobody has more or less of it.")
        return
    values = comparison.values(comparison.metric)
    values = values[~np.isnan(values).any(axis=1)]
    sign = 1 if metric.higher_is_better else -1
    low, high = sorted(sign * bound for bound in metric.bounds)
    # A worst-off tenth is the one with the lowest values, so what is better low is turned round and back.
    worst = [worst_off(sign * values[:, index], bounds=(low, high)) for index in range(len(comparison))]
    worst = worst if metric.higher_is_better else [-interval for interval in worst]
    sentence = _sentence(comparison, values, worst)
    draw_lead(sentence, comparison)
    curves = {
        label: (sign * quantiles(sign * values[:, index], _SHARES)).tolist()
        for index, label in enumerate(comparison.labels)
    }
    show_chart(
        quantile_curves(_SHARES.tolist(), curves, title=comparison.title, worst_off=WORST_OFF),
        key="left_behind",
        alt=sentence,
    )
    columns = {
        "model": list(comparison.labels),
        _WORST: [format_interval(interval) for interval in worst],
        "median": [f"{np.median(values[:, index]):.3f}" for index in range(len(comparison))],
    }
    if metric.kind == "ranking":  # 0 is nothing found; of other measures it may be the best there is
        columns["people with 0"] = [percent(np.mean(values[:, index] == 0)) for index in range(len(comparison))]
    st.dataframe(
        pd.DataFrame(columns),
        key="left_behind_table",
        alt="For each model, the mean of the worst-off people and the median.",
        hide_index=True,
    )
    _draw_gaps(comparison)


def _sentence(comparison: Comparison, values: np.ndarray, worst: Sequence[Interval]) -> str:
    """Say how many people find nothing by which model; of other measures, how the worst-off tenth of the best fares."""
    metric = METRICS[comparison.metric]
    if metric.kind != "ranking":
        sign = 1 if metric.higher_is_better else -1
        best = np.flatnonzero(are_highest([sign * interval.mean for interval in worst])).tolist()
        names = join_words([comparison.names[index] for index in best])
        return (
            f"The worst-off {WORST_OFF:.0%} of people fare best with {names}: "
            f"{comparison.title} {format_interval(worst[best[0]])}."
        )
    nothing = np.mean(values == 0, axis=0)
    least, most = int(np.argmin(nothing)), int(np.argmax(nothing))
    text = f"{comparison.names[least]} leaves {percent(nothing[least])} of people with {comparison.title} 0"
    if len(comparison) == 1 or nothing[least] == nothing[most]:
        return text + "."
    return f"{text}, {comparison.names[most]} {percent(nothing[most])}."


def _draw_gaps(comparison: Comparison) -> None:
    """Draw how each group of people fares against everybody else, under the chosen model."""
    context = get_context()
    groupings = known_groupings(context.dataset, context.split, comparison.subset, comparison.evaluations[0].users)
    left, right = st.columns(2)
    index = left.selectbox(
        "Model", range(len(comparison)), format_func=lambda each: comparison.labels[each], key="gap_model"
    )
    grouping = right.selectbox(
        "Groups of people",
        range(len(groupings)),
        format_func=lambda each: grouping_title(groupings[each].name),
        key="gap_grouping",
    )
    chosen = groupings[grouping]
    values = comparison.values(comparison.metric)[:, index]
    known = ~np.isnan(values)
    bounds = METRICS[comparison.metric].bounds
    gaps = group_gaps(values[known], chosen.group_of[known], chosen.labels, bounds=bounds)
    st.markdown(escape(_gap_sentence(comparison, index, gaps)))
    table = pd.DataFrame(
        {
            "people": [gap.label for gap in gaps],
            "how many": [gap.n_users for gap in gaps],
            comparison.title: [f"{gap.mean:.3f}" if gap.n_users else "–" for gap in gaps],
            "more or less than all others": [format_interval(gap.gap, sign=True) for gap in gaps],
        }
    )
    st.dataframe(
        table,
        key="gap_table",
        alt="Groups of people, with their mean and how far it is from that of all others.",
        hide_index=True,
    )
    st.caption(
        "The intervals of all groups hold together in about 95% of samples. Groups of fewer than 10 people get none."
    )
    draw_csv_link(lambda: table, "groups", key="numbers_gaps")


def _gap_sentence(comparison: Comparison, index: int, gaps: Sequence[GroupGap]) -> str:
    sign = 1 if METRICS[comparison.metric].higher_is_better else -1
    behind = [gap for gap in gaps if gap.is_clear and sign * gap.gap.mean < 0]
    if not behind:
        return f"No group is clearly left behind by {comparison.names[index]}."
    worst = min(behind, key=lambda gap: sign * gap.gap.mean)
    return (
        f"{comparison.names[index]} leaves “{worst.label}” behind: {comparison.title} {worst.mean:.3f}, "
        f"{format_interval(worst.gap, sign=True)} against all others."
    )
