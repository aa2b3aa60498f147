"""The preview of an upload: a card for each column with its role, five values, and the doubts about it."""

from collections.abc import Callable

import streamlit as st

from pages.shared.text import escape
from recsys_core.data.reading import Answer, Doubt, Layout, Preview

# So many columns fit side by side and can still be read.
MOST_CARDS = 6
# Letters of a value, and relative width, of a column with a doubt to answer, with a note, and with neither.
_DOUBT, _NOTE, _PLAIN = (40, 5), (22, 4), (14, 3)


def draw_preview(preview: Preview, answered: dict[str, tuple[Doubt, Answer]], answer: Callable, undo: Callable) -> None:
    """The columns side by side; `answer(doubt, answer)` and `undo(key)` are called when a button is clicked.

    `answered` are the doubts that are settled, by key.
    """
    roles = _roles(preview.layout, preview.columns)
    everything = [*preview.doubts, *(doubt for doubt, _ in answered.values())]
    for doubt in (doubt for doubt in everything if not _has_card(doubt, preview)):
        _draw_doubt(doubt, answered.get(doubt.key), answer, undo)
    shown = _columns_shown(preview, roles, everything)
    about = {place: [doubt for doubt in everything if doubt.column == place] for place in shown}
    sizes = [_size(doubts, answered) for doubts in about.values()]
    boxes = st.columns([width for _, width in sizes], gap="small")
    for box, place, (n_letters, _) in zip(boxes, shown, sizes, strict=True):
        with box.container(border=True, height="stretch"):
            _draw_column(preview, place, roles.get(place), n_letters)
            for doubt in about[place]:
                _draw_doubt(doubt, answered.get(doubt.key), answer, undo)
    rest = [_name(preview, place) for place in range(len(preview.columns)) if place not in shown]
    if rest:
        listed = ", ".join(map(escape, rest[:8])) + (f" and {len(rest) - 8:,} more" if len(rest) > 8 else "")
        are = "items" if preview.layout.orientation == "wide" else "columns, not used"
        st.caption(f"And {len(rest):,} more {are}: {listed}.")


def _has_card(doubt: Doubt, preview: Preview) -> bool:
    return doubt.column is not None and doubt.column < len(preview.columns)


def _roles(layout: Layout, columns: tuple[str, ...]) -> dict[int, str]:
    """column → the role above it."""
    if layout.orientation == "wide":
        used = [place for place in range(len(columns)) if place not in layout.ignored]
        return {place: "Person" if place == layout.user else "Item" for place in used}
    amount = "Rating" if layout.feedback == "explicit" else "Count"
    roles = {
        layout.user: "Person",
        layout.item: "Item",
        layout.rating: amount,
        layout.time: "Time",
        layout.title: "Title",
        layout.event: "Event",
        **dict.fromkeys(layout.date_parts, "Time"),
    }
    return {place: role for place, role in roles.items() if place is not None}


def _columns_shown(preview: Preview, roles: dict[int, str], doubts: list[Doubt]) -> list[int]:
    """First those with a doubt, then those with a role, then the others; in the order of the file."""
    n_columns = len(preview.columns)
    doubtful = {doubt.column for doubt in doubts}
    ranked = sorted(range(n_columns), key=lambda place: (place not in doubtful, place not in roles, place))
    n_wanted = len(doubtful | set(roles)) if preview.layout.orientation == "long" else 0
    return sorted(ranked[: max(MOST_CARDS, min(n_wanted, MOST_CARDS + 2))])


def _size(doubts: list[Doubt], answered: dict) -> tuple[int, int]:
    is_open = [doubt for doubt in doubts if doubt.key not in answered]
    if any(doubt.must_answer or doubt.answers for doubt in is_open):
        return _DOUBT
    return _NOTE if doubts else _PLAIN


def _name(preview: Preview, place: int) -> str:
    return preview.columns[place].strip() or f"column {place + 1}"


def _draw_column(preview: Preview, place: int, role: str | None, n_letters: int) -> None:
    badge = f":blue-badge[{role}]" if role else ":gray-badge[not used]"
    values = [f":small[{escape(_short(row[place], n_letters)) or '–'}]" for row in preview.rows]
    st.markdown("  \n".join([badge, f"**{escape(_short(_name(preview, place), n_letters))}**", *values]))


def _short(text: str, n_letters: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= n_letters else text[: n_letters - 1] + "…"


def _draw_doubt(doubt: Doubt, settled: tuple | None, answer: Callable, undo: Callable) -> None:
    if settled is not None:
        st.markdown(f":green[:material/check:] :small[{escape(settled[1].label)}]")
        st.button("Undo", key=f"undo_{doubt.key}", type="tertiary", on_click=undo, args=(doubt.key,))
        return
    if doubt.must_answer:
        st.markdown(f":orange[:material/help:] {escape(doubt.sentence)}")
    else:
        st.markdown(f":small[:material/info: {escape(doubt.sentence)}]")
    row = st.container(horizontal=True, gap="small")
    for place, one in enumerate(doubt.answers):
        row.button(escape(one.label), key=f"answer_{doubt.key}_{place}", on_click=answer, args=(doubt, one))
