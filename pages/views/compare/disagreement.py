"""Where two models disagree: the people with the most different lists."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import choose_challenger
from pages.shared.results.plain_words import draw_lead
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import PERSON_KEY, select_person_and_item
from pages.shared.widgets.csv_download import draw_csv_link
from pages.shared.widgets.hold_values import hold_values
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.comparison.comparison import Comparison
from recsys_core.data.nouns import count_noun
from recsys_core.figures.slope import slope_chart
from recsys_core.percent import percent
from recsys_core.store.run import Run

_OPENING = "opening_person"
_SHOWN = 50
_LONGEST = 15
_ROW = 28


def show_disagreement(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the people whose lists differ most between the baseline and a challenger, and the lists of one of them."""
    if (opening := st.session_state.pop(_OPENING, None)) is not None:
        open_person(opening)
    top = st.container()
    left, right = st.columns([1, 1.7], gap="medium")
    with left:
        challenger = choose_challenger(comparison, runs)
        if challenger is None:
            return
        everyone, user_names = comparison.disagreements(challenger), get_context().dataset.user_names
        names = (comparison.names[0], comparison.names[challenger])
        _draw_table(everyone.head(_SHOWN), names, user_names)
    with right:
        row = _draw_slope(comparison, challenger, everyone.head(_SHOWN), names)
    name = user_names[int(row["user"])]
    person = f"person {name}" if name.isdigit() else name
    sentence = (
        f"{describe_half(names, everyone['overlap'].median())} For {person} the two lists overlap by "
        f"{percent(row['overlap'])}: the first finds "
        f"{count_noun(int(row['hits_one']), 'choices', 'held-out')} in its top {comparison.k}, "
        f"the second {row['hits_other']:.0f}."
    )
    with top:
        draw_lead(sentence, comparison)
    draw_csv_link(lambda: _with_names(everyone, names, user_names), "disagreement", key="numbers_disagreement")


def describe_half(names: tuple[str, str], overlap: float) -> str:
    """Return how alike the two lists of half of the people are; `overlap` is the median."""
    first, second = names
    share = percent(overlap)
    if share == "0%":
        return f"For at least half of the people, the lists of {first} and {second} have nothing in common."
    if overlap >= 0.995:  # nobody is told that lists overlap "by more than 99% or less"
        nearly = "" if share == "100%" else "nearly "
        return f"{first} and {second} give at least half of the people {nearly}the same list."
    return f"For half of the people, the lists of {first} and {second} overlap by {share} or less."


def _with_names(table: pd.DataFrame, names: tuple[str, str], user_names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "person": [user_names[user] for user in table["user"]],
            "overlap": 100 * table["overlap"],
            f"found by {names[0]}": table["hits_one"],
            f"found by {names[1]}": table["hits_other"],
        }
    )


def _draw_table(table: pd.DataFrame, names: tuple[str, str], user_names: Sequence[str]) -> None:
    event = st.dataframe(
        _with_names(table, names, user_names),
        key="least_alike",
        alt="The people whose two lists differ most, with the overlap and the hits of both.",
        hide_index=True,
        row_height=_ROW,
        height=_ROW * 11 + 10,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "person": st.column_config.TextColumn(width=60),
            "overlap": st.column_config.NumberColumn(format="%.1f%%", width=65),
            **{f"found by {name}": st.column_config.NumberColumn(f"✓ {name}", width=85) for name in names},
        },
    )
    st.caption("The most different lists first (by rank-biased overlap). Select a row to open that person.")
    for row in event["selection"]["rows"]:
        if row < len(table):
            open_person(int(table["user"].iloc[row]))


def _draw_slope(comparison: Comparison, challenger: int, table: pd.DataFrame, names: tuple[str, str]) -> pd.Series:
    """Draw the two lists of one person, at first the one whose lists differ most; return that person's row."""
    context = get_context()
    _, held_out_of_all = context.split.seen_and_held_out(comparison.subset)
    relevant = held_out_of_all.relevant
    users = table["user"].tolist()
    user = remembered_select(
        "Person",
        users,
        key="slope_person",
        format_func=lambda each: context.dataset.user_names[each],
        help="The 50 people whose lists differ most.",
    )
    row = int((comparison.evaluations[0].users == user).argmax())
    depth = min(comparison.k, _LONGEST)
    ours, theirs = (
        [item for item in comparison.evaluations[index].top_items[row, :depth].tolist() if item >= 0]
        for index in (0, challenger)
    )
    held_out = frozenset(relevant.items[relevant.of(user)].tolist())
    event = show_chart(
        slope_chart((ours, theirs), names, context.dataset.titles, held_out, (0, challenger)),
        key=f"slope_{user}",
        on_select="rerun",
        selection_mode="points",
        alt="Two lists, with lines between the items that both contain.",
    )
    note, opener = st.columns([2, 1], vertical_alignment="center")
    note.caption("✓ marks held-out items that this person did choose. Click a title to open the person.")
    opener.button(
        "Open this person",
        key="open_person",
        icon=":material/person_search:",
        width="stretch",
        on_click=lambda: st.session_state.update({_OPENING: st.session_state["slope_person"]}),
    )
    if event["selection"]["points"]:
        open_person(user)
    return table[table["user"] == user].iloc[0]


def open_person(user: int) -> None:
    """Go to the Person page; the pinned models are the same there."""
    select_person_and_item(user, None)
    hold_values(PERSON_KEY)
    # Without parameters of its own a switch refuses, since widgets are bound to the address; they write it again.
    st.switch_page("pages/person.py", query_params={})
