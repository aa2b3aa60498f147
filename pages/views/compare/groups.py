"""For whom: the difference to the baseline in groups of people."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import choose_challenger
from pages.shared.results.plain_words import draw_lead
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.user_groups import GroupDifference, grouping_title
from recsys_core.figures.verdicts import group_differences
from recsys_core.store.run import Run


def show_groups(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw a chart for each grouping, and say who clearly gains and who clearly loses."""
    top = st.container()
    with st.columns([1, 2])[0]:
        challenger = choose_challenger(comparison, runs)
    if challenger is None:
        return
    context = get_context()
    groups_by_name = comparison.groups(context.dataset, context.split, challenger)
    sentence = comparison.for_whom(context.dataset, context.split, challenger)
    with top:
        draw_lead(sentence, comparison)
    columns = st.columns(2)
    for index, (name, groups) in enumerate(groups_by_name.items()):
        with columns[index % 2]:
            title = f"{grouping_title(name)} (people)"
            show_chart(group_differences(groups, title=title), key=f"groups_{name}", alt=title)
    people = comparison.people(comparison.metric)
    is_all = comparison.n_defined(comparison.metric) == comparison.n_users
    people = f"all {people}" if is_all else f"the {people} for whom {comparison.title} is defined"
    st.caption(escape(f"{comparison.groups_note(challenger)} In each chart the groups add up to {people}."))
    table = _table(comparison, challenger, groups_by_name)
    draw_csv_link(lambda: table, "for_whom", key="numbers_groups")


def _table(comparison: Comparison, challenger: int, groups_by_name: dict[str, list[GroupDifference]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "run": comparison.labels[challenger],
                "against": comparison.labels[0],
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
            for name, groups in groups_by_name.items()
            for group in groups
        ]
    )
