"""For whom: the difference in groups of people."""

import pandas as pd
import streamlit as st

from pages.shared.charts import show_chart
from pages.shared.compare_state import Comparison, choose_challenger, numbers, short
from pages.shared.session import current
from pages.shared.text import as_text
from recsys_core.evaluation.digits import honest
from recsys_core.evaluation.side_by_side import values_of
from recsys_core.evaluation.slices import (
    GroupDifference,
    by_activity,
    by_genre,
    by_popularity,
    by_taste,
    differences_by_group,
    who_loses,
)
from recsys_core.evaluation.verdicts import BETTER, WORSE
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
    found = _by_group(comparison.key, comparison.metric, comparison.k, challenger, comparison)
    top.markdown(f"**{as_text(sentence(comparison, challenger, found))}**")
    columns = st.columns(2)
    for place, (name, groups) in enumerate(found.items()):
        with columns[place % 2]:
            title = f"{_TITLES[name]} (how many)"
            show_chart(group_differences(groups, title=title), key=f"groups_{name}", alt=title)
    st.caption(
        f"{comparison.title} minus that of the baseline, with 95 % intervals. In each picture the counts add up to all "
        f"{len(comparison.evaluations[0].users):,} people. Each group is judged by itself: of 20 groups one shows "
        "a difference by luck."
    )
    numbers(_table(comparison, challenger, found), "for_whom", key="numbers_groups")


@st.cache_resource(max_entries=64, show_spinner=False)
def _by_group(key, metric, k, challenger, _comparison: Comparison) -> dict[str, list[GroupDifference]]:
    context, evaluations = current(), _comparison.evaluations
    users, train = evaluations[0].users, context.split.train
    held_out = context.split.part(_comparison.part)[1]
    groupings = [
        by_activity(train, users),
        by_popularity(train, held_out, users),
        by_genre(context.dataset, train, users),
        by_taste(context.dataset, users),
    ]
    baseline, values = values_of([evaluations[0], evaluations[challenger]], metric, k).T
    return {
        grouping.name: differences_by_group(values - baseline, grouping)
        for grouping in groupings
        if grouping is not None
    }


def sentence(comparison: Comparison, challenger: int, found: dict[str, list[GroupDifference]]) -> str:
    """Who gains and who loses; whether newcomers pay for the gain of the others comes first."""
    name = short(comparison.runs[challenger])
    verdict = comparison.verdicts[challenger, 0]
    start = (
        f"{name} is {honest(verdict.difference, sign=True)} {comparison.title} against the baseline ({verdict.word})"
    )
    newest = found["activity"][0]
    losing = [group for groups in found.values() for group in who_loses(groups)]
    if verdict.difference.mean > 0 and newest.difference.verdict() == WORSE:
        return (
            f"⚠ {start}, but newcomers pay for it: the {newest.n_users:,} people with {newest.label} lose "
            f"{honest(newest.difference, sign=True)}."
        )
    gaining = [group for groups in found.values() for group in groups if group.difference.verdict() == BETTER]
    if losing and gaining:
        worst = min(losing, key=lambda group: group.difference.mean)
        best = max(gaining, key=lambda group: group.difference.mean)
        return (
            f"{start}: {_group(best)} gain most ({honest(best.difference, sign=True)}), "
            f"{_group(worst)} lose most ({honest(worst.difference, sign=True)})."
        )
    if gaining:
        best = max(gaining, key=lambda group: group.difference.mean)
        return f"{start}: no group surely loses, {_group(best)} gain most ({honest(best.difference, sign=True)})."
    if losing:
        worst = min(losing, key=lambda group: group.difference.mean)
        return f"{start}: no group surely gains, {_group(worst)} lose most ({honest(worst.difference, sign=True)})."
    return f"{start}: in no group of people can a difference be told."


def _group(group: GroupDifference) -> str:
    return f"the {group.n_users:,} people in “{group.label}”"


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
            }
            for name, groups in found.items()
            for group in groups
        ]
    )
