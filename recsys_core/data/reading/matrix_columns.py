"""Tell the columns of a matrix apart: the one that names the person, those that describe the person, and the items."""

from dataclasses import replace

import numpy as np

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.numbers import looks_numeric, parse_ratings
from recsys_core.data.reading.receipt import list_quoted
from recsys_core.data.reading.table import Table

SAMPLE = 1_000
FEWEST_ITEMS = 4
UNNAMED_INDEX = "__index_level_0__"
"""What pandas calls an index without a name, which it writes behind the other columns of a Parquet file."""


def order_matrix_columns(table: Table) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return (the column that would name the person, then those of items; columns that describe the person).

    Only where the header names neither items nor ratings, and nobody has two rows: else the order is that of the file.
    """
    as_they_are = tuple(range(table.n_columns)), ()
    if {column_roles.ITEM, column_roles.RATING} & set(map(column_roles.role_of, table.names)):
        return as_they_are
    head = replace(table, frame=table.frame.iloc[:SAMPLE, :SAMPLE], names=table.names[:SAMPLE])
    user = _find_person(table, head)
    described = _describing(head, user)
    order = (user, *(index for index in range(table.n_columns) if index != user and index not in described))
    is_unique = table.frame.iloc[:, user].str.strip().is_unique
    return (order, described) if is_unique and len(order) > FEWEST_ITEMS else as_they_are


def _find_person(table: Table, head: Table) -> int:
    """Return the column that names the person: by its name, or as the only one whose texts all differ."""
    first = column_roles.role_of(table.names[0])
    if first == column_roles.USER or column_roles.is_index(table.names[0]):
        return 0
    named = [index for index, name in enumerate(table.names) if column_roles.role_of(name) == column_roles.USER]
    named = [index for index in named if table.frame.iloc[:, index].is_unique]
    named += [index for index, name in enumerate(table.names) if name == UNNAMED_INDEX]
    if len(named) == 1:
        return named[0]
    if first != column_roles.TIME and table.frame.iloc[:, 0].is_unique:
        return 0
    unique = [
        index
        for index, name in enumerate(head.names)
        if column_roles.role_of(name) != column_roles.TIME and head.frame.iloc[:, index].is_unique
    ]
    texts = [index for index in unique if not _is_numeric(head, index)]
    return texts[0] if len(texts) == 1 else 0


def _describing(head: Table, user: int) -> tuple[int, ...]:
    """Return the columns that are no items: called like what is known of people, or far above all other numbers."""
    others = [index for index in range(head.n_columns) if index != user]
    named = [index for index in others if column_roles.is_attribute(head.names[index])]
    called = (column_roles.TIME, column_roles.TITLE)
    named += [
        index
        for index in others
        if index not in named and column_roles.role_of(head.names[index]) in called and not _is_numeric(head, index)
    ]
    items = tuple(index for index in others if index not in named)
    if not items:
        return ()
    codes, texts = head.cells(items)
    values = parse_ratings(texts, False)[0][codes].reshape(-1, len(items))
    is_filled = np.mean(np.isfinite(values), axis=0) > 0.9
    lowest = np.min(values, axis=0, where=np.isfinite(values), initial=np.inf)
    highest = np.max(values, axis=0, where=np.isfinite(values), initial=-np.inf)
    for place in np.argsort(-highest, kind="stable"):
        rest = highest[highest < highest[place]].max(initial=0)
        if not (is_filled[place] and lowest[place] > 2 * rest > 0):
            break
        named.append(items[place])
    return tuple(sorted(named))


def _is_numeric(head: Table, index: int) -> bool:
    filled = [text for text in head.column(index)[1] if text.strip()]
    return len(filled) > 0 and sum(map(looks_numeric, filled)) > 0.5 * len(filled)


def in_file_order(
    layout: Layout, doubts: list[Doubt], table: Table, order: tuple[int, ...], described: tuple[int, ...]
) -> tuple[Layout, list[Doubt]]:
    """Return the layout and the doubts about the columns in `order` as those about the columns of the file.

    What describes people is left out, with a doubt that asks whether it is an item.
    """
    summed = tuple(order[index] for index in layout.ignored)
    user = None if layout.user is None else order[layout.user]
    doubts = [
        replace(
            each,
            column=None if each.column is None else order[each.column],
            answers=tuple(_in_file_order(answer, order, described) for answer in each.answers),
        )
        for each in doubts
    ]
    if described:
        names = list_quoted([table.names[index] for index in described], 6)
        sentence = (
            f"The column {names} tells something about the person and is not an item."
            if len(described) == 1
            else f"The columns {names} tell something about the person and are no items."
        )
        answers = (Answer("Leave out"), Answer("Read as items", (("ignored", summed),)))
        doubts.append(Doubt("describing", sentence, described[0], answers))
    return replace(layout, user=user, ignored=(*summed, *described)), doubts


def _in_file_order(answer: Answer, order: tuple[int, ...], described: tuple[int, ...]) -> Answer:
    """Return the answer with the columns of the file to be ignored, among them what describes people."""
    return replace(
        answer,
        changes=tuple(
            (field, (*(order[index] for index in value), *described)) if field == "ignored" else (field, value)
            for field, value in answer.changes
        ),
    )
