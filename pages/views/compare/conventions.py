"""Conventions: the same runs as seven libraries would measure them, and where that changes the winner."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import Comparison, short
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import PERSON_KEY
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.errors import InputError
from recsys_core.evaluation.by_convention import MEASURES, convention_means
from recsys_core.figures.conventions import under_conventions
from recsys_core.metrics.conventions import CONVENTIONS, Convention, winner_changes
from recsys_core.metrics.dcg_terms import Terms
from recsys_core.metrics.worked_example import WorkedUser, worked_user


def show_conventions(comparison: Comparison) -> None:
    top = st.container()
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        measure = st.segmented_control(
            "Metric",
            list(MEASURES),
            format_func=MEASURES.get,
            default="ndcg",
            required=True,
            key="convention_measure",
            bind="query-params",
        )
    with right:
        reference = st.selectbox(
            "Convention to hold the others against",
            list(CONVENTIONS),
            index=list(CONVENTIONS).index("recbole"),
            format_func=lambda name: CONVENTIONS[name].label,
            key="convention",
            bind="query-params",
            help="≠ marks where another run wins than under this one. Its formula stands below. Instant.",
        )
    means, refused = _means(comparison.key, measure, comparison.k, comparison)
    if reference not in means:
        top.markdown(f"**{escape(CONVENTIONS[reference].label)} has nothing to say here.**")
        st.write(escape(refused[reference]))
        return
    changed = winner_changes(means, reference)
    sentence = _sentence(comparison, measure, means, changed, reference)
    top.markdown(f"**{escape(sentence)}**")
    labels = [CONVENTIONS[name].label for name in means]
    runs = {name: [values[place] for values in means.values()] for place, name in enumerate(comparison.names)}
    title = f"Mean {MEASURES[measure]}@{comparison.k} by convention"
    figure = under_conventions(labels, runs, [changed[name] for name in means], title=title)
    show_chart(figure, key="conventions", alt=sentence)
    _table(comparison, means, changed)
    for name, reason in refused.items():
        st.caption(escape(f"{CONVENTIONS[name].label}: {reason}"))
    _worked(comparison, CONVENTIONS[reference], measure)
    draw_csv_link(
        pd.DataFrame({"convention": labels, **runs, "another wins": [changed[name] for name in means]}),
        "conventions",
        key="numbers_conventions",
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def _means(key, measure, k, _comparison: Comparison) -> tuple[dict[str, list[float]], dict[str, str]]:
    """By convention the means of the runs, and why where there are none."""
    means, refused = {}, {}
    for name in CONVENTIONS:
        try:
            means[name] = convention_means(_comparison.evaluations, name, measure, k)
        except InputError as error:
            refused[name] = str(error)
    return means, refused


def _sentence(comparison: Comparison, measure: str, means, changed, reference: str) -> str:
    title, own = f"{MEASURES[measure]}@{comparison.k}", means[reference]
    winner = comparison.runs[int(np.argmax(own))]
    low, high = (pick(values[int(np.argmax(own))] for values in means.values()) for pick in (min, max))
    text = f"The same lists of {short(winner)} get a {title} of {low:.3f} to {high:.3f}, depending on the library"
    if len(comparison.runs) == 1:
        return f"{text}."
    others = [CONVENTIONS[name].label for name, is_changed in changed.items() if is_changed]
    if others:
        return f"{text}; it wins under {CONVENTIONS[reference].label}, but not under {' and '.join(others)}."
    return f"{text}; it wins under every one of them."


def _table(comparison: Comparison, means, changed) -> None:
    best = {name: int(np.argmax(values)) for name, values in means.items()}
    rows = [
        {
            "": "≠" if changed[name] else "",
            "convention": CONVENTIONS[name].label,
            "winner": short(comparison.runs[best[name]]),
            **{f"#{run.id}": value for run, value in zip(comparison.runs, values, strict=True)},
            "note": CONVENTIONS[name].note,
        }
        for name, values in means.items()
    ]
    formats = {f"#{run.id}": st.column_config.NumberColumn(format="%.4f", width=70) for run in comparison.runs}
    st.dataframe(
        pd.DataFrame(rows),
        key="conventions_table",
        hide_index=True,
        column_config={"": st.column_config.TextColumn(width=20), **formats},
    )


def _worked(comparison: Comparison, convention: Convention, measure: str) -> None:
    """The formula, and one user taken apart by it."""
    evaluation, dataset = comparison.evaluations[0], get_context().dataset
    relevant = evaluation.relevant
    hits = relevant.sum_per_user(relevant.ranks <= comparison.k)
    chosen = np.flatnonzero(evaluation.users == st.session_state.get(PERSON_KEY, -1))
    row = int(chosen[0]) if len(chosen) and hits[chosen[0]] else int(np.argmax(hits))
    worked = worked_user(convention, relevant, row, comparison.k)
    value = worked.ndcg if measure == "ndcg" else worked.average_precision
    st.markdown(
        f"**{escape(convention.label)}, worked for {escape(dataset.user_names[evaluation.users[row]])}** under "
        f"{escape(comparison.names[0])}: {MEASURES[measure]}\\@{comparison.k} = **{value:.4f}**. "
        f"Source: {escape(convention.source)}."
    )
    st.latex(getattr(convention, measure).formula)
    if measure == "map":
        _average_precision(worked)
        return
    left, right = st.columns(2)
    left.caption(f"The list: its hits add up to {worked.hits.dcg:.4f}.")
    left.dataframe(_terms(worked.hits), hide_index=True, key="worked_hits")
    right.caption(f"The ideal list: {worked.ideal.dcg:.4f}.")
    right.dataframe(_terms(worked.ideal), hide_index=True, key="worked_ideal")


def _average_precision(worked: WorkedUser) -> None:
    st.caption(
        f"The precisions at the hits add up to {worked.precisions.sum():.4f} and are divided by {worked.ap_divisor}."
    )
    table = pd.DataFrame({"rank of the hit": worked.ap_ranks, "precision there": worked.precisions})
    st.dataframe(table, hide_index=True, key="worked_precisions")


def _terms(terms: Terms) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "rank": terms.ranks,
            "relevance": terms.relevance,
            "gain": terms.gain,
            "discount": terms.discount,
            "gain × discount": terms.term,
        }
    )
