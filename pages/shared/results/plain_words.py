"""Plain words or metrics in the headlines: the switch in the sidebar, and what it changes."""

import re
from collections.abc import Sequence

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import evaluation_of
from pages.shared.results.comparison import chosen_margin, get_comparison
from pages.shared.text import escape
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.plain_words import (
    PlainWords,
    difference_in_plain_words,
    level_in_plain_words,
    wording_of,
)
from recsys_core.comparison.verdicts import judge_all
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.metrics import METRICS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.run import Run

PLAIN_WORDS_KEY = "plain_words"


def draw_plain_words_switch() -> None:
    """Draw the choice between plain words and metrics for headlines."""
    st.sidebar.toggle(
        "Headlines in plain words",
        key=PLAIN_WORDS_KEY,
        bind="query-params",
        persist_state="session",
        help="Headlines say how many items of a list people chose and how many people find one, instead of a metric "
        "such as NDCG@10, which then stands below.",
    )


def wants_plain_words() -> bool:
    """Return whether headlines are to be in plain words instead of metrics."""
    return bool(st.session_state.get(PLAIN_WORDS_KEY))


def draw_headline(in_plain_words: str, in_metrics: str) -> None:
    """Draw the headline that is asked for; under one in plain words stands what it says in metrics.

    Without plain words the metrics are the headline.
    """
    if wants_plain_words() and in_plain_words:
        st.subheader(escape(in_plain_words), anchor=False)
        if in_metrics != in_plain_words:
            st.caption(escape(in_metrics))
        return
    st.subheader(escape(in_metrics), anchor=False)


def draw_lead(sentence: str, comparison: Comparison) -> None:
    """Draw the first sentence of a view in bold; in plain words a ranking metric is called the quality of the lists.

    The names of models stay as people wrote them, even where they name the metric too.
    """
    metric = METRICS[comparison.metric]
    if wants_plain_words() and metric.kind == "ranking":
        names = "|".join(re.escape(name) for name in sorted(comparison.names, key=len, reverse=True))
        sentence = re.sub(
            rf"(?P<name>{names})|\b{re.escape(metric.label)}(@\d+)?",
            lambda found: found["name"] or "list quality",
            sentence,
        )
    st.markdown(f"**{escape(sentence)}**")


def describe_lists(name: str, before: Evaluation | None, after: Evaluation, than: str) -> str:
    """Return in plain words what the lists `after` a change are worth, against those `before` it, called `than`.

    Both evaluations are of the same people; without one before, nothing is compared. "" where metrics are asked for:
    the verdict on large data takes a while.
    """
    if not wants_plain_words():
        return ""
    context = get_context()
    wording = wording_of(context.dataset, context.split)
    level = level_in_plain_words(after, CUTOFF, wording)
    sentence = f"{name}: {level[0].lower()}{level[1:]}"
    if before is None:
        return sentence
    precision = [each.per_user("precision", CUTOFF) for each in (before, after)]
    verdict = judge_all(precision, margin=chosen_margin(), bounds=(-1.0, 1.0))[1, 0]
    return f"{sentence} {difference_in_plain_words(verdict, than, CUTOFF)}"


def draw_comparison_headline(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the headline of a comparison in metrics, with a card in plain words below it, or the other way round."""
    words = put_in_plain_words(comparison, runs)
    if wants_plain_words():
        st.subheader(escape(words.level), anchor=False)
        if words.against:
            st.markdown(f"**{escape(words.against)}**")
        st.caption(escape(" ".join(filter(None, [words.note, comparison.headline]))))
        return
    st.subheader(escape(comparison.headline), anchor=False)
    with st.container(border=True, key="plain_words_card"):
        st.markdown(f":material/chat: {escape(words.text)}", help=escape(words.note) or None)


def put_in_plain_words(comparison: Comparison, runs: Sequence[Run]) -> PlainWords:
    """Return what a comparison of these runs says in plain words."""
    context = get_context()
    by_precision = get_comparison(runs, comparison.subset, metric="precision", k=comparison.k, margin=comparison.margin)
    return PlainWords.of(comparison, wording_of(context.dataset, context.split), by_precision)


def plain_headline(run: Run) -> str:
    """Return the headline of one run in plain words; "" where metrics are asked for or it has no result yet."""
    context = get_context()
    if not wants_plain_words() or run.is_live or context.open_subset in run.recipe.possibly_leaked_subsets:
        return ""
    evaluation = evaluation_of(run.fingerprint, run.id, context.open_subset)
    if evaluation is None:
        return ""
    level = level_in_plain_words(evaluation, CUTOFF, wording_of(context.dataset, context.split))
    return f"{run.short_label}: {level[0].lower()}{level[1:]}"
