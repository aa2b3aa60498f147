"""Popularity: where the recommendations of each model flow, and whether everyone gets the same list."""

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import rails
from pages.shared.results.comparison import Comparison, short
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.popularity_bias import PopularityFlow, is_impersonal, popularity_flow, shares_of_data
from recsys_core.figures.popularity import popularity_shares


def show_popularity(comparison: Comparison) -> None:
    flows = [_flow(run.fingerprint, run.id, comparison.subset, comparison.k, evaluation)
             for run, evaluation in zip(comparison.runs, comparison.evaluations, strict=True)]  # fmt: skip
    of_data = shares_of_data(comparison.evaluations[0])
    sentence = _sentence(comparison, flows, float(of_data[0]))
    st.markdown(f"**{escape(sentence)}**")
    rail = rails(comparison.subset)["Popularity"]
    same_for_all = _flow(get_context().split.fingerprint, "Popularity", comparison.subset, comparison.k, rail)
    for run, flow in zip(comparison.runs, flows, strict=True):
        if is_impersonal(flow, same_for_all):
            st.warning(
                escape(
                    f"{short(run)} gives everyone nearly the same list: two people share "
                    f"{comparison.k * flow.overlap:.1f} of {comparison.k}, and where all get the most popular titles "
                    f"that they have not seen, {comparison.k * same_for_all.overlap:.1f}."
                ),
                icon=":material/groups:",
            )
    _svd_effect(comparison)
    shares = {name: flow.shares for name, flow in zip(comparison.names, flows, strict=True)}
    title = f"Share of the top {comparison.k} that goes to each tenth of the items; bars: of the ratings"
    show_chart(popularity_shares(of_data, shares, title=title), key="popularity_flow", alt=sentence)
    table = _table(comparison, flows)
    overlap = f"two people share, of {comparison.k}"
    st.dataframe(
        table,
        key="popularity_table",
        hide_index=True,
        column_config={
            overlap: st.column_config.ProgressColumn(
                min_value=0.0, max_value=float(comparison.k), format="%.1f", help="Personalisation: less is more."
            ),
            "items ever recommended": st.column_config.NumberColumn(format="percent"),
            "Gini": st.column_config.NumberColumn(
                format="%.2f", help="0: all items are recommended alike; 1: one item takes it all."
            ),
            "ratings of a recommended item": st.column_config.NumberColumn(format="%.0f"),
            "popularity rank, median": st.column_config.NumberColumn(format="%.0f", help="1 is the most popular item."),
        },
    )
    tenths = pd.DataFrame({"tenth": range(1, len(of_data) + 1), "the data": of_data, **shares})
    draw_csv_link(tenths, "popularity", key="numbers_popularity")


@st.cache_resource(max_entries=64, show_spinner=False)
def _flow(fingerprint, run_id, subset, k, _evaluation) -> PopularityFlow:
    return popularity_flow(_evaluation, k)


def _sentence(comparison: Comparison, flows: list[PopularityFlow], of_data: float) -> str:
    """Who favours the popular most and who least, against what the data do."""
    order = sorted(range(len(flows)), key=lambda place: -flows[place].shares[0])
    parts = [
        f"{short(comparison.runs[place])} gives {_percent(flows[place].shares[0])} of its recommendations"
        for place in dict.fromkeys([order[0], order[-1]])
    ]
    most = flows[order[0]]
    return (
        f"The most popular tenth of the items has {100 * of_data:.0f} % of the ratings; {' and '.join(parts)} to it. "
        f"Of the {comparison.k} titles that #{comparison.runs[order[0]].id} gives them, two people share "
        f"{comparison.k * most.overlap:.1f}."
    )


def _svd_effect(comparison: Comparison) -> None:
    """Say of every SVD how popular its first titles are, since that depends on its number of factors."""
    for run, evaluation in zip(comparison.runs, comparison.evaluations, strict=True):
        if run.recipe.has_nested_factors:
            first = _flow(run.fingerprint, run.id, comparison.subset, 1, evaluation).median_rank
            st.caption(
                escape(
                    f"Half of the first places that {short(run)} gives, with k = {run.recipe.n_factors}, go to the "
                    f"{first:.0f} most popular titles. With more factors an SVD puts less popular ones first."
                )
            )


def _percent(share: float) -> str:
    return "more than 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"


def _table(comparison: Comparison, flows: list[PopularityFlow]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run": comparison.names,
            f"two people share, of {comparison.k}": [comparison.k * flow.overlap for flow in flows],
            "items ever recommended": [flow.coverage for flow in flows],
            "Gini": [flow.gini for flow in flows],
            "ratings of a recommended item": [flow.mean_popularity for flow in flows],
            "popularity rank, median": [flow.median_rank for flow in flows],
        }
    )
