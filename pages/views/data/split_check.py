"""The split as the Data page shows it: what was asked and what came of it, who is scored, and what it leaks."""

import pandas as pd
import streamlit as st

from pages.shared.context import Context, get_context
from pages.shared.results.cached import evaluation_of, reference_models
from recsys_core.comparison.split_sentences import missed_sentence, split_facts, split_headline, split_rows
from recsys_core.comparison.users_to_tell import users_to_tell
from recsys_core.data.split_check import n_scored
from recsys_core.metrics import METRICS
from recsys_core.metrics.ranking import CUTOFF

_CHANGE = 0.05  # the difference between two models, as a share of the better one's mean, that should be told
_MODELS = 4  # whose spread is looked at, the newest of each kind


def show_split() -> None:
    """The headline, a warning where the split came out otherwise than asked, the table, and what follows from it."""
    headline, warning, rows, told = _checked(get_context().split.fingerprint, get_context())
    facts = {**told, "Who is scored": told["Who is scored"] + _people_needed()}
    leak = facts.pop("Leakage")
    st.subheader(headline, anchor=False)
    if warning:
        st.warning(warning, icon=":material/warning:")
    left, right = st.columns([1, 1.3], gap="medium")
    counts = st.column_config.NumberColumn(format="localized")
    left.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={name: counts for name in ("ratings", "people", "items")},
    )
    for title, sentence in facts.items():
        right.markdown(f"**{title}.** {sentence}")
    left.markdown(f"**Leakage.** {leak}")


@st.cache_resource(max_entries=16, show_spinner="Checking the split…")
def _checked(fingerprint: str, _context: Context) -> tuple[str, str, list[dict], dict[str, str]]:
    split = _context.split
    facts = split_facts(_context.dataset, split, "test" if n_scored(split, "test") else "validation")
    return split_headline(split), missed_sentence(split), split_rows(split), facts


def _people_needed() -> str:
    """How many people could tell two models apart, going by those that are trained; '' with fewer than two scored."""
    context = get_context()
    subset, title = context.open_subset, METRICS["ndcg"].title(CUTOFF)
    if n_scored(context.split, subset) < 2:
        return ""
    runs = list({run.algorithm: run for run in reversed(context.runs_with(subset))}.values())[-_MODELS:]
    evaluations = [evaluation_of(run.fingerprint, run.id, subset) for run in runs]
    if len(evaluations) == 1:
        evaluations.append(reference_models(subset)["Popularity"])
    needed = users_to_tell([each.per_user("ndcg", CUTOFF) for each in evaluations], _CHANGE)
    if needed is None:
        return " How many people it takes to tell two models apart shows once models are trained on this split."
    return (
        f" To tell apart two models whose {title} differs by {_CHANGE:.0%}, about {float(f'{needed:.2g}'):,.0f} people "
        f"are needed, going by how the models trained on this split differ."
    )
