"""Verdicts: every model against the baseline, and all pairs."""

import pandas as pd
import streamlit as st

from pages.shared.results.cached import rails
from pages.shared.results.comparison import Comparison, short
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from pages.views.compare.seeds import seeds_known
from recsys_core.comparison.sentences import ONE_SPLIT, against_baseline, flattered, judged
from recsys_core.comparison.verdicts import MARKS
from recsys_core.evaluation.significant_digits import honest
from recsys_core.figures.comparison import intervals
from recsys_core.figures.verdicts import differences
from recsys_core.metrics.ranking import METRICS


def show_verdicts(comparison: Comparison) -> None:
    runs, verdicts = comparison.runs, comparison.verdicts
    if len(runs) > 1:
        against = [verdicts[place, 0] for place in range(1, len(runs))]
        sentence = against_baseline(
            [short(run) for run in runs],
            comparison.title,
            verdicts,
            [run.recipe for run in runs],
            comparison.margin,
        )
        st.markdown(f"**{escape(sentence)}**")
        left, right = st.columns([1.2, 1])
        with left:
            title = f"{comparison.title} minus that of the baseline, 95% intervals"
            figure = differences(runs[0].label, comparison.names[1:], against, title=title)
            show_chart(figure, key="differences", alt=sentence)
        with right:
            _matrix(comparison)
    _means(comparison)
    st.caption(f"{ONE_SPLIT} {flattered(len(runs)) if comparison.subset != 'test' else ''}")
    seeds_known(comparison)
    draw_csv_link(_table(comparison), "verdicts", key="numbers_verdicts")


def _matrix(comparison: Comparison) -> None:
    """Rows against columns, all pairs."""
    runs = comparison.runs
    cells = {
        f"#{column_run.id}": [
            "" if row == column else _cell(comparison.verdicts[row, column]) for row in range(len(runs))
        ]
        for column, column_run in enumerate(runs)
    }
    st.dataframe(
        pd.DataFrame({"": [f"#{run.id}" for run in runs], **cells}),
        key="matrix",
        hide_index=True,
        row_height=32,
        column_config={name: st.column_config.TextColumn(width=62) for name in cells},
    )
    st.caption(f"Each row minus each column. {judged(len(comparison.evaluations[0].users), len(runs))}")


def _cell(verdict) -> str:
    return f"{MARKS[verdict.word]} {honest(verdict.difference, sign=True)}"


def _means(comparison: Comparison) -> None:
    found, known = comparison.intervals(), rails(comparison.subset)
    for column, metric in zip(st.columns(2), ("ndcg", "map"), strict=True):
        title = f"{METRICS[metric].title(comparison.k)}, 95% intervals"
        levels = {name: rail.mean(metric, comparison.k) for name, rail in known.items()}
        with column:
            figure = intervals(comparison.names, found[metric], title=title, references=levels)
            show_chart(figure, key=f"intervals_{metric}", alt=title)


def _table(comparison: Comparison) -> pd.DataFrame:
    """Each pair with its verdict, and each run with its means."""
    found = comparison.intervals()
    rows = [
        {
            "run": comparison.names[first],
            "against": comparison.names[second],
            "metric": comparison.title,
            "value": verdict.difference.mean,
            "low": verdict.difference.low,
            "high": verdict.difference.high,
            "p (max-T)": verdict.p_value,
            "smallest difference that matters": verdict.band,
            "verdict": verdict.word,
            "people needed": verdict.users_needed,
        }
        for (first, second), verdict in comparison.verdicts.items()
    ]
    for metric, values in found.items():
        for name, value in zip(comparison.names, values, strict=True):
            title = METRICS[metric].title(comparison.k)
            rows.append({"run": name, "metric": title, "value": value.mean, "low": value.low, "high": value.high})
    return pd.DataFrame(rows)
