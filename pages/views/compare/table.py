"""The table: all numbers of all runs, for a spreadsheet, a paper or a page."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import Comparison
from pages.shared.results.imported_models import training_seconds
from pages.shared.text import escape, without_formulas
from recsys_core.algorithms import setting_labels
from recsys_core.comparison.sentences import ONE_SPLIT, learned_from, marked, what_matters
from recsys_core.data.interactions import Interactions
from recsys_core.data.relevance import dislikes_below
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.significant_digits import TOO_FEW, honest, honest_range
from recsys_core.metrics.ranking import HEADLINE_METRICS, METRICS
from recsys_core.report.tables import latex_table, markdown_table
from recsys_core.store.run import Run


def show_table(comparison: Comparison) -> None:
    table = _everything(comparison)
    place = int(table[f"NDCG@{comparison.k}"].argmax())
    users = len(comparison.evaluations[0].users)
    st.markdown(
        f"**{len(table)} {'model' if len(table) == 1 else 'models'}, {users:,} people, {comparison.subset} ratings: "
        f"{escape(table['run'][place])} has the highest NDCG\\@{comparison.k}.**"
    )
    st.dataframe(table, hide_index=True, key="table", column_config=setting_labels() | _formats(table), placeholder="–")
    header, rows = _honest_rows(comparison)
    caption = (
        f"{get_context().dataset.name}, {comparison.subset} ratings of {users:,} people. Means with 95% "
        f"intervals; verdicts on {comparison.title} against the first row, paired over people; their intervals and "
        f"tests hold for all pairs together. {_band(comparison)}{ONE_SPLIT}"
    )
    if comparison.subset == "test":
        caption = f"{caption} {learned_from(get_context().split)}".strip()
    people = partial(_per_user, comparison, get_context().split.train)
    buttons = [
        ("Table, CSV", without_formulas(table).to_csv(index=False), "comparison.csv", "text/csv", "download"),
        ("Table, LaTeX", latex_table(header, rows, caption), "comparison.tex", "text/plain", "download_latex"),
        ("Table, Markdown", markdown_table(header, rows, caption), "comparison.md", "text/plain", "download_markdown"),
        ("Per person, CSV", people, "people.csv", "text/csv", "download_people"),
    ]
    for column, (label, data, file_name, mime, key) in zip(st.columns(4), buttons, strict=True):
        column.download_button(
            label, data, file_name, mime, key=key, width="stretch", icon=":material/download:", on_click="ignore"
        )
    st.caption("As LaTeX and Markdown print it, no digit beyond what the interval supports:")
    st.dataframe(pd.DataFrame(rows, columns=header), hide_index=True, key="honest_table")


def _band(comparison: Comparison) -> str:
    if len(comparison.runs) < 2:
        return ""
    return f"{what_matters(comparison.title, comparison.verdicts[1, 0].band, comparison.margin)} "


def _everything(comparison: Comparison) -> pd.DataFrame:
    k, found = comparison.k, comparison.intervals()
    rows = []
    for place, (run, evaluation, settings) in enumerate(
        zip(comparison.runs, comparison.evaluations, _settings_that_differ(comparison.runs), strict=True)
    ):
        ndcg, average_precision = found["ndcg"][place], found["map"][place]
        rows.append(
            {
                "run": run.label,
                f"NDCG@{k}": ndcg.mean,
                "NDCG 95%": _range(ndcg),
                f"MAP@{k}": average_precision.mean,
                "MAP 95%": _range(average_precision),
                **_disliked(evaluation, k),
                "RMSE": evaluation.rmse,
                "training s": training_seconds(run),
                **settings,
                f"precision@{k}": evaluation.mean("precision", k),
                f"recall@{k}": evaluation.mean("recall", k),
                f"hit rate@{k}": evaluation.mean("hit_rate", k),
                f"MRR@{k}": evaluation.mean("mrr", k),
                "AUC": evaluation.mean("auc", k),
                f"coverage@{k}": evaluation.coverage(k),
                f"popularity@{k}": float(evaluation.mean_popularity(k).mean()),
                "MAE": evaluation.mae,
                "ratings": comparison.subset,
                "fingerprint": run.fingerprint,
            }
        )
    return pd.DataFrame(rows)


def _range(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}" if interval.is_known else TOO_FEW


def _disliked(evaluation: Evaluation, k: int) -> dict[str, float | None]:
    """The share of the held-out items found that are disliked; no column where no rating is a dislike."""
    below = dislikes_below(get_context().dataset)
    return {} if below is None else {f"hits@{k} below {below:g}": evaluation.held_out.disliked_hits(k, below).share}


def _settings_that_differ(runs: list[Run]) -> list[dict]:
    """For each run the settings in which the runs are not all alike."""
    all_settings = [{**run.recipe.settings(), "seed": run.seed} for run in runs]
    names = list(dict.fromkeys(name for settings in all_settings for name in settings))
    differing = [name for name in names if len({str(settings.get(name)) for settings in all_settings}) > 1]
    return [{name: str(settings.get(name, "")) for name in differing} for settings in all_settings]


def _formats(table: pd.DataFrame) -> dict:
    formats = {name: st.column_config.NumberColumn(format="%.3f") for name in table.select_dtypes("number").columns}
    formats["training s"] = st.column_config.NumberColumn(format="%.2f")
    return formats


def _honest_rows(comparison: Comparison) -> tuple[list[str], list[list[str]]]:
    """Header and rows as text, with the digits that the intervals support."""
    found = comparison.intervals(*HEADLINE_METRICS)
    header = ["model", *(METRICS[metric].title(comparison.k) for metric in HEADLINE_METRICS), "against the first"]
    rows = []
    for place, name in enumerate(comparison.names):
        cells = [honest_range(found["ndcg"][place]), *(honest(found[metric][place]) for metric in HEADLINE_METRICS[1:])]
        verdict = "baseline"
        if place:
            told = comparison.verdicts[place, 0]
            verdict = f"{marked(told.word)} {honest_range(told.difference, sign=True)}"
        rows.append([name, *cells, verdict])
    return header, rows


def _per_user(comparison: Comparison, train: Interactions) -> str:
    """CSV with a row a person: what they have, and every run's metrics."""
    dataset = get_context().dataset
    users = comparison.evaluations[0].users
    columns = {
        "person": [dataset.user_ids[user] for user in users],
        "ratings to learn from": train.items_per_user[users],
        "held out": comparison.evaluations[0].relevant.n_relevant,
    }
    for run, evaluation in zip(comparison.runs, comparison.evaluations, strict=True):
        for metric in dict.fromkeys([comparison.metric, *HEADLINE_METRICS]):
            title = METRICS[metric].title(comparison.k)
            columns[f"{title} {run.label}"] = np.round(evaluation.per_user(metric, comparison.k), 6)
    return without_formulas(pd.DataFrame(columns)).to_csv(index=False)
