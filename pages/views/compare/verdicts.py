"""Verdicts: every model against the baseline, and all pairs."""

from collections.abc import Mapping, Sequence
from functools import partial

import pandas as pd
import streamlit as st

from pages.shared.results.comparison import figure_of, references_of
from pages.shared.results.plain_words import draw_lead
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from pages.views.compare.other_splits import draw_other_splits
from pages.views.compare.seeds import draw_seeds
from pages.views.compare.tuning import draw_tuning
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.tables import numbers_of, verdict_matrix
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.reference_models import reference_levels
from recsys_core.figures.comparison import intervals
from recsys_core.figures.verdicts import differences
from recsys_core.metrics import METRICS
from recsys_core.store.run import Run


def show_verdicts(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the differences to the baseline, the verdicts on all pairs, and the means with their intervals."""
    if len(comparison) > 1:
        draw_differences(comparison, runs)
    draw_means(comparison, references_of(comparison))
    st.caption(escape(comparison.caveats))
    draw_seeds(comparison, runs)
    on_splits = draw_other_splits(comparison, runs)
    draw_tuning(comparison, runs)
    _draw_definition(comparison)
    draw_csv_link(lambda: pd.DataFrame([*numbers_of(comparison), *on_splits]), "verdicts", key="numbers_verdicts")


def draw_differences(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the difference of every model to the baseline, and the verdicts on all pairs."""
    sentence, labels = comparison.against_baseline, comparison.labels
    draw_lead(sentence, comparison)
    left, right = st.columns([1.2, 1])
    with left:
        against = [comparison.verdicts[index, 0] for index in range(1, len(comparison))]
        figure = figure_of(
            comparison,
            "differences",
            lambda: differences(labels[0], labels[1:], against, title=comparison.difference_title),
        )
        show_chart(figure, key="differences", alt=sentence)
    with right:
        _draw_matrix(comparison, runs)


def _draw_matrix(comparison: Comparison, runs: Sequence[Run]) -> None:
    ids = [f"#{run.id}" for run in runs]
    table = pd.DataFrame(verdict_matrix(comparison), columns=ids)
    table.insert(0, "model", ids)
    st.dataframe(
        table,
        key="matrix",
        alt="The verdict on each pair of models: row minus column.",
        hide_index=True,
        row_height=32,
        column_config={name: st.column_config.TextColumn(width=62) for name in ids},
    )
    st.caption(comparison.matrix_note)


def draw_means(comparison: Comparison, references: Mapping[str, Evaluation]) -> None:
    """Draw the mean of every model by the chosen metric and another one, beside those of the reference models."""
    metrics = comparison.charted_metrics[:2]
    for column, metric in zip(st.columns(len(metrics)), metrics, strict=True):
        title = comparison.intervals_title(metric)
        levels = reference_levels(references, metric, comparison.k)
        with column:
            figure = figure_of(
                comparison,
                ("intervals", metric, *levels.items()),
                partial(intervals, comparison.labels, comparison.intervals(metric), title=title, references=levels),
            )
            show_chart(figure, key=f"intervals_{metric}", alt=title)


def _draw_definition(comparison: Comparison) -> None:
    """The chosen metric in words and as a formula, with its source."""
    metric = METRICS[comparison.metric]
    with st.expander(f"Definition of {escape(comparison.title)}", icon=":material/function:"):
        st.write(escape(metric.meaning))
        st.latex(metric.formula)
        source = f" Source: {metric.source}." if metric.source else ""
        if metric.kind == "ranking":
            st.caption(
                escape(
                    "The number is the mean over people. r: ranks of a person's held-out items, R: how many are held "
                    "out, N: length of the list, rel: what these are worth, rel*: the same in descending order."
                    + source
                )
            )
        elif source:
            st.caption(escape(source.strip()))
