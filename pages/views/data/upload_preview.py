"""Draw the preview of an upload: a card for each column with its role, five values, and the doubts about it."""

from collections.abc import Callable

import streamlit as st

from pages.shared.text import escape
from recsys_core.data.reading import Answer, Doubt, Layout, Preview

# This many columns fit side by side and can still be read.
MOST_CARDS = 6
# (letters of a value, relative width) of a column with a doubt to answer, with a note, and with neither.
_DOUBT, _NOTE, _PLAIN = (40, 5), (22, 4), (14, 3)


def draw_preview(preview: Preview, answered: dict[str, tuple[Doubt, Answer]], answer: Callable, undo: Callable) -> None:
    """Draw the columns side by side; `answer(doubt, answer)` and `undo(key)` are called when a button is clicked.

    `answered` are the settled doubts by key, each with its answer.
    """
    roles = _roles(preview.layout, preview.columns)
    everything = [*preview.doubts, *(doubt for doubt, _ in answered.values())]
    for doubt in (doubt for doubt in everything if not _has_card(doubt, preview)):
        _draw_doubt(doubt, answered.get(doubt.key), answer, undo)
    shown = _columns_shown(preview, roles, everything)
    about = {index: [doubt for doubt in everything if doubt.column == index] for index in shown}
    sizes = [_size(doubts, answered) for doubts in about.values()]
    boxes = st.columns([width for _, width in sizes], gap="small")
    for box, index, (n_letters, _) in zip(boxes, shown, sizes, strict=True):
        with box.container(border=True, height="stretch"):
            _draw_column(preview, index, roles.get(index), n_letters)
            for doubt in about[index]:
                _draw_doubt(doubt, answered.get(doubt.key), answer, undo)
    rest = [_name(preview, index) for index in range(len(preview.columns)) if index not in shown]
    if rest:
        listed = ", ".join(map(escape, rest[:8])) + (f" and {len(rest) - 8:,} more" if len(rest) > 8 else "")
        kind = "items" if preview.layout.orientation == "wide" else "columns that are not used"
        st.caption(f"And {len(rest):,} more {kind}: {listed}.")


def _has_card(doubt: Doubt, preview: Preview) -> bool:
    """Tell whether the doubt is about a column of the table."""
    return doubt.column is not None and doubt.column < len(preview.columns)


def _roles(layout: Layout, columns: tuple[str, ...]) -> dict[int, str]:
    """Return column index → its role as shown."""
    if layout.orientation == "wide":
        used = [index for index in range(len(columns)) if index not in layout.ignored]
        return {index: "Person" if index == layout.user else "Item" for index in used}
    amount = "Rating" if layout.feedback == "explicit" else "Count"
    roles: dict[int | None, str] = {
        layout.user: "Person",
        layout.item: "Item",
        layout.rating: amount,
        layout.time: "Time",
        layout.title: "Title",
        layout.event: "Event",
        **dict.fromkeys(layout.date_parts, "Time"),
    }
    return {index: role for index, role in roles.items() if index is not None}


def _columns_shown(preview: Preview, roles: dict[int, str], doubts: list[Doubt]) -> list[int]:
    """Return the columns to show, in the order of the file: first of all those with a doubt, then those with a role."""
    n_columns = len(preview.columns)
    doubtful = {doubt.column for doubt in doubts}
    ranked = sorted(range(n_columns), key=lambda index: (index not in doubtful, index not in roles, index))
    n_wanted = len(doubtful | set(roles)) if preview.layout.orientation == "long" else 0
    return sorted(ranked[: max(MOST_CARDS, min(n_wanted, MOST_CARDS + 2))])


def _size(doubts: list[Doubt], answered: dict[str, tuple[Doubt, Answer]]) -> tuple[int, int]:
    """Return (letters of a value, relative width) of a column with these doubts."""
    is_open = [doubt for doubt in doubts if doubt.key not in answered]
    if any(doubt.must_answer or doubt.answers for doubt in is_open):
        return _DOUBT
    return _NOTE if doubts else _PLAIN


def _name(preview: Preview, index: int) -> str:
    return preview.columns[index].strip() or f"column {index + 1}"


def _draw_column(preview: Preview, index: int, role: str | None, n_letters: int) -> None:
    badge = f":blue-badge[{role}]" if role else ":gray-badge[not used]"
    values = [f":small[{escape(_shorten(row[index], n_letters)) or '–'}]" for row in preview.rows]
    st.markdown("  \n".join([badge, f"**{escape(_shorten(_name(preview, index), n_letters))}**", *values]))


def _shorten(text: str, n_letters: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= n_letters else text[: n_letters - 1] + "…"


def _draw_doubt(doubt: Doubt, settled: tuple[Doubt, Answer] | None, answer: Callable, undo: Callable) -> None:
    """Draw a doubt with the buttons that answer it, or its answer with the button that undoes it."""
    if settled is not None:
        st.markdown(f":green[:material/check:] :small[{escape(settled[1].label)}]")
        st.button("Undo", key=f"undo_{doubt.key}", type="tertiary", on_click=undo, args=(doubt.key,))
        return
    if doubt.must_answer:
        st.markdown(f":orange[:material/help:] {escape(doubt.sentence)}")
    else:
        st.markdown(f":small[:material/info: {escape(doubt.sentence)}]")
    row = st.container(horizontal=True, gap="small")
    for index, option in enumerate(doubt.answers):
        row.button(escape(option.label), key=f"answer_{doubt.key}_{index}", on_click=answer, args=(doubt, option))
