"""Curves: every k, and how the runs learned."""

import pandas as pd
import streamlit as st

from pages.shared.results.cached import rails
from pages.shared.results.comparison import Comparison
from pages.shared.server import store
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.figures.comparison import metric_at_k, overlay
from recsys_core.metrics.ranking import METRICS

_KS = (1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50)


def show_curves(comparison: Comparison) -> None:
    metric = METRICS[comparison.metric]
    at_k = {
        run.label: _at_every_k(run.fingerprint, run.id, comparison.subset, comparison.metric, evaluation)
        for run, evaluation in zip(comparison.runs, comparison.evaluations, strict=True)
    }
    levels = {name: [rail.mean(comparison.metric, k) for k in _KS] for name, rail in rails(comparison.subset).items()}
    sentence = _sentence(at_k, metric.label)
    st.markdown(f"**{escape(sentence)}**")
    records = {run.label: store().epochs(run.id) for run in comparison.runs}
    left, right = st.columns(2)
    with left:
        title = f"{metric.label} for lists of length k"
        show_chart(metric_at_k(_KS, at_k, title=title, references=levels), key="at_k", alt=sentence)
    with right:
        curves = {
            name: [(record.seconds, record.validation) for record in points if record.validation is not None]
            for name, points in records.items()
        }
        learning = "NDCG@10 on validation ratings by seconds of training"
        if any(curves.values()):
            show_chart(overlay(curves, title=learning, x_title="seconds"), key="validation_curves", alt=learning)
        else:
            st.write("There is no curve of the training: these models kept no validation ratings to be scored on.")
    rows = [
        *((title, name, x, y) for name, values in {**at_k, **levels}.items() for x, y in zip(_KS, values, strict=True)),
        *((learning, name, x, y) for name, points in curves.items() for x, y in points),
    ]
    draw_csv_link(pd.DataFrame(rows, columns=["chart", "run", "x", "y"]), "curves", key="numbers_curves")


@st.cache_resource(max_entries=64, show_spinner=False)
def _at_every_k(fingerprint: str, run_id: int, subset: str, metric: str, _evaluation: Evaluation) -> list[float]:
    return [_evaluation.mean(metric, k) for k in _KS]


def _sentence(at_k: dict[str, list[float]], label: str) -> str:
    """Who leads, and whether that depends on the length of the list."""
    leaders = [max(at_k, key=lambda name: at_k[name][place]) for place in range(len(_KS))]
    if len(set(leaders)) == 1:
        return f"{leaders[0]} has the highest {label} at every length of the list."
    change = next(place for place in range(1, len(_KS)) if leaders[place] != leaders[place - 1])
    return (
        f"Who has the highest {label} depends on the length of the list: {leaders[0]} for the first place, "
        f"{leaders[change]} at {_KS[change]}."
    )
