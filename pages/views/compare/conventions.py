"""Conventions: the same models as seven libraries would measure them, and where that changes which is highest."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_one import choose_one
from pages.shared.widgets.choose_person_item import PERSON_KEY
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.data.nouns import join_words
from recsys_core.figures.conventions import under_conventions
from recsys_core.metrics import METRICS
from recsys_core.metrics.conventions import CONVENTION_METRICS, CONVENTIONS, Convention, leader_changes
from recsys_core.metrics.dcg_terms import Terms
from recsys_core.metrics.metric import are_highest
from recsys_core.metrics.worked_example import WorkedUser, worked_user
from recsys_core.store.run import Run
from recsys_core.truth.additive_metrics import ADDITIVE_METRICS
from recsys_core.truth.estimators import ESTIMATED, ESTIMATORS
from recsys_core.truth.propensity_weighted import ASSUMPTION, propensity_weighted

_WEIGHTED = "weighted"  # the row that no library has


def show_conventions(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw NDCG or MAP of every model under each convention, and take one person's value apart."""
    top = st.container()
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        metric = choose_one(
            st.segmented_control,
            "Metric",
            CONVENTION_METRICS,
            format_func=lambda name: METRICS[name].label,
            default="ndcg",
            key="convention_measure",
        )
    with right:
        reference = st.selectbox(
            "Reference convention",
            list(CONVENTIONS),
            index=list(CONVENTIONS).index("recbole"),
            format_func=lambda name: CONVENTIONS[name].label,
            key="convention",
            bind="query-params",
            persist_state="session",
            help="≠ marks conventions under which another model is the highest. The formula of the reference is below.",
        )
    means, refused = comparison.convention_means(metric)
    if reference not in means:
        top.markdown(f"**{escape(CONVENTIONS[reference].label)} cannot measure this data.**")
        st.write(escape(refused[reference]))
        return
    names, notes = ({name: getattr(each, what) for name, each in CONVENTIONS.items()} for what in ("label", "note"))
    if metric in ADDITIVE_METRICS:
        names[_WEIGHTED], notes[_WEIGHTED] = ESTIMATORS[ESTIMATED].label, ASSUMPTION
        split = get_context().split
        means = {
            **means,
            _WEIGHTED: [propensity_weighted(each, split, comparison.k) for each in comparison.evaluations],
        }
    changed = leader_changes(means, reference)
    title = METRICS[metric].title(comparison.k)
    sentence = _sentence(comparison, title, means, reference, names)
    top.markdown(f"**{escape(sentence)}**")
    labels = [names[name] for name in means]
    by_run = {label: [values[index] for values in means.values()] for index, label in enumerate(comparison.labels)}
    is_changed = [changed[name] for name in means]
    figure = under_conventions(labels, by_run, is_changed, title=f"Mean {title} by convention")
    show_chart(figure, key="conventions", alt=sentence)
    _draw_table(comparison, runs, means, changed, names, notes)
    if metric in ADDITIVE_METRICS:
        st.caption(f"**{names[_WEIGHTED]}.** {escape(ASSUMPTION)}")
    for name, reason in refused.items():
        st.caption(escape(f"{CONVENTIONS[name].label}: {reason}"))
    _draw_worked_user(comparison, CONVENTIONS[reference], metric)
    table = pd.DataFrame({"convention": labels, **by_run, "another is highest": is_changed})
    draw_csv_link(lambda: table, "conventions", key="numbers_conventions")


