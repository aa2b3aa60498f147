"""Which columns hold user, item, rating and time, and what do the values mean?"""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from recsys_core.data.reading import roles
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.numbers import looks_numeric, parse_ratings, uses_decimal_comma
from recsys_core.data.reading.receipt import listed
from recsys_core.data.reading.table import Table, distinct
from recsys_core.errors import InputError

SAMPLE = 1_000
# The first second of 1973: a column of larger numbers holds times, not ratings.
EARLIEST_TIME = 1e8
DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[/.]\d{1,2}[/.]\d{4}.*")
# Opinions are given on scales up to 100; integers beyond are counts.
LARGEST_OPINION = 100


def guess_columns(table: Table, layout: Layout) -> tuple[Layout, list[str]]:
    """`layout` with its columns filled in, and a sentence for each thing that is uncertain."""
    doubts = []
    if not layout.header:
        doubts.append("No header line was found, so the columns are guessed by their place; choose if they are wrong.")
    wide = _guess_wide(table, layout)
    layout, more = wide if wide else _guess_long(table, layout)
    doubts += more
    texts = value_texts(table, layout)
    if texts is None:
        return replace(layout, feedback="implicit"), doubts
    comma = uses_decimal_comma(texts)
    if comma and layout.delimiter == ",":
        doubts.append("The comma inside the ratings is read as a decimal comma.")
    values, faults = parse_ratings(texts, comma)
    layout = replace(layout, decimal_comma=comma)
    values = values[faults < 0]
    if layout.orientation == "long" and roles.is_count(table.names[layout.rating]):
        layout = replace(layout, feedback="implicit")
    elif len(values) and values.min() >= 0 and values.max() > LARGEST_OPINION and np.all(values % 1 == 0):
        layout = replace(layout, feedback="implicit")
        doubts.append(
            f"The values are whole numbers up to {values.max():,.0f}, so they are read as counts of use (implicit); "
            "choose 'explicit' if they are ratings."
        )
    if layout.orientation == "wide":
        has_zero, has_blank = bool(np.any(values == 0)), any(not text.strip() for text in texts)
        positive = values[values != 0]
        if has_zero and not has_blank and len(positive) and positive.min() > 0:
            layout = replace(layout, zero_is_unrated=True)
            doubts.append(
                "No cell is blank, so 0 is read as unrated (missing), not as a rating; choose if that is wrong."
            )
    return layout, doubts


def value_texts(table: Table, layout: Layout) -> np.ndarray | None:
    """The distinct texts of all ratings, or None where the layout has no rating."""
    if layout.orientation == "wide":
        return distinct(table.frame.iloc[:, first_item(layout) :].to_numpy(object).ravel())[1]
    return None if layout.rating is None else table.column(layout.rating)[1]


def first_item(layout: Layout) -> int:
    """The first item column of a wide file."""
    return 0 if layout.user is None else 1


def _guess_long(table: Table, layout: Layout) -> tuple[Layout, list[str]]:
    found, doubts = {}, []
    for place, name in enumerate(table.names if layout.header else ()):
        found.setdefault(roles.role_of(name), place)
    is_named = roles.USER in found and roles.ITEM in found
    spare = [
        place
        for place, name in enumerate(table.names)
        if not layout.header or not (roles.role_of(name) or roles.is_index(name))
    ]
    assumed = []
    for role in (roles.USER, roles.ITEM):
        title = found.get(roles.TITLE)
        # Without an id column the name of a person or an item is its id.
        if role not in found and title is not None and (role == roles.ITEM or not spare):
            found[role] = found.pop(roles.TITLE)
            assumed.append(role)
        elif role not in found:
            if not spare:
                raise InputError(
                    f"A rating file must have a column for the {role}. The columns are {listed(table.names)}. "
                    f"Add the {role} column, or name it '{role}'."
                )
            found[role] = spare.pop(0)
            assumed.append(role)
    if not is_named:
        for place in list(spare):
            role = roles.TIME if _is_time(table, place) else roles.RATING
            if role not in found and (role == roles.TIME or _mostly_numeric(_filled(table, place))):
                found[role] = place
                spare.remove(place)
                assumed.append(role)
    if layout.header and assumed:
        columns = ", ".join(f"{role} = {table.names[found[role]]!r}" for role in assumed)
        doubts.append(f"The names do not say which column is which; assumed: {columns}. Choose if that is wrong.")
    if roles.RATING not in found:
        doubts.append("A rating column is missing, so every row counts as one interaction (implicit).")
    return replace(
        layout,
        orientation="long",
        user=found[roles.USER],
        item=found[roles.ITEM],
        rating=found.get(roles.RATING),
        time=found.get(roles.TIME),
        title=found.get(roles.TITLE),
    ), doubts


def _guess_wide(table: Table, layout: Layout) -> tuple[Layout, list[str]] | None:
    """The layout of a matrix of users × items, or None where the file is none."""
    if table.n_columns < 4:
        return None
    if layout.header and any(roles.role_of(name) for name in table.names[1:]):
        return None
    places = range(1, min(table.n_columns, SAMPLE))
    texts = distinct(np.concatenate([_sample(table, place) for place in places]))[1]
    if not _mostly_numeric(texts) or any(_is_time(table, place) for place in places):
        return None
    ids = table.frame.iloc[:SAMPLE, 0].str.strip()
    wide = replace(layout, orientation="wide", user=0, item=None, rating=None)
    if layout.header:
        is_named = roles.role_of(table.names[0]) == roles.USER or roles.is_index(table.names[0])
        return (wide, []) if is_named or (ids.is_unique and table.n_columns > 4) else None
    values = parse_ratings(texts, False)[0]
    if table.n_columns < 5 or not np.nanmax(np.abs(values), initial=0) <= LARGEST_OPINION:
        return None
    names = "items are numbered by their column"
    if ids.is_unique:
        return wide, [
            f"The file looks like a matrix of users × items; the first column is taken as user ids and {names}."
        ]
    return replace(wide, user=None), [
        f"The file looks like a matrix of users × items without ids: users are numbered by their row and {names}."
    ]


def _sample(table: Table, place: int) -> np.ndarray:
    return table.frame.iloc[:SAMPLE, place].to_numpy(object)


def _filled(table: Table, place: int) -> list[str]:
    return [text for text in pd.unique(_sample(table, place)) if text.strip()]


def _mostly_numeric(texts) -> bool:
    filled = [text for text in texts if text.strip()]
    return len(filled) > 0 and sum(map(looks_numeric, filled)) >= 0.8 * len(filled)


def _is_time(table: Table, place: int) -> bool:
    texts = _filled(table, place)
    if texts and sum(DATE.fullmatch(text.strip()) is not None for text in texts) > 0.5 * len(texts):
        return True
    values, _ = parse_ratings(np.array(texts, object), False)
    values = values[np.isfinite(values)]
    return len(values) > 0 and float(np.median(values)) > EARLIEST_TIME
