"""Curves: the metric at every length of the list, and how the models learned."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared.results.cached import reference_models
from pages.shared.server import store
from pages.shared.text import escape
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
    label = METRICS[comparison.metric].label
    by_length = {
        run.label: _at_every_length(run.fingerprint, run.id, comparison.subset, comparison.metric, evaluation)
        for run, evaluation in zip(runs, comparison.evaluations, strict=True)
    }
    references = {
        name: [evaluation.mean(comparison.metric, length) for length in _LENGTHS]
        for name, evaluation in reference_models(comparison.subset).items()
    }
    sentence = _sentence(by_length, label)
    st.markdown(f"**{escape(sentence)}**")
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
        learning = f"NDCG@{CUTOFF} on validation ratings by seconds of training"
        if any(curves.values()):
            show_chart(overlay(curves, title=learning, x_title="seconds"), key="validation_curves", alt=learning)
        else:
            st.write("These models have no validation curve: no ratings were held out for validation.")
    points = [
        *(
            (title, name, length, value)
            for name, values in {**by_length, **references}.items()
            for length, value in zip(_LENGTHS, values, strict=True)
        ),
        *((learning, name, x, y) for name, curve in curves.items() for x, y in curve),
    ]
    draw_csv_link(pd.DataFrame(points, columns=["chart", "run", "x", "y"]), "curves", key="numbers_curves")


@st.cache_resource(max_entries=64, show_spinner=False)
def _at_every_length(fingerprint: str, run_id: int, subset: str, metric: str, _evaluation: Evaluation) -> list[float]:
    return [_evaluation.mean(metric, length) for length in _LENGTHS]


def _sentence(by_length: dict[str, list[float]], label: str) -> str:
    """Which model is best, and whether that depends on the length of the list."""
    leaders = [max(by_length, key=lambda name: by_length[name][index]) for index in range(len(_LENGTHS))]
    if len(set(leaders)) == 1:
        return f"{leaders[0]} has the highest {label} at every length of the list."
    change = next(index for index in range(1, len(_LENGTHS)) if leaders[index] != leaders[index - 1])
    return (
        f"Which model has the highest {label} depends on the length of the list: {leaders[0]} for a single item, "
        f"{leaders[change]} for {_LENGTHS[change]} items."
    )
