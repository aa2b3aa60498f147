"""Choose people and items from boxes: the one person and the one item that all pages show, in the URL, or several."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.shared.context import Context, get_context
from pages.shared.text import escape
from pages.shared.url_state import set_url_param
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.data.dataset import Dataset
from recsys_core.data.long_texts import shorten_ids
from recsys_core.errors import InputError
from recsys_core.links.slug import quoted

PERSON_KEY = "person"  # of the widgets, whose values a click on a map or table may set too
ITEM_KEY = "item"
EXPLAINED_PERSON = "score_explained_for"
"""Holds the index of the person for whom Person last explained an item; for another one it starts with their first."""
MOST_LISTED = 5_000
"""So many people or items a box offers; a browser takes seconds over a hundred thousand. Of more, only the first are
sent, and whoever else is wanted is found by typing the whole id or title."""


def choose_person(example: int | None = None) -> int:
    """Let the person choose a user, and return the index; at first `example`.

    Without an example that is the first of `list_people`.
    """
    context = get_context()
    order = list_people()
    return _choose("Person", PERSON_KEY, context.dataset.user_names, order, context.dataset.user_ids, example)


def list_people() -> list[int]:
    """Return all users, the most active first; before them the one nearest to the middle who has a score."""
    context = get_context()
    return _order_users(context.split.fingerprint, context)


def choose_item() -> int:
    """Let the person choose an item, and return the index; at first the most popular one."""
    names, order = list_item_choices()
    return _choose("Item", ITEM_KEY, names, order, get_context().dataset.item_ids)


def choose_items(label: str, key: str, most: int) -> list[int]:
    """Let the person choose up to `most` items, and return the indices; the session holds them under `key`."""
    names, order = list_item_choices()
    typing: dict[str, Any] = {}
    if len(order) > MOST_LISTED:
        ids = get_context().dataset.item_ids
        typing = {"accept_new_options": True, "on_change": _find_typed_items, "args": (key, names, ids)}
    chosen: list[int] = st.multiselect(
        label,
        _list_first(order, st.session_state.get(key, [])),
        format_func=lambda index: _name_of(index, names),
        key=key,
        max_selections=most,
        help=_explain_search(order),
        persist_state="session",
        **typing,
    )
    _show_problem(key)
    return chosen


def list_item_choices() -> tuple[Sequence[str], list[int]]:
    """Return a distinct name for each item, and all item indices, the most popular first."""
    data = get_context().dataset
    return _name_items(data.fingerprint, data.description_key, data), _order_items(data.fingerprint, data)


def find_index(key: str, values: Sequence[str]) -> int | None:
    """Return the index of the person or item that the URL names, by id or else by title; None where it names none.

    `key` is PERSON_KEY or ITEM_KEY. Raises InputError where the data have nobody and nothing of that name.
    """
    if not values:
        return None
    data, name = get_context().dataset, values[-1]
    for names in [data.user_ids] if key == PERSON_KEY else [data.item_ids, list_item_choices()[0]]:
        if name in names:
            return names.index(name)
    raise InputError(f"The {key} of a link must be one of its data. Got {quoted(name)}.")


def select_person_and_item(person: int | None, item: int | None) -> None:
    """Select the indices that are given, before the select boxes are drawn."""
    context = get_context()
    for key, index in ((PERSON_KEY, person), (ITEM_KEY, item)):
        if index is not None:
            st.session_state.update({key: index, f"{key}_belongs_to": context.dataset.fingerprint})
    if item is not None:
        default = _order_users(context.split.fingerprint, context)[0]
        st.session_state[EXPLAINED_PERSON] = default if person is None else person


def _choose(
    label: str, key: str, names: Sequence[str], order: Sequence[int], ids: Sequence[str], default: int | None = None
) -> int:
    """Draw a select box over the indices in `order`, and write the choice to the URL by its id.

    It starts at the first of `order`, also after the data set changes. Other titles leave the id as it is.
    """
    typing: dict[str, Any] = {}
    default = order[0] if default is None else default
    if len(order) > MOST_LISTED:
        typing = {"accept_new_options": True, "on_change": _find_typed, "args": (key, names, ids, default)}
    chosen = remembered_select(
        label,
        _list_first(order, [default, st.session_state.get(key)]),
        key=key,
        default=default,
        belongs_to=get_context().dataset.fingerprint,
        format_func=lambda index: _name_of(index, names),
        help=_explain_search(order),
        **typing,
    )
    if typing:
        st.session_state[f"{key}_before"] = chosen
    _show_problem(key)
    set_url_param(key, ids[chosen])
    return chosen


def _list_first(order: Sequence[int], kept: Sequence[Any]) -> Sequence[int]:
    """Return what a box offers: all of `order`, or of very many the first, and those indices that are `kept`."""
    if len(order) <= MOST_LISTED:
        return order
    unlisted = [each for each in kept if isinstance(each, int) and 0 <= each < len(order)]
    return list(dict.fromkeys([*order[:MOST_LISTED], *unlisted]))


def _explain_search(order: Sequence[int]) -> str:
    if len(order) <= MOST_LISTED:
        return "Type to search."
    return f"Type to search the first {MOST_LISTED:,} of {len(order):,}. For any other, type the whole id or title."


def _name_of(index: int | str, names: Sequence[str]) -> str:
    return names[index] if isinstance(index, int) else index  # what was typed, until the callback finds it


def _show_problem(key: str) -> None:
    if problem := st.session_state.pop(f"{key}_problem", ""):
        st.warning(escape(problem))


def _find_typed(key: str, names: Sequence[str], ids: Sequence[str], default: int) -> None:
    """In a callback: turn a typed id or title into its index; where there is none, stay with the choice before."""
    typed = st.session_state[key]
    if not isinstance(typed, str):
        return
    found = _find({PERSON_KEY: "a person", ITEM_KEY: "an item"}[key], key, typed, names, ids)
    st.session_state[key] = st.session_state.get(f"{key}_before", default) if found is None else found


def _find_typed_items(key: str, names: Sequence[str], ids: Sequence[str]) -> None:
    """In a callback: turn typed ids or titles into their indices; those that there are not fall away."""
    found = [
        _find("an item", key, each, names, ids) if isinstance(each, str) else each for each in st.session_state[key]
    ]
    st.session_state[key] = list(dict.fromkeys(each for each in found if each is not None))


def _find(whose: str, key: str, typed: str, names: Sequence[str], ids: Sequence[str]) -> int | None:
    """Return the index of what was typed; where there is none, say so below the box when it is drawn."""
    for each in (ids, names):
        if typed.strip() in each:
            return each.index(typed.strip())
    st.session_state[f"{key}_problem"] = (
        f"What is typed must be the whole id or title of {whose} in these data. None is called {quoted(typed)}."
    )
    return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _order_users(split_fingerprint: str, _context: Context) -> list[int]:
    """All users, the most active first; before them the one nearest to the middle who has held-out choices."""
    order = _sort_largest_first(_context.dataset.interactions.items_per_user)
    held_out = _context.split.seen_and_held_out(_context.open_subset)[1].relevant.items_per_user[order]
    middle = len(order) // 2
    scored = np.flatnonzero(held_out)
    first = int(scored[np.argmin(np.abs(scored - middle))]) if len(scored) else middle
    return [order.pop(first), *order]


@st.cache_resource(max_entries=8, show_spinner=False)
def _name_items(fingerprint: str, description_key: str, _dataset: Dataset) -> list[str]:
    return make_titles_distinct(_dataset.titles, _dataset.item_ids)


@st.cache_resource(max_entries=8, show_spinner=False)
def _order_items(fingerprint: str, _dataset: Dataset) -> list[int]:
    return _sort_largest_first(_dataset.interactions.users_per_item)


def _sort_largest_first(counts: np.ndarray) -> list[int]:
    return np.argsort(-counts, kind="stable").tolist()


def make_titles_distinct(titles: Sequence[str], ids: Sequence[str]) -> list[str]:
    """Return the titles, with the id behind those that several items share: a select box returns what it shows."""
    counts = Counter(titles)
    return [
        title if counts[title] == 1 else f"{title} ({item_id})"
        for title, item_id in zip(titles, shorten_ids(ids), strict=True)
    ]
