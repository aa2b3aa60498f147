"""One person as the Person page sees them: what was learned from them, what was held out, and their lists."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.models import Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.per_user.ranked_list import count_ranks_climbed, rank_unseen_items, select_user
from recsys_core.store.run import Run

DEPTH = 10
EXPLAINED_KEY = "explained"
_ROW = 28


@dataclass(frozen=True, eq=False)
class Person:
    """`learned` (1, n) is what the models were trained on, `seen` (1, n) all that lists leave out.

    `held_out` are the relevant items that no model was told of.
    """

    index: int
    name: str
    learned: Interactions
    seen: Interactions
    held_out: frozenset[int]


def load_person(user: int) -> Person:
    split = get_context().split
    seen, held_out = split.seen_and_held_out(get_context().open_subset)
    held_out = held_out.relevant
    name = get_context().dataset.user_names[user]
    return Person(
        user,
        f"person {name}" if name.isdigit() else name,
        select_user(split.train, user),
        select_user(seen, user),
        frozenset(held_out.items[held_out.of(user)].tolist()),
    )


def rank_unseen(run: Run, user: int) -> np.ndarray:
    """All unseen items as the trained model ranks them."""
    return rank_unseen_items(
        model_of(run.fingerprint, run.id), get_context().split.seen_and_held_out(get_context().open_subset)[0], user
    )


def fold_in_for_run(run: Run, people: Interactions, recipe: Algorithm | None = None, model: Recommender | None = None):
    """The recommender of new people over the items of the run's model; other settings or a part of the model too."""
    model = model_of(run.fingerprint, run.id) if model is None else model
    return (recipe or run.recipe).fold_in(model, get_context().split.train, people)


def choose_pinned_run(runs: list[Run]) -> Run:
    """Which of the pinned models a section is about: at first the baseline."""
    by_id = {run.id: run for run in runs}
    if st.session_state.get(EXPLAINED_KEY) not in by_id:
        st.session_state[EXPLAINED_KEY] = runs[0].id
    chosen = st.selectbox(
        "Model",
        list(by_id),
        format_func=lambda run_id: by_id[run_id].label,
        key=EXPLAINED_KEY,
        persist_state="session",
        help="One of the pinned models.",
    )
    return by_id[chosen]


def title_of(item: int) -> str:
    return get_context().dataset.titles[item]


def mark_held_out(item: int, held_out: frozenset[int]) -> str:
    """The title, with a tick where the person did choose the item though no model was told."""
    return ("✓ " if item in held_out else "") + title_of(item)


def show_before_and_after(
    before: np.ndarray, after: np.ndarray, held_out: frozenset[int], names: tuple[str, str]
) -> None:
    """Two lists side by side, with arrows for what climbed and fell."""
    moves = count_ranks_climbed(before, after, DEPTH)
    came_from = moves + np.arange(len(moves))
    arrows = [
        "=" if move == 0 else f"{'▲' if move > 0 else '▼'} {abs(move)}" + (" (new)" if place >= DEPTH else "")
        for move, place in zip(moves.tolist(), came_from.tolist(), strict=True)
    ]
    table = pd.DataFrame(
        {
            "": range(1, len(moves) + 1),
            names[0]: [mark_held_out(item, held_out) for item in before[:DEPTH]],
            names[1]: [mark_held_out(item, held_out) for item in after[:DEPTH]],
            "moved": arrows,
        }
    )
    show_list(table, key="before_after")


def show_list(table: pd.DataFrame, key: str) -> None:
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        row_height=_ROW,
        height=_ROW * (len(table) + 1) + 10,
        column_config={"": st.column_config.NumberColumn(width=30)},
    )


def describe_change(before: np.ndarray, after: np.ndarray) -> str:
    """'6 of the first 10 stay where they are, 1 is new.'"""
    top = set(before[:DEPTH].tolist())
    moves = count_ranks_climbed(before, after, DEPTH)
    stay = int(np.sum(moves == 0))
    new = sum(item not in top for item in after[:DEPTH].tolist())
    if stay == len(moves):
        return f"the first {len(moves)} stay as they are"
    came = f", {new} {'is' if new == 1 else 'are'} new" if new else ""
    return f"{stay} of the first {len(moves)} keep their place, {len(moves) - stay - new} move{came}"
