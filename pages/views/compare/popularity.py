"""Popularity: how popular the recommended items are, and whether everyone gets the same list."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import reference_models
from pages.shared.results.plain_words import draw_lead
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.popularity_bias import (
    PopularityFlow,
    holds_all_unseen,
    is_impersonal,
    longest_list,
    popularity_flow,
    shares_of_data,
)
from recsys_core.data.nouns import count_noun, join_words
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.figures.popularity import popularity_shares
from recsys_core.percent import percent
from recsys_core.store.run import Run


def show_popularity(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw which share of the recommendations goes to each tenth of the items, and warn of impersonal lists."""
    flows, k = comparison.popularity_flows, comparison.k
    of_data = shares_of_data(comparison.evaluations[0])
    sentence = _sentence(comparison, float(of_data[0]))
    draw_lead(sentence, comparison)
    popularity = reference_models(comparison.subset)["Popularity"]
    of_popularity = _flow(get_context().split.fingerprint, 0, comparison.subset, k, popularity)
    _warn_of_impersonal_lists(comparison, of_popularity)
    _draw_svd_effect(comparison, runs)
    shares = {label: flow.shares.tolist() for label, flow in zip(comparison.labels, flows, strict=True)}
    length = longest_list(comparison.evaluations[0], k)
    noun = get_context().dataset.rating_noun
    title = f"Share of the top {length} that goes to each tenth of the items (bars: share of the {noun})"
    show_chart(popularity_shares(of_data.tolist(), shares, title=title), key="popularity_flow", alt=sentence)
    _draw_table(comparison)
    tenths = pd.DataFrame({"tenth": range(1, len(of_data) + 1), "the data": of_data, **shares})
    draw_csv_link(lambda: tenths, "popularity", key="numbers_popularity")


def _warn_of_impersonal_lists(comparison: Comparison, of_popularity: PopularityFlow) -> None:
    """Say once which models give everyone nearly the same list, unless no list could be another."""
    flows, k, names = comparison.popularity_flows, comparison.k, comparison.names
    evaluation = comparison.evaluations[0]
    if holds_all_unseen(evaluation, k):
        st.info(
            f"At least half of the people have no more than {k} items left to see. A list of {k} holds them all, so "
            "every model recommends the same. Choose a shorter list above to tell the models apart."
        )
        return
    alike = [index for index, flow in enumerate(flows) if is_impersonal(flow, of_popularity)]
    if alike:
        shared = ", ".join(f"{flows[index].n_common:.1f}" for index in alike)
        gives = "gives" if len(alike) == 1 else "give"
        st.warning(
            escape(
                f"{join_words([names[index] for index in alike])} {gives} everyone nearly the same list: two people's "
                f"lists have {shared} of {count_noun(longest_list(evaluation, k), 'items')} in common on average. If "
                "everyone got the most popular items that they have not seen, it would be "
                f"{of_popularity.n_common:.1f}."
            ),
            icon=":material/groups:",
        )


@st.cache_resource(max_entries=64, show_spinner=False)
def _flow(fingerprint: str, run_id: int, subset: str, k: int, _evaluation: Evaluation) -> PopularityFlow:
    return popularity_flow(_evaluation, k)


def _sentence(comparison: Comparison, of_data: float) -> str:
    """Which models recommend popular items most and least, beside the share of these items in the data."""
    flows, names, k = comparison.popularity_flows, comparison.names, comparison.k
    order = sorted(range(len(flows)), key=lambda index: -flows[index].shares[0])
    most, least = order[0], order[-1]
    length = longest_list(comparison.evaluations[most], k)
    noun = get_context().dataset.rating_noun
    text = (
        f"The most popular tenth of the items has {percent(of_data)} of all {noun}. It gets "
        f"{percent(flows[most].shares[0])} of the recommendations of {names[most]}"
    )
    if len(order) > 1:
        text += f" and {percent(flows[least].shares[0])} of those of {names[least]}"
    if math.isnan(flows[most].n_common):  # of fewer than two people
        return f"{text}."
    return (
        f"{text}. Two people's lists by {names[most]} have {flows[most].n_common:.1f} of "
        f"{count_noun(length, 'items')} in common on average."
    )


def _draw_svd_effect(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Say of every SVD how popular its first items are, since that depends on its number of factors."""
    for run, evaluation in zip(runs, comparison.evaluations, strict=True):
        if run.recipe.has_nested_factors:
            first = _flow(run.fingerprint, run.id, comparison.subset, 1, evaluation).median_rank
            st.caption(
                escape(
                    f"{run.short_label} with {count_noun(run.recipe.n_factors, 'factors')} puts one of the "
                    f"{first:.0f} most popular items first for at least half of the people."
                )
            )


def _draw_table(comparison: Comparison) -> None:
    flows, k = comparison.popularity_flows, comparison.k
    length = max(longest_list(each, k) for each in comparison.evaluations)
    overlap = f"in common, of {length}"
    table = pd.DataFrame(
        {
            "run": comparison.labels,
            overlap: [flow.n_common for flow in flows],
            "coverage": [flow.coverage for flow in flows],
            "Gini": [flow.gini for flow in flows],
            "popularity": [flow.mean_popularity for flow in flows],
            "median popularity rank": [flow.median_rank for flow in flows],
        }
    )
    st.dataframe(
        table,
        key="popularity_table",
        alt="How popular and how alike the lists of each model are.",
        hide_index=True,
        column_config={
            overlap: st.column_config.ProgressColumn(
                min_value=0.0,
                max_value=float(length),
                format="%.1f",
                help="How many items the lists of two people have in common, on average. Fewer means more personal.",
            ),
            "coverage": st.column_config.NumberColumn(
                format="percent", help="The share of all items that at least one list contains."
            ),
            "Gini": st.column_config.NumberColumn(
                format="%.2f",
                help=f"0: all items are recommended equally often. With lists of {length} of n items it is at most "
                f"1 − {length}/n: everybody gets the same.",
            ),
            "popularity": st.column_config.NumberColumn(
                format="%.0f", help="How many people have a recommended item in training, on average."
            ),
            "median popularity rank": st.column_config.NumberColumn(
                format="%.0f", help="Half of the recommendations are at least this popular. 1 is the most popular item."
            ),
        },
    )
