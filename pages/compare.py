"""Which is better, and is the difference real?"""

import pandas as pd
import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.navigation import ensure_in_app
from pages.shared.pins import pinned
from pages.shared.session import current, evaluation_of, rails, store
from pages.shared.text import as_text, without_formulas
from pages.shared.waiting import wait_for_runs
from recsys_core.algorithms import ALGORITHMS
from recsys_core.evaluation.evaluate import TOP_DEPTH, Evaluation
from recsys_core.figures.comparison import intervals, metric_at_k, overlay
from recsys_core.metrics.ranking import METRICS
from recsys_core.store.run import Run

ensure_in_app()

_KS = [1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 50]


def train_missing(keys: list[str]) -> None:
    """Queue each algorithm that has no run on this split, with its defaults."""
    for key in keys:
        store().add_run(current().split, key, ALGORITHMS[key](), 0)


def headline(runs: list[Run], evaluations: list[Evaluation], k: int) -> str:
    """Who leads, and whether the lead over the next is more than chance."""
    means = [evaluation.mean("ndcg", k) for evaluation in evaluations]
    order = sorted(range(len(runs)), key=lambda place: -means[place])
    best = order[0]
    text = f"{runs[best].label} leads with NDCG@{k} {means[best]:.3f} on the test ratings"
    if len(order) == 1:
        return text + "."
    second = order[1]
    lead = evaluations[best].difference(evaluations[second], "ndcg", k)
    verdict = "a real lead" if lead.verdict() == "better" else "too close to tell"
    return text + f": {lead.mean:+.3f} on {runs[second].label} (95 %: {lead.low:+.3f} to {lead.high:+.3f}), {verdict}."


def settings_that_differ(runs: list[Run]) -> list[dict]:
    """For each run the settings in which the runs are not all alike."""
    all_settings = [{**run.recipe.settings(), "seed": run.seed} for run in runs]
    names = list(dict.fromkeys(name for settings in all_settings for name in settings))
    differing = [name for name in names if len({str(settings.get(name)) for settings in all_settings}) > 1]
    return [{name: str(settings.get(name, "")) for name in differing} for settings in all_settings]


def table_of(runs: list[Run], evaluations: list[Evaluation], k: int) -> pd.DataFrame:
    """One row a run: metrics at k, the two ends of their intervals, and what differs."""
    rows = []
    for run, evaluation, settings in zip(runs, evaluations, settings_that_differ(runs), strict=True):
        ndcg, average_precision = evaluation.interval("ndcg", k), evaluation.interval("map", k)
        seconds = store().epochs(run.id)[-1].seconds
        rows.append(
            {
                "run": run.label,
                f"NDCG@{k}": ndcg.mean,
                "NDCG 95 %": f"{ndcg.low:.3f} to {ndcg.high:.3f}",
                f"MAP@{k}": average_precision.mean,
                "MAP 95 %": f"{average_precision.low:.3f} to {average_precision.high:.3f}",
                "RMSE": evaluation.rmse,
                "training s": seconds,
                **settings,
                f"precision@{k}": evaluation.mean("precision", k),
                f"recall@{k}": evaluation.mean("recall", k),
                f"hit rate@{k}": evaluation.mean("hit_rate", k),
                f"MRR@{k}": evaluation.mean("mrr", k),
                "AUC": evaluation.mean("auc", k),
                f"coverage@{k}": evaluation.coverage(k),
                f"popularity@{k}": float(evaluation.mean_popularity(k).mean()),
                "MAE": evaluation.mae,
                "fingerprint": run.fingerprint,
            }
        )
    return pd.DataFrame(rows)


