"""Beyond accuracy: how novel, diverse, surprising and fitting the lists are, and what that costs in accuracy."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.context import get_context
from pages.shared.results.comparison import with_list_properties
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import PERSON_KEY
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.data.nouns import join_words
from recsys_core.factors.item_attributes import item_attributes
from recsys_core.figures.measures import measures_tradeoff
from recsys_core.metrics import JUDGED_METRICS, METRICS
from recsys_core.metrics.metric import are_highest
from recsys_core.metrics.worked_list import WorkedList, worked_list
from recsys_core.store.run import Run

_MEASURE, _AGAINST = "beyond_measure", "beyond_against"
_HEADINGS = {
    "users": "people in training",
    "bits": "−log₂(people / all people)",
    "distance": "mean distance to the others",
    "held_out": "held out",
    "popular_list": "in the list of the most popular",
    "attribute": "genre or taste",
    "chosen": "share chosen",
    "recommended": "share recommended",
    "term": "term of the divergence",
    "tail": "outside the most popular fifth",
}


def show_beyond_accuracy(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw two measures against each other, all measures in a table, and one person's value taken apart."""
    comparison = with_list_properties(comparison, runs)
    measures = [name for name in comparison.known_metrics if METRICS[name].kind in ("list", "catalogue")]
    if not measures:
        st.write("The lists of this split cannot be measured: of nobody anything is held out.")
        return
    top = st.container()
    left, right = st.columns(2)
    measure = _choose_metric(left, "Measure", measures, _MEASURE)
    accuracy = [name for name in JUDGED_METRICS if name in comparison.known_metrics and name != measure]
    against = _choose_metric(right, "Against", accuracy, _AGAINST)
    sentence = _sentence(comparison, measure)
    top.markdown(f"**{escape(sentence)}**")
    metric, other = METRICS[measure], METRICS[against]
    figure = measures_tradeoff(
        comparison.labels,
        comparison.intervals(measure),
        comparison.intervals(against),
        titles=(metric.title(comparison.k), other.title(comparison.k)),
        higher_is_better=(metric.higher_is_better, other.higher_is_better),
    )
    show_chart(figure, key="beyond_tradeoff", alt=sentence)
    st.caption(
        "Filled: no other model is better in one measure without being worse in the other. Bars are 95% intervals over "
        "people. Choose a measure as the metric above this page for verdicts on it."
    )
    st.markdown(f"**{escape(metric.label)}** · {escape(metric.meaning)}")
    st.latex(metric.formula)
    direction = "Higher" if metric.higher_is_better else "Lower"
    st.caption(escape(f"{direction} counts as better. Source: {metric.source}."))
    _draw_worked_person(comparison, runs, measure)
    table = _table(comparison, measures)
    st.dataframe(table, key="beyond_table", alt="Every measure of every model, with its interval.", hide_index=True)
    draw_csv_link(lambda: _numbers(comparison, measures), "beyond accuracy", key="numbers_beyond")


def _choose_metric(place: DeltaGenerator, label: str, names: Sequence[str], key: str) -> str:
    return place.selectbox(
        label,
        names,
        format_func=lambda name: METRICS[name].label,
        key=key,
        bind="query-params",
        persist_state="session",
    )


def _sentence(comparison: Comparison, measure: str) -> str:
    """Which models are highest and which lowest by the measure."""
    means = np.array([interval.mean for interval in comparison.intervals(measure)])
    title = METRICS[measure].title(comparison.k)
    highest, lowest = (np.flatnonzero(are_highest(values)).tolist() for values in (means, -means))
    if len(means) == 1:
        return f"{title}: {comparison.names[0]} {comparison.cell(measure, 0)}."
    if len(highest) == len(means):
        models = "both models" if len(means) == 2 else f"all {len(means)} models"
        return f"{title}: {models} have the same value, {comparison.cell(measure, 0)}."
    ends = [
        f"{join_words([comparison.names[index] for index in end])} {comparison.cell(measure, end[0])}"
        for end in (highest, lowest)
    ]
    return f"{title}: {ends[0]}, the highest, and {ends[1]}, the lowest."


def _draw_worked_person(comparison: Comparison, runs: Sequence[Run], measure: str) -> None:
    """Take the measure apart for the chosen person, else the first who has a value, and the first model."""
    evaluation = comparison.evaluations[0]
    if METRICS[measure].kind != "list" or evaluation.context is None:
        return
    dataset = get_context().dataset
    users = evaluation.users.tolist()
    person = st.session_state.get(PERSON_KEY)
    has_value = ~np.isnan(evaluation.per_user(measure, comparison.k))
    position = users.index(person) if person in users else int(np.argmax(has_value))
    names, _ = item_attributes(dataset)
    worked = worked_list(measure, evaluation, evaluation.context, position, comparison.k, names)
    name = dataset.user_names[users[position]]
    name = f"person {name}" if name.isdigit() else name
    with st.expander(f"One person’s value, step by step: {escape(name)}"):
        st.markdown(escape(f"{comparison.names[0]}: {worked.sentence}"))
        if worked.rows:
            table, alt = _worked_table(worked), "The value of one person, item by item."
            st.dataframe(table, key="beyond_worked", alt=alt, hide_index=True)


def _worked_table(worked: WorkedList) -> pd.DataFrame:
    titles = get_context().dataset.titles
    rows = [
        {
            **({"item": titles[int(str(row["item"]))]} if "item" in row else {}),
            **{_HEADINGS[key]: value for key, value in row.items() if key != "item"},
        }
        for row in worked.rows
    ]
    return pd.DataFrame(rows)


def _table(comparison: Comparison, measures: Sequence[str]) -> pd.DataFrame:
    """A row per model, a column per measure, with the digits that the intervals support."""
    columns = {
        METRICS[name].title(comparison.k): [comparison.cell(name, index) for index in range(len(comparison))]
        for name in measures
    }
    return pd.DataFrame({"model": list(comparison.labels), **columns})


def _numbers(comparison: Comparison, measures: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "model": label,
                "measure": METRICS[name].title(comparison.k),
                "value": interval.mean,
                "low": interval.low,
                "high": interval.high,
            }
            for name in measures
            for label, interval in zip(comparison.labels, comparison.intervals(name), strict=True)
        ]
    )
