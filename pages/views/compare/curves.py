"""Curves: the metric at every length of the list, and how the models learned."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared.results.comparison import references_of
from pages.shared.results.plain_words import draw_lead
from pages.shared.server import store
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.figures.comparison import metric_at_k, overlay
from recsys_core.metrics import METRICS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.run import Run

_LENGTHS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50)


def show_curves(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the chosen metric by the length of the list, and the validation curve of each training."""
    metric = METRICS[comparison.metric]
    label = metric.label
    by_length = {
        run.label: _at_every_length(run.fingerprint, run.id, comparison.subset, comparison.metric, evaluation)
        for run, evaluation in zip(runs, comparison.evaluations, strict=True)
    }
    references = {
        name: _values(evaluation, comparison.metric) for name, evaluation in references_of(comparison).items()
    }
    by_name = dict(zip(comparison.names, by_length.values(), strict=True))
    sentence = _sentence(by_name, label, higher_is_better=metric.higher_is_better)
    sentence = f"{sentence} {comparison.doubt_leaked(range(len(comparison)))}".strip()
    draw_lead(sentence, comparison)
    records = {run.label: store().epochs(run.id) for run in runs}
    left, right = st.columns(2)
    with left:
        title = f"{label} by length of the list N"
        show_chart(metric_at_k(_LENGTHS, by_length, title=title, references=references), key="at_k", alt=sentence)
    with right:
        curves = {
            name: [(record.seconds, record.validation) for record in points if record.validation is not None]
            for name, points in records.items()
        }
        learning = f"NDCG@{CUTOFF} on validation by seconds of training"
        if any(curves.values()):
            show_chart(overlay(curves, title=learning), key="validation_curves", alt=learning)
        else:
            st.write("These models have no validation curve: nothing was held out for validation.")
    points = [
        *(
            (title, name, length, value)
            for name, values in {**by_length, **references}.items()
            for length, value in zip(_LENGTHS, values, strict=True)
        ),
        *((learning, name, x, y) for name, curve in curves.items() for x, y in curve),
    ]
    draw_csv_link(lambda: pd.DataFrame(points, columns=["chart", "run", "x", "y"]), "curves", key="numbers_curves")


@st.cache_resource(max_entries=64, show_spinner=False)
def _at_every_length(fingerprint: str, run_id: int, subset: str, metric: str, _evaluation: Evaluation) -> list[float]:
    return _values(_evaluation, metric)


def _values(evaluation: Evaluation, metric: str) -> list[float]:
    """The metric at every length of the list; NaN where it does not exist."""
    values = (evaluation.overall(metric, length) for length in _LENGTHS)
    return [math.nan if value is None else value for value in values]


def _sentence(by_length: dict[str, list[float]], label: str, *, higher_is_better: bool) -> str:
    """Which model has the best mean, and whether that depends on the length of the list."""
    pick, best = (max, "highest") if higher_is_better else (min, "lowest")
    leaders = {
        length: pick(by_length, key=lambda name: by_length[name][index])
        for index, length in enumerate(_LENGTHS)
        if all(math.isfinite(values[index]) for values in by_length.values())
    }
    if not leaders:
        return f"{label} does not exist for these lists."
    (shortest, first), *others = leaders.items()
    if len(set(leaders.values())) == 1:
        return f"{first} has the {best} {label} at every length of the list."
    length, other = next((length, name) for length, name in others if name != first)
    items = "a single item" if shortest == 1 else f"{shortest} items"
    return (
        f"Which model has the {best} {label} depends on the length of the list: {first} for {items}, {other} for "
        f"{length} items."
    )