def show(runs: list[Run]) -> None:
    """The comparison of `runs`, all on the test part of the same split."""
    evaluations = [evaluation_of(run.fingerprint, run.id, "test") for run in runs]
    k = st.slider("Length of the list, k", 1, TOP_DEPTH, 10, key="k", bind="query-params")
    st.subheader(as_text(headline(runs, evaluations, k)), anchor=False)
    names = [as_label(run) for run in runs]
    rail_evaluations = rails("test")
    left, right = st.columns(2)
    for column, metric in ((left, "ndcg"), (right, "map")):
        values = [evaluation.interval(metric, k) for evaluation in evaluations]
        levels = {name: rail.mean(metric, k) for name, rail in rail_evaluations.items()}
        title = f"{METRICS[metric].title(k)} with 95 % intervals over {len(evaluations[0].users):,} people"
        with column:
            show_chart(intervals(names, values, title=title, rails=levels), key=f"intervals_{metric}", alt=title)
    table = table_of(runs, evaluations, k)
    st.dataframe(table, hide_index=True, column_config=_number_formats(table))
    st.download_button(
        "Download as CSV", without_formulas(table).to_csv(index=False), "comparison.csv", "text/csv", key="download"
    )
    _curves(runs, names, evaluations, rail_evaluations)


def as_label(run: Run) -> str:
    return run.label


def _number_formats(table: pd.DataFrame) -> dict:
    numbers = table.select_dtypes("number").columns
    formats = {name: st.column_config.NumberColumn(format="%.3f") for name in numbers}
    formats["training s"] = st.column_config.NumberColumn(format="%.2f")
    return formats


def _curves(runs, names, evaluations, rail_evaluations) -> None:
    at_k, validation, objective = st.tabs(["At every k", "Held-out NDCG while learning", "Objective while learning"])
    with at_k:
        for column, metric in zip(st.columns(2), ("ndcg", "map"), strict=True):
            curves = {
                name: [evaluation.mean(metric, k) for k in _KS]
                for name, evaluation in zip(names, evaluations, strict=True)
            }
            levels = {name: [rail.mean(metric, k) for k in _KS] for name, rail in rail_evaluations.items()}
            title = f"{METRICS[metric].label} for lists of length k"
            with column:
                show_chart(metric_at_k(_KS, curves, title=title, rails=levels), key=f"at_k_{metric}", alt=title)
    records = {name: store().epochs(run.id) for name, run in zip(names, runs, strict=True)}
    with validation:
        curves = {
            name: [(record.seconds, record.validation) for record in points if record.validation is not None]
            for name, points in records.items()
        }
        title = "NDCG@10 on validation ratings by seconds of training"
        show_chart(overlay(curves, title=title, x_title="seconds"), key="validation_curves", alt=title)
    with objective:
        curves = {name: _as_share(points) for name, points in records.items()}
        title = "Objective as a share of its first value: each algorithm lowers its own"
        show_chart(overlay(curves, title=title, x_title="epoch"), key="objective_curves", alt=title)


def _as_share(points) -> list[tuple[int, float]]:
    first = next((point.objective for point in points if point.objective), 1.0)
    return [(point.number, point.objective / first) for point in points]


context = current()
everything = context.runs()
usable = {run.id for run in context.runs_with("test")}
live = [run.id for run in everything if run.is_live]
if live:
    wait_for_runs(live)
missing = [key for key in ALGORITHMS if key not in {run.algorithm for run in everything}]
if missing:
    left, right = st.columns([3, 1], vertical_alignment="center")
    left.write("Not trained on this data yet: " + ", ".join(as_text(ALGORITHMS[key].label) for key in missing) + ".")
    right.button("Train them", key="train_missing", on_click=train_missing, args=(missing,), width="stretch")
if not usable:
    st.subheader("The first results appear in a moment." if live else "Nothing to compare yet.", anchor=False)
    if context.split.test.n_interactions == 0:
        st.write("No ratings are kept for the comparison: raise the test share in the sidebar.")
else:
    runs = [run for run in pinned() if run.id in usable]
    if runs:
        show(runs)
    else:
        st.write("Pin at least one model in the sidebar.")
