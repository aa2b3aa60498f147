"""Where two models disagree: the people with the most different lists."""

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import Comparison, choose_challenger, short
from pages.shared.text import escape
from pages.shared.widgets.choose_person_item import select_person_and_item
from pages.shared.widgets.csv_download import draw_csv_link
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.comparison.disagreement import disagreements
from recsys_core.figures.slope import slope_chart

_OPENING = "opening_person"
_SHOWN = 50
_LONGEST = 15
_ROW = 28


def show_disagreement(comparison: Comparison) -> None:
    if (opening := st.session_state.pop(_OPENING, None)) is not None:
        open_person(opening)
    top = st.container()
    left, right = st.columns([1, 1.7], gap="medium")
    with left:
        challenger = choose_challenger(comparison)
        if challenger is None:
            return
        everyone = _disagreements(comparison.key, challenger, comparison.k, comparison)
        names = (short(comparison.runs[0]), short(comparison.runs[challenger]))
        _table(everyone.head(_SHOWN), names)
    with right:
        row = _slope(comparison, challenger, everyone.head(_SHOWN), names)
    half = everyone["overlap"].median()
    same = "the same" if half > 0.995 else f"{100 * half:.0f} % alike"
    person = get_context().dataset.user_names[int(row["user"])]
    person = f"person {person}" if person.isdigit() else person
    top.markdown(
        "**"
        + escape(
            f"Half of all people get lists from {names[0]} and {names[1]} that are at most {same}. "
            f"Those of {person} are {100 * row['overlap']:.0f} % alike: the first finds {row['hits_one']:.0f} of their "
            f"kept choices in its top {comparison.k}, the second {row['hits_other']:.0f}."
        )
        + "**"
    )
    draw_csv_link(_with_names(everyone, names), "disagreement", key="numbers_disagreement")


@st.cache_resource(max_entries=32, show_spinner=False)
def _disagreements(key, challenger, k, _comparison: Comparison) -> pd.DataFrame:
    return disagreements(_comparison.evaluations[0], _comparison.evaluations[challenger], k)


def _with_names(table: pd.DataFrame, names: tuple[str, str]) -> pd.DataFrame:
    people = [get_context().dataset.user_names[user] for user in table["user"]]
    return pd.DataFrame(
        {
            "person": people,
            "alike": 100 * table["overlap"],
            f"found by {names[0]}": table["hits_one"],
            f"found by {names[1]}": table["hits_other"],
        }
    )


def _table(table: pd.DataFrame, names: tuple[str, str]) -> None:
    event = st.dataframe(
        _with_names(table, names),
        key="least_alike",
        hide_index=True,
        row_height=_ROW,
        height=_ROW * 11 + 10,
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "person": st.column_config.TextColumn(width=60),
            "alike": st.column_config.NumberColumn(format="%.0f %%", width=55),
            **{f"found by {name}": st.column_config.NumberColumn(f"✓ {name}", width=85) for name in names},
        },
    )
    st.caption("The most different first (rank-biased overlap). Tick a row to open that person.")
    for row in event["selection"]["rows"]:
        if row < len(table):
            open_person(int(table["user"].iloc[row]))


def _slope(comparison: Comparison, challenger: int, table: pd.DataFrame, names: tuple[str, str]) -> pd.Series:
    """The two lists of one person, the most different one at first; returns that person's row."""
    dataset, held_out_of = get_context().dataset, get_context().split.seen_and_held_out(comparison.subset)[1].relevant
    users = table["user"].tolist()
    user = remembered_select(
        "Whose lists",
        users,
        key="slope_person",
        format_func=lambda each: dataset.user_names[each],
        help="The 50 people with the most different lists, those first. Instant.",
    )
    row = int((comparison.evaluations[0].users == user).argmax())
    depth = min(comparison.k, _LONGEST)
    lists = tuple(
        [item for item in comparison.evaluations[place].top_items[row, :depth].tolist() if item >= 0]
        for place in (0, challenger)
    )
    held_out = frozenset(held_out_of.items[held_out_of.of(user)].tolist())
    event = st.plotly_chart(
        slope_chart(lists, names, dataset.titles, held_out, (0, challenger)),
        key=f"slope_{user}",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False},
        alt="Two lists, with lines between what stands in both.",
    )
    note, opener = st.columns([2, 1], vertical_alignment="center")
    note.caption("✓ kept from the models, and this person did choose it. Click a title to open the person.")
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
    # Without parameters of its own a switch refuses, since widgets are bound to the address; they write it again.
    st.switch_page("pages/person.py", query_params={})
