"""Table: all numbers of all models, for a spreadsheet, a paper or a web page."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import with_list_properties
from pages.shared.results.imported_models import training_seconds
from pages.shared.results.plain_words import draw_lead
from pages.shared.text import escape_formulas
from pages.views.compare.robustness_state import add_robustness, grid_or_none
from recsys_core.algorithms import setting_labels
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.relevance_sentences import disliked_shares
from recsys_core.comparison.sentences import ON_SUBSET, ONE_SPLIT, learned_from
from recsys_core.comparison.tables import headline_table
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import count_noun, join_words
from recsys_core.evaluation.bootstrap import Interval
from recsys_core.metrics import METRICS
from recsys_core.report.tables import latex_table, markdown_table
from recsys_core.store.run import Run

_TRAINING = "training time, s"


def show_table(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw every metric of every model, the same with significant digits only, and the downloads."""
    comparison = with_list_properties(comparison, runs)
    table = _everything(comparison, runs)
    best = comparison.all_best
    word = "highest" if METRICS[comparison.metric].higher_is_better else "lowest"
    sentence = (
        f"{count_noun(len(table), 'models')}, {count_noun(comparison.n_users, 'people')}, "
        f"{comparison.subset} {get_context().dataset.rating_noun}: "
        f"{join_words([comparison.names[index] for index in best])} {'has' if len(best) == 1 else 'have'} the {word} "
        f"{comparison.title}. {comparison.doubt_leaked(best)}"
    ).strip()
    draw_lead(sentence, comparison)
    st.dataframe(
        table,
        hide_index=True,
        key="table",
        alt="Every metric of every model, with costs and settings.",
        column_config=setting_labels() | _formats(table),
        placeholder="–",
    )
    dataset = get_context().dataset
    header, rows = headline_table(comparison, dataset)
    caption = _caption(comparison, dataset.name)
    said = partial(add_robustness, caption, comparison, list(runs), grid_or_none(runs), get_context())
    per_person = partial(_per_person, comparison, dataset, get_context().split.train)
    buttons: list[tuple[str, str | Callable[[], str], str, str, str]] = [
        ("Table, CSV", escape_formulas(table).to_csv(index=False), "comparison.csv", "text/csv", "download"),
        ("Table, LaTeX", lambda: latex_table(header, rows, said()), "comparison.tex", "text/plain", "download_latex"),
        (
            "Table, Markdown",
            lambda: markdown_table(header, rows, said()),
            "comparison.md",
            "text/plain",
            "download_markdown",
        ),
        ("Per person, CSV", per_person, "people.csv", "text/csv", "download_people"),
    ]
    for column, (label, data, file_name, mime, key) in zip(st.columns(4), buttons, strict=True):
        column.download_button(
            label, data, file_name, mime, key=key, width="stretch", icon=":material/download:", on_click="ignore"
        )
    st.caption("The table in LaTeX and Markdown, with no digit beyond what the intervals support:")
    st.dataframe(
        pd.DataFrame(rows, columns=header),
        hide_index=True,
        key="honest_table",
        alt="The headline metrics of each model with their intervals, as in LaTeX and Markdown.",
    )


def _caption(comparison: Comparison, dataset_name: str) -> str:
    """What a reader of the table alone must know."""
    sentences = [
        f"{dataset_name}: means over {count_noun(comparison.n_users, 'people')} {ON_SUBSET[comparison.subset]}, "
        "with 95% intervals.",
    ]
    if comparison.n_defined(comparison.metric) < comparison.n_users:
        sentences.append(f"{comparison.title} is defined for {comparison.people(comparison.metric)}.")
    sentences.append(comparison.doubt_leaked(range(len(comparison))))
    if len(comparison) > 1:
        sentences += [
            f"Verdicts are on {comparison.title} against the first row, paired by person; their intervals and tests "
            "hold for all pairs together.",
            comparison.smallest_difference,
        ]
    sentences.append(ONE_SPLIT)
    if comparison.subset == "test":
        sentences.append(learned_from(get_context().split))
    return " ".join(filter(None, sentences))


def _everything(comparison: Comparison, runs: Sequence[Run]) -> pd.DataFrame:
    """A row per model: headline metrics with their intervals, cost, settings that differ, and all other metrics."""
    columns: dict[str, Sequence[object]] = {"run": list(comparison.labels)}
    for metric in comparison.headline_metrics:
        title = METRICS[metric].title(comparison.k)
        columns[title] = comparison.overall(metric)
        if METRICS[metric].kind != "rating":
            columns[f"{title} 95%"] = [_range(interval) for interval in comparison.intervals(metric)]
    columns |= disliked_shares(comparison.evaluations, comparison.k, get_context().dataset)
    columns[_TRAINING] = [training_seconds(run) for run in runs]
    columns |= _settings_that_differ(runs)
    for metric in comparison.known_metrics:
        if metric not in comparison.headline_metrics:
            columns[METRICS[metric].title(comparison.k)] = comparison.overall(metric)
    columns["scored on"] = [comparison.subset] * len(comparison)
    columns["fingerprint"] = [run.fingerprint for run in runs]
    return pd.DataFrame(columns)


def _range(interval: Interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}" if interval.is_known else interval.why_unknown


def _settings_that_differ(runs: Sequence[Run]) -> dict[str, list[str]]:
    """By name, the settings in which the runs are not all alike."""
    all_settings = [{**run.recipe.settings(), "seed": run.seed} for run in runs]
    names = dict.fromkeys(name for settings in all_settings for name in settings)
    columns = {name: [str(settings.get(name, "")) for settings in all_settings] for name in names}
    return {name: values for name, values in columns.items() if len(set(values)) > 1}


def _formats(table: pd.DataFrame) -> dict:
    formats = {name: st.column_config.NumberColumn(format="%.3f") for name in table.select_dtypes("number").columns}
    formats[_TRAINING] = st.column_config.NumberColumn(format="%.2f")
    return formats


def _per_person(comparison: Comparison, dataset: Dataset, train: Interactions) -> str:
    """CSV with a row per person: how much they have in training, and each model's headline metrics."""
    users = comparison.evaluations[0].users
    columns = {
        "person": [dataset.user_ids[user] for user in users],
        f"{dataset.rating_noun} in training": train.items_per_user[users],
        "held out": comparison.evaluations[0].relevant.n_relevant,
    }
    for index, label in enumerate(comparison.labels):
        for metric in comparison.headline_metrics:
            if METRICS[metric].kind in ("ranking", "list"):
                title = METRICS[metric].title(comparison.k)
                columns[f"{title} {label}"] = np.round(comparison.values(metric)[:, index], 6)
    return escape_formulas(pd.DataFrame(columns)).to_csv(index=False)
