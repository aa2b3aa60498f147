"""One person's ratings and ranked lists, and how two lists of theirs differ."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import Context, get_context
from pages.shared.results.cached import model_of, trained_recipe
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.models import Recommender
from recsys_core.data.interactions import Interactions
from recsys_core.per_user.ranked_list import count_ranks_climbed, rank_unseen_items, select_user
from recsys_core.store.run import Run

DEPTH = 10
EXPLAINED_KEY = "explained"
ROW_HEIGHT = 28
RANK = "rank"  # the first column of a table of lists


@dataclass(frozen=True, eq=False)
class Person:
    """The user that the Person page shows.

    `learned` (1, n) are the training ratings, `seen` (1, n) all ratings that lists leave out, and `held_out` the
    indices of the relevant items that no model has seen.
    """

    index: int
    name: str
    learned: Interactions
    seen: Interactions
    held_out: frozenset[int]


def load_person(user: int) -> Person:
    """Return what the current split says of `user`, an index."""
    context = get_context()
    seen, held_out = context.split.seen_and_held_out(context.open_subset)
    relevant = held_out.relevant
    name = context.dataset.user_names[user]
    return Person(
        user,
        f"person {name}" if name.isdigit() else name,
        select_user(context.split.train, user),
        select_user(seen, user),
        frozenset(relevant.items[relevant.of(user)].tolist()),
    )


def rank_unseen(run: Run, user: int) -> np.ndarray:
    """Return all items that `user` has not seen, as the trained model ranks them, best first."""
    context = get_context()
    return _rank_unseen(run.fingerprint, run.id, user, context.split.fingerprint, context.open_subset, context)


@st.cache_resource(max_entries=128, show_spinner=False)
def _rank_unseen(
    run_fingerprint: str, run_id: int, user: int, split_fingerprint: str, subset: str, _context: Context
) -> np.ndarray:
    seen, _ = _context.split.seen_and_held_out(subset)
    return rank_unseen_items(model_of(run_fingerprint, run_id), seen, user)


def fold_in_for_run(
    run: Run, users: Interactions, recipe: Algorithm | None = None, model: Recommender | None = None
) -> Recommender:
    """Return a recommender for new `users` over the items of the run's model.

    Another `recipe` or `model`, such as one with fewer factors, takes the place of the run's own.
    """
    model = model_of(run.fingerprint, run.id) if model is None else model
    return (recipe or trained_recipe(run)).fold_in(model, get_context().split.train, users)


def choose_pinned_run(runs: list[Run]) -> Run:
    """Let the person choose the pinned model that a view is about; at first the baseline."""
    by_id = {run.id: run for run in runs}
    chosen = remembered_select(
        "Model",
        list(by_id),
        key=EXPLAINED_KEY,
        format_func=lambda run_id: by_id[run_id].label,
        help="One of the pinned models.",
    )
    return by_id[chosen]


def title_of(item: int) -> str:
    """Return the title of an item, an index."""
    return get_context().dataset.titles[item]


def mark_held_out(item: int, held_out: frozenset[int]) -> str:
    """Return the title of an item, with a tick before one of the `held_out` choices."""
    return ("✓ " if item in held_out else "") + title_of(item)


def show_before_and_after(
    before: np.ndarray, after: np.ndarray, held_out: frozenset[int], names: tuple[str, str]
) -> None:
    """Draw the tops of two whole lists side by side, with an arrow for each item that has moved."""
    moves = count_ranks_climbed(before, after, DEPTH)
    old_indices = moves + np.arange(len(moves))
    arrows = [
        "=" if move == 0 else f"{'▲' if move > 0 else '▼'} {abs(move)}" + (" (new)" if index >= DEPTH else "")
        for move, index in zip(moves.tolist(), old_indices.tolist(), strict=True)
    ]
    table = pd.DataFrame(
        {
            RANK: range(1, len(moves) + 1),
            names[0]: [mark_held_out(item, held_out) for item in before[:DEPTH]],
            names[1]: [mark_held_out(item, held_out) for item in after[:DEPTH]],
            "moved": arrows,
        }
    )
    show_list(table, key="before_after")


def show_list(table: pd.DataFrame, key: str) -> None:
    """Draw a table of ranked lists at its full height; its first column holds the ranks."""
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        alt="Ranked lists side by side, a row for each rank.",
        row_height=ROW_HEIGHT,
        height=ROW_HEIGHT * (len(table) + 1) + 10,
        column_config={RANK: st.column_config.NumberColumn(width=45)},
    )


def describe_change(before: np.ndarray, after: np.ndarray) -> str:
    """Return how the top of a list has changed: '6 of the top 10 keep their rank, 3 move and 1 is new'."""
    top = set(before[:DEPTH].tolist())
    moves = count_ranks_climbed(before, after, DEPTH)
    n_kept = int(np.sum(moves == 0))
    n_new = sum(item not in top for item in after[:DEPTH].tolist())
    n_moved = len(moves) - n_kept - n_new
    if not len(moves):
        return "the empty list stays the same"
    if n_kept == len(moves):
        return f"the top {len(moves)} stays the same"
    changes = [f"{n_moved} {'moves' if n_moved == 1 else 'move'}"] if n_moved else []
    changes += [f"{n_new} {'is' if n_new == 1 else 'are'} new"] if n_new else []
    kept = "keeps its rank" if n_kept == 1 else "keep their rank"
    return f"{n_kept} of the top {len(moves)} {kept}, {' and '.join(changes)}"