def _sentence(
    comparison: Comparison,
    title: str,
    means: Mapping[str, list[float]],
    reference: str,
    names: Mapping[str, str],
) -> str:
    """How far the number of the highest model depends on the convention, and where it is not the highest alone."""
    highest = {name: are_highest(values) for name, values in means.items()}
    leader = int(np.argmax(highest[reference] * sum(highest.values())))  # of equals, the one that leads most often
    of_leader = [values[leader] for name, values in means.items() if name in CONVENTIONS]
    text = (
        f"The {title} of {comparison.names[leader]} lies between {min(of_leader):.3f} and {max(of_leader):.3f}, "
        "depending on the library"
    )
    if len(comparison) == 1:
        return f"{text}."
    shared = [names[name] for name, is_highest in highest.items() if is_highest[leader] and is_highest.sum() > 1]
    if others := [names[name] for name, is_highest in highest.items() if not is_highest[leader]]:
        rank = "one of the highest" if names[reference] in shared else "the highest"
        return f"{text}. It is {rank} under {names[reference]}, but not under {join_words(others)}."
    if shared:
        where = "each of them" if len(shared) == len(means) else join_words(shared)
        return f"{text}. It is the highest under every convention, but shares that place under {where}."
    return f"{text}. It is the highest under every convention."


def _draw_table(
    comparison: Comparison,
    runs: Sequence[Run],
    means: Mapping[str, list[float]],
    changed: Mapping[str, bool],
    names: Mapping[str, str],
    notes: Mapping[str, str],
) -> None:
    ids = [f"#{run.id}" for run in runs]
    rows = [
        {
            "≠": "≠" if changed[name] else "",
            "convention": names[name],
            "highest": join_words([comparison.names[index] for index in np.flatnonzero(are_highest(values)).tolist()]),
            **dict(zip(ids, values, strict=True)),
            "note": notes[name],
        }
        for name, values in means.items()
    ]
    formats = {name: st.column_config.NumberColumn(format="%.4f", width=70) for name in ids}
    st.dataframe(
        pd.DataFrame(rows),
        key="conventions_table",
        alt="The mean of each model by convention, and which model is the highest.",
        hide_index=True,
        column_config={"≠": st.column_config.TextColumn(width=30), **formats},
    )


def _draw_worked_user(comparison: Comparison, convention: Convention, metric: str) -> None:
    """The formula of a convention, and the value of one person computed by it, term by term."""
    evaluation, dataset = comparison.evaluations[0], get_context().dataset
    relevant = evaluation.relevant
    hits = relevant.sum_per_user(relevant.ranks <= comparison.k)
    chosen = np.flatnonzero(evaluation.users == st.session_state.get(PERSON_KEY, -1))
    row = int(chosen[0]) if len(chosen) and hits[chosen[0]] else int(np.argmax(hits))
    worked = worked_user(convention, relevant, row, comparison.k)
    value = worked.ndcg if metric == "ndcg" else worked.average_precision
    name = dataset.user_names[evaluation.users[row]]
    person = f"person {name}" if name.isdigit() else name
    st.markdown(
        f"**{escape(convention.label)}, worked out for {escape(person)}** and the list "
        f"of {escape(comparison.labels[0])}: {escape(METRICS[metric].title(comparison.k))} = **{value:.4f}**. "
        f"Source: {escape(convention.source)}."
    )
    st.latex(convention.functions[metric].formula)
    if metric == "map":
        _draw_average_precision(worked)
        return
    left, right = st.columns(2)
    left.caption(f"The list: its hits add up to {worked.hits.dcg:.4f}.")
    left.dataframe(_terms(worked.hits), hide_index=True, key="worked_hits", alt="The terms of the list, rank by rank.")
    right.caption(f"The ideal list adds up to {worked.ideal.dcg:.4f}.")
    right.dataframe(
        _terms(worked.ideal), hide_index=True, key="worked_ideal", alt="The terms of the ideal list, rank by rank."
    )


def _draw_average_precision(worked: WorkedUser) -> None:
    st.caption(f"The precisions at the hits add up to {worked.precisions.sum():.4f}, divided by {worked.ap_divisor}.")
    table = pd.DataFrame({"rank of the hit": worked.ap_ranks, "precision there": worked.precisions})
    st.dataframe(table, hide_index=True, key="worked_precisions", alt="The precision at each hit.")


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
