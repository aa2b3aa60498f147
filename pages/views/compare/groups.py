"""For whom: the difference in groups of people."""

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import Comparison, choose_challenger, short
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.sentences import JUDGED_GROUPS, for_whom, what_matters
from recsys_core.comparison.user_groups import GroupDifference, groups_of
from recsys_core.figures.verdicts import group_differences

_TITLES = {
    "activity": "by how much they have rated",
    "popularity": "by how popular what they choose is",
    "genre": "by the genre that stands out in what they rated",
    "taste": "by their planted taste",
}


def show_groups(comparison: Comparison) -> None:
    top = st.container()
    with st.columns([1, 2])[0]:
        challenger = choose_challenger(comparison)
    if challenger is None:
        return
    found = _by_group(
        comparison.key, comparison.metric, comparison.k, comparison.margin, comparison.seed_key, challenger, comparison
    )
    top.markdown(f"**{escape(sentence(comparison, challenger, found))}**")
    columns = st.columns(2)
    for place, (name, groups) in enumerate(found.items()):
        with columns[place % 2]:
            title = f"{_TITLES[name]} (how many)"
            show_chart(group_differences(groups, title=title), key=f"groups_{name}", alt=title)
    st.caption(
        f"{comparison.title} minus that of the baseline. {JUDGED_GROUPS} "
        f"{what_matters(comparison.title, comparison.verdicts[challenger, 0].band, comparison.margin)} "
        f"In each picture the counts add up to all {len(comparison.evaluations[0].users):,} people."
    )
    draw_csv_link(_table(comparison, challenger, found), "for_whom", key="numbers_groups")


@st.cache_resource(max_entries=64, show_spinner=False)
def _by_group(
    key, metric, k, margin, seed_key, challenger, _comparison: Comparison
) -> dict[str, list[GroupDifference]]:
    context, known = get_context(), _comparison.known()
    return groups_of(context.dataset, context.split, _comparison.evaluations, metric, k, challenger, **known)


def sentence(comparison: Comparison, challenger: int, found: dict[str, list[GroupDifference]]) -> str:
    """Who gains and who loses by the challenger."""
    verdict = comparison.verdicts[challenger, 0]
    return for_whom(short(comparison.runs[challenger]), comparison.title, verdict, found)


def _table(comparison: Comparison, challenger: int, found) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "run": comparison.names[challenger],
                "against": comparison.names[0],
                "metric": comparison.title,
                "grouping": name,
                "group": group.label,
                "people": group.n_users,
                "difference": group.difference.mean,
                "low": group.difference.low,
                "high": group.difference.high,
                "p (max-T)": group.verdict.p_value,
                "verdict": group.verdict.word,
            }
            for name, groups in found.items()
            for group in groups
        ]
    )
