"""The one person and the one item that all pages look at; both stand in the URL."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import streamlit as st

from pages.shared.context import Context, get_context
from pages.shared.url_state import set_url_param
from recsys_core.data.long_texts import shorten_ids
from recsys_core.errors import InputError
from recsys_core.links.slug import quoted

PERSON_KEY = "person"  # of the widgets, whose values a click on a map or table may set too
ITEM_KEY = "item"


def choose_person() -> int:
    """The index of the person looked at: at first one who is as active as most, and whose list can be checked."""
    data = get_context().dataset
    return _choose(
        "Person", PERSON_KEY, data.user_names, _people(get_context().split.fingerprint, get_context()), data.user_ids
    )


def choose_item() -> int:
    """The index of the item looked at: at first the most popular one."""
    names, order = item_choices()
    return _choose("Item", ITEM_KEY, names, order, get_context().dataset.item_ids)


def item_choices() -> tuple[Sequence[str], list[int]]:
    """What each item is called in a choice, and all items, the most popular first."""
    data = get_context().dataset
    return distinct_titles(data.titles, data.item_ids), _items(data.fingerprint, data)


def find_index(key: str, words: Sequence[str]) -> int | None:
    """The index of the person or item that the address names, by raw id or else by title; None where it names none.

    Raises InputError where there is nobody of that name.
    """
    if not words:
        return None
    data, called = get_context().dataset, words[-1]
    for names in [data.user_ids] if key == PERSON_KEY else [data.item_ids, item_choices()[0]]:
        if called in names:
            return names.index(called)
    raise InputError(f"The {key} of a link must be one of its data. Got {quoted(called)}.")


def select_person_and_item(person: int | None, item: int | None) -> None:
    """Choose them, where they are given, before the select boxes are drawn."""
    fingerprint = get_context().dataset.fingerprint
    for key, index in ((PERSON_KEY, person), (ITEM_KEY, item)):
        if index is not None:
            st.session_state.update({key: index, f"{key}_data": fingerprint})
    if item is not None:
        first = _people(get_context().split.fingerprint, get_context())[0]
        st.session_state["receipt_of"] = first if person is None else person  # else Person begins with its list's first


def _choose(label: str, key: str, names: Sequence[str], order: Sequence[int], ids: Sequence[str]) -> int:
    """A select box over all indices in `order`, at first the first one; other data starts from its own first one.

    What is chosen stands in the address by its raw id, which other titles for the same data leave as it is.
    """
    fingerprint, before = get_context().dataset.fingerprint, st.session_state.get(f"{key}_data")
    is_index = st.session_state.get(key, 0) in range(len(names))
    if not is_index or (before is not None and before != fingerprint):
        st.session_state[key] = order[0]
    st.session_state[f"{key}_data"] = fingerprint
    chosen = st.selectbox(
        label, order, format_func=lambda index: names[index], key=key, help="Type to search.", persist_state="session"
    )
    set_url_param(key, ids[chosen])
    return chosen


@st.cache_resource(max_entries=8, show_spinner=False)
def _people(split_fingerprint: str, _context: Context) -> list[int]:
    """All people, the most active first, but before them the one in the middle, or the next to it who is scored."""
    order = _largest_first(_context.dataset.interactions.items_per_user)
    held_out = _context.split.seen_and_held_out(_context.open_subset)[1].relevant.items_per_user[order]
    middle = len(order) // 2
    scored = np.flatnonzero(held_out)
    first = scored[np.argmin(np.abs(scored - middle))] if len(scored) else middle
    return [order.pop(first), *order]


@st.cache_resource(max_entries=8, show_spinner=False)
def _items(fingerprint: str, _data) -> list[int]:
    return _largest_first(_data.interactions.users_per_item)


def _largest_first(counts: np.ndarray) -> list[int]:
    return np.argsort(-counts, kind="stable").tolist()


def distinct_titles(titles: Sequence[str], ids: Sequence[str]) -> list[str]:
    """The titles, with the id where several items share one: a choice goes by what it is called."""
    counts = Counter(titles)
    return [
        title if counts[title] == 1 else f"{title} ({item_id})"
        for title, item_id in zip(titles, shorten_ids(ids), strict=True)
    ]
