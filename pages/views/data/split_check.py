"""Draw the check of the split: its shares, who is scored, and what it leaks."""

from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.shared.beside import write_file
from pages.shared.context import get_context
from pages.shared.large_data import split_check
from pages.shared.results.cached import evaluation_of, reference_models
from pages.shared.results.comparison import chosen_margin
from recsys_core.comparison.users_to_tell import users_to_tell
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import Split
from recsys_core.data.split_check import n_scored
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.exchange.split_files import FORMATS, split_as_zip
from recsys_core.metrics import METRICS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.runner.large_data import is_large
from recsys_core.runner.task import SPLIT_FILE, Task
from recsys_core.runner.write_file import order_to_write_split

_CHANGE = 0.05  # the difference between two models to detect, as a share of the mean of the better one
_MODELS = 4  # the number of models whose differences are used, the newest of each algorithm


def show_split() -> None:
    """Draw the headline, a warning where the shares differ from those chosen, the table, and what follows."""
    headline, warning, rows, sentences = split_check(get_context())
    facts = {**sentences, "Who is scored": sentences["Who is scored"] + _people_needed()}
    leak = facts.pop("Leakage")
    st.subheader(headline, anchor=False)
    if warning:
        st.warning(warning, icon=":material/warning:")
    left, right = st.columns([1, 1.3], gap="medium")
    counts = st.column_config.NumberColumn(format="localized")
    left.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        alt="How many ratings, people and items each part of the split has.",
        column_config={name: counts for name in ("ratings", "people", "items")},
    )
    for title, sentence in facts.items():
        right.markdown(f"**{title}.** {sentence}")
    left.markdown(f"**Leakage.** {leak}")
    _draw_downloads(left)


def _draw_downloads(column: DeltaGenerator) -> None:
    """Draw the buttons that download the split, so that a model can be trained on it elsewhere."""
    context = get_context()
    for place, kind in zip(column.columns(len(FORMATS)), FORMATS, strict=True):
        place.download_button(
            f"Split as files ({'CSV' if kind == 'csv' else 'Parquet'})",
            partial(_file, context.dataset, context.split, kind),
            f"split-{context.split.fingerprint}.zip",
            "application/zip",
            key=f"split_{kind}",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
            help="Training, validation and test with the ids of the source, titles, and a README on how to train "
            "elsewhere and bring the lists back.",
        )


def _file(dataset: Dataset, split: Split, kind: str) -> bytes:
    if is_large(dataset):
        return write_file(Task(SPLIT_FILE, dataset.fingerprint, split.recipe, order=order_to_write_split(kind)))
    return split_as_zip(dataset, split, kind)


def _people_needed() -> str:
    """Say how many people it takes to tell two models apart, by the trained ones.

    '' if fewer than 2 people are scored, and where such a difference is too small to matter.
    """
    context, margin = get_context(), chosen_margin()
    subset, title = context.open_subset, METRICS["ndcg"].title(CUTOFF)
    if n_scored(context.split, subset) < 2 or margin >= _CHANGE:
        return ""
    runs = list({run.algorithm: run for run in reversed(context.runs_with(subset))}.values())[-_MODELS:]
    evaluations = [each for run in runs if (each := evaluation_of(run.fingerprint, run.id, subset)) is not None]
    if len(evaluations) == 1:
        evaluations.append(reference_models(subset)["Popularity"])
    fingerprints = tuple(run.fingerprint for run in runs)
    needed = _users_to_tell(context.split.fingerprint, fingerprints, subset, margin, evaluations)
    if needed is None:
        return " Train models on this split to see how many people it takes to tell two models apart."
    return (
        f" About {float(f'{needed:.2g}'):,.0f} people are enough to tell apart two models whose {title} differs by "
        f"{_CHANGE:.0%} in 80% of tests, going by how the models trained on this split differ."
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _users_to_tell(
    split_fingerprint: str, runs: tuple[str, ...], subset: str, margin: float, _evaluations: list[Evaluation]
) -> int | None:
    return users_to_tell([each.per_user("ndcg", CUTOFF) for each in _evaluations], _CHANGE, margin=margin)
