"""Read files of items: titles and genres by id."""

import re
from dataclasses import dataclass, replace
from pathlib import PurePath

import numpy as np
import pandas as pd

from recsys_core.data.dataset import Dataset
from recsys_core.data.long_texts import shorten
from recsys_core.data.match_ids import match_ids
from recsys_core.data.reading import column_roles
from recsys_core.data.reading.build_dataset import line_count, long_titles_warning
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.open_table import ITEMS, open_table
from recsys_core.data.reading.receipt import LeftOut, Merged, Receipt, list_quoted
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError

# The flags of MovieLens' u.item, in the order of its u.genre.
MOVIELENS_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
NO_GENRES = "(no genres listed)"


@dataclass(frozen=True, eq=False)
class ItemTable:
    """Raw ids, which are unique, with the title and the genres of each."""

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]


def read_item_table(content: bytes, filename: str) -> tuple[ItemTable, Receipt]:
    """Read a file of items; of an id that occurs more than once, the last row counts.

    Raises InputError where it has no ids or no titles.
    """
    table, layout = open_table(content, filename, wanted=ITEMS)
    columns = _columns(table, layout)
    if max(columns["id"], columns["title"]) >= table.n_columns:
        raise InputError(
            f"An items file must have two columns, ids and titles. This one has one: {list_quoted(table.names, 1)}. "
            "Check that it is the items file, and what separates its fields."
        )
    ids = table.frame.iloc[:, columns["id"]].str.strip().to_numpy(object)
    titles = table.frame.iloc[:, columns["title"]].str.strip().to_numpy(object)
    genres = _genres(table, columns)
    blank = np.flatnonzero(ids == "")
    is_last = ~pd.Series(ids).duplicated(keep="last").to_numpy() & (ids != "")
    kept = np.flatnonzero(is_last)
    left_out = table.all_left_out()
    lines = line_count(table)
    if len(blank):
        left_out.append(LeftOut("the item is blank", table.lines[blank], titles[blank], table.unit))
    if not len(kept):
        raise InputError("An items file must have ids. This one has none: choose another file.")
    repeats = np.flatnonzero(~is_last & (ids != ""))
    merged = None
    if len(repeats):
        last = {text: row for text, row in zip(ids[kept], kept, strict=True)}
        n_conflicts = sum(titles[row] != titles[last[ids[row]]] for row in repeats)
        merged = Merged("last", table.lines[repeats], n_conflicts, table.unit, "item")
    items = ItemTable(
        tuple(ids[kept]),
        tuple(shorten(titles[row] or ids[row]) for row in kept),
        tuple(genres[row] for row in kept),
    )
    n_with_genres = sum(map(bool, items.genres))
    used = ", ".join(f"{role} = {table.names[index]!r}" for role, index in columns.items() if role != "flags")
    receipt = Receipt(
        filename=PurePath(filename).name,
        sentences=(*table.sentences, f"{used}.", f"{len(kept):,} items, {n_with_genres:,} with genres."),
        n_read=len(ids) + table.n_left_out,
        n_kept=len(kept),
        left_out=tuple(left_out),
        merged=merged,
        warnings=(*(lines.warning() if lines else ()), *table.warnings, *long_titles_warning(titles[kept])),
        understood=(*table.understood, ("Columns", used)),
        lines=lines,
    )
    return items, receipt


def add_titles(dataset: Dataset, items: ItemTable) -> tuple[Dataset, str]:
    """Add the titles and genres of `items`, matched by id, to `dataset`; return it and a sentence on how many matched.

    Raises InputError where no id matches.
    """
    rows = match_ids(dataset.item_ids, items.ids).tolist()
    n_found = sum(row >= 0 for row in rows)
    if not n_found:
        raise InputError(
            "The ids of the items file must be those of the ratings. None matches: the ratings have "
            f"{list_quoted(dataset.item_ids, 3)}, the items file {list_quoted(items.ids, 3)}. Choose the items file "
            "that belongs to these ratings."
        )
    titles = tuple(items.titles[row] if row >= 0 else dataset.titles[item] for item, row in enumerate(rows))
    old = dataset.genres or ((),) * len(rows)
    genres = tuple(items.genres[row] if row >= 0 else old[item] for item, row in enumerate(rows))
    sentence = f"{n_found:,} of {len(rows):,} items got a title."
    if n_found < len(rows):
        missing = [item for item, row in zip(dataset.item_ids, rows, strict=True) if row < 0]
        sentence += f" Without one: {list_quoted(missing)}."
    return replace(dataset, titles=titles, genres=genres), sentence


def _columns(table: Table, layout: Layout) -> dict[str, int]:
    """Return the column indices of id, title and, if there are any, genres or the first of 19 genre flags."""
    if layout.header:
        by_role: dict[str | None, int] = {}
        for index, name in enumerate(table.names):
            by_role.setdefault(column_roles.role_of(name), index)
        spare = [
            index
            for index, name in enumerate(table.names)
            if column_roles.role_of(name) is None and not column_roles.is_index(name)
        ]
        columns = {"id": by_role[column_roles.ITEM]} if column_roles.ITEM in by_role else {}
        by_name = [index for index in spare if re.fullmatch(r"(?i).*id", table.names[index])]
        if not columns and spare:
            columns["id"] = (by_name or spare)[0]
            spare.remove(columns["id"])
        if column_roles.TITLE in by_role or spare:
            columns["title"] = by_role[column_roles.TITLE] if column_roles.TITLE in by_role else spare[0]
        for role, name in (("id", "item"), ("title", "title")):
            if role not in columns:
                raise InputError(
                    f"An items file must have a column for the {role}. The columns are {list_quoted(table.names)}. "
                    f"Name one of them '{name}'."
                )
        if column_roles.GENRE in by_role:
            columns["genres"] = by_role[column_roles.GENRE]
        return columns
    columns = {"id": 0, "title": 1}
    flags = table.frame.iloc[:, -len(MOVIELENS_GENRES) :]
    if table.n_columns == 5 + len(MOVIELENS_GENRES) and flags.isin(["0", "1"]).to_numpy().all():
        columns["flags"] = 5
    elif table.n_columns == 3:
        columns["genres"] = 2
    return columns


def _genres(table: Table, columns: dict[str, int]) -> list[tuple[str, ...]]:
    """Return the genres of each row."""
    if "flags" in columns:
        flags = table.frame.iloc[:, columns["flags"] :].to_numpy(object) == "1"
        return [tuple(MOVIELENS_GENRES[index] for index in np.flatnonzero(row)) for row in flags]
    if "genres" not in columns:
        return [()] * len(table.frame)
    texts = table.frame.iloc[:, columns["genres"]].to_numpy(object)
    separator = next((sign for sign in "|;," if any(sign in text for text in texts)), "|")
    return [
        tuple(genre.strip() for genre in text.split(separator) if genre.strip() not in ("", NO_GENRES))
        for text in texts
    ]
