"""Read files of items: titles, genres and whatever else is known, by id."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np
import pandas as pd

from recsys_core.data.attributes import CATEGORICAL, NUMERIC, Attribute
from recsys_core.data.dataset import GENRES, Dataset
from recsys_core.data.long_texts import shorten
from recsys_core.data.nouns import count_noun
from recsys_core.data.reading import column_roles
from recsys_core.data.reading.attribute_columns import (
    CODES,
    column_names,
    column_texts,
    match_file,
    open_keyed_table,
    read_column,
    read_columns,
)
from recsys_core.data.reading.build_dataset import line_count, long_titles_warning
from recsys_core.data.reading.ids import unwrap_rows
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.open_table import ITEMS
from recsys_core.data.reading.receipt import LeftOut, Merged, Receipt, list_quoted, quote
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError

# The flags of MovieLens' u.item, in the order of its u.genre.
MOVIELENS_GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
NO_GENRES = "(no genres listed)"
# The columns of u.item before the flags, which has no header.
_MOVIELENS_NAMES = ("id", "title", "release date", "video release date", "IMDb URL")
MOST_ATTRIBUTES = 20
_YEAR_AT_END, _NEARLY_ALL = re.compile(r"\((1[89]\d\d|20\d\d)\)\s*$"), 0.95
_BY_RANK = (column_roles.TITLE, column_roles.GENRE)  # of these roles the column with the most usual name counts
_TAKEN = {"user", "item", "title", GENRES}  # names of other columns where the items are written as a file


@dataclass(frozen=True, eq=False)
class ItemTable:
    """Raw ids, which are unique, with the title and the genres of each, and the texts of all other columns by name.

    Without a column of titles `titles` are ().
    """

    ids: tuple[str, ...]
    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_item_table(content: bytes, filename: str) -> tuple[ItemTable, Receipt]:
    """Read a file of items; of an id that occurs more than once, the last row counts.

    Raises InputError where it has no ids, or nothing beside them.
    """
    table, layout = open_keyed_table(content, filename, ITEMS, column_roles.ITEM)
    if table.n_columns < 2:
        raise InputError(
            "An items file must have two columns or more: ids, and titles or what else is known of each item. This one "
            f"has one: {list_quoted(table.names, 1)}. Check that it is the items file, and what separates its fields."
        )
    columns = _columns(table, layout)
    ids, unwrapped = unwrap_rows("item", table.frame.iloc[:, columns["id"]].str.strip().to_numpy(object))
    titles = ids
    if "title" in columns:
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
        tuple(shorten(titles[row] or ids[row]) for row in kept) if "title" in columns else (),
        tuple(genres[row] for row in kept),
        _other_columns(table, layout, columns, kept),
    )
    n_with_genres = sum(map(bool, items.genres))
    used = ", ".join(f"{role} = {quote(table.names[index], 30)}" for role, index in columns.items() if role != "flags")
    receipt = Receipt(
        filename=PurePath(filename).name,
        sentences=(*table.sentences, f"{used}.", f"{count_noun(len(kept), 'items')}, {n_with_genres:,} with genres."),
        n_read=len(ids) + table.n_left_out,
        n_kept=len(kept),
        left_out=tuple(left_out),
        merged=merged,
        warnings=(*(lines.warning() if lines else ()), *table.warnings, *unwrapped, *long_titles_warning(titles[kept])),
        understood=(*table.understood, ("Columns", used)),
        lines=lines,
    )
    return items, receipt


def add_titles(dataset: Dataset, items: ItemTable) -> tuple[Dataset, str]:
    """Add what `items` know, matched by id, to `dataset`; return it and a sentence on how many matched and what not.

    Beside titles and genres these are attributes: of the columns that group items the first twenty are used. Raises
    InputError where no id matches, and where a file without titles has nothing that groups items.
    """
    rows = match_file(dataset.item_ids, items.ids, "items file")
    n_found = sum(row >= 0 for row in rows)
    attributes, remarks = read_columns(items.columns, rows, MOST_ATTRIBUTES)
    titles, genres = dataset.titles, dataset.genres
    if items.titles:
        titles = tuple(items.titles[row] if row >= 0 else dataset.titles[item] for item, row in enumerate(rows))
        has_years = "year" in attributes or any(each.is_ordered for each in attributes.values())
        if not has_years and (years := _years_of(titles)):
            attributes["year"] = years
            remarks += " The titles end with a year, which is an attribute, too."
    if any(items.genres):
        old = genres or ((),) * len(rows)
        genres = tuple(items.genres[row] if row >= 0 else old[item] for item, row in enumerate(rows))
    elif not (items.titles or attributes):
        raise InputError(
            "An items file must have titles, or a column by which items can be grouped. "
            f"{list_quoted(items.columns)} have a different value for almost every item, one for all, or none. "
            "Choose another file."
        )
    got = "a title" if items.titles else "attributes"
    sentences = [f"{n_found:,} of {count_noun(len(rows), 'items')} got {got}."]
    if n_found < len(rows):
        missing = [item for item, row in zip(dataset.item_ids, rows, strict=True) if row < 0]
        sentences.append(f"Not in the file: {list_quoted(missing)}.")
    if attributes:
        sentences.append(f"Attributes: {list_quoted(attributes, MOST_ATTRIBUTES)}.")
    added = replace(dataset, titles=titles, genres=genres, item_attributes={**dataset.item_attributes, **attributes})
    return added, " ".join([*sentences, remarks.strip()]).rstrip()


def _years_of(titles: tuple[str, ...]) -> Attribute | None:
    """The years in brackets at the ends of titles, as MovieLens has them; None unless nearly all titles have one."""
    found = [_YEAR_AT_END.search(title) for title in titles]
    years = Attribute(NUMERIC, tuple(each[1] if each else "" for each in found))
    is_usual = np.mean(years.is_known) >= _NEARLY_ALL and len(set(years.texts)) > 2
    return years if is_usual else None


def attributes_of_people(dataset: Dataset) -> dict[str, Attribute]:
    """Return the attributes of the users by name, with the kinds that their texts have."""
    read = {name: read_column(name, texts).attribute for name, texts in dataset.user_attributes.items()}
    return {name: each or Attribute(CATEGORICAL, dataset.user_attributes[name]) for name, each in read.items()}


def describe_attributes(dataset: Dataset) -> list[tuple[str, str]]:
    """Return (what, what it was taken for) of each attribute of the items, then of the people."""
    sides = (("Items", dataset.item_attributes), ("People", attributes_of_people(dataset)))
    return [(f"{side}, {name}", each.describe()) for side, attributes in sides for name, each in attributes.items()]


def _other_columns(
    table: Table, layout: Layout, columns: dict[str, int], kept: np.ndarray
) -> dict[str, tuple[str, ...]]:
    """The texts of all columns without a use of their own, by short and distinct names."""
    names = list(table.names)
    if "flags" in columns:
        names[: len(_MOVIELENS_NAMES)] = _MOVIELENS_NAMES
    used = {*columns.values(), *range(columns.get("flags", table.n_columns), table.n_columns)}
    return {
        name: column_texts(table, index, kept)
        for index, name in enumerate(column_names(names, _TAKEN))
        if index not in used and not (layout.header and column_roles.is_index(table.names[index]))
    }


def _columns(table: Table, layout: Layout) -> dict[str, int]:
    """Return the column indices of id and, if there are any, title and genres or the first of 19 genre flags."""
    if layout.header:
        by_role: dict[str | None, int] = {}
        for index, name in enumerate(table.names):
            role = column_roles.role_of(name)
            if role not in by_role or (role in _BY_RANK and _is_more_usual(name, table.names[by_role[role]])):
                by_role[role] = index
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
        if "id" not in columns:
            raise InputError(
                f"An items file must have a column for the id. The columns are {list_quoted(table.names)}. "
                "Name one of them 'item'."
            )
        title = by_role.get(column_roles.TITLE, next((index for index in spare if _are_titles(table, index)), None))
        if title is not None and title != columns["id"]:
            columns["title"] = title
        if column_roles.GENRE in by_role:
            columns["genres"] = by_role[column_roles.GENRE]
        return columns
    columns = {"id": 0}
    first = read_column("", table.frame.iloc[:, 1].str.strip().tolist()).attribute
    if first is None or not first.is_ordered:
        columns["title"] = 1
    flags = table.frame.iloc[:, -len(MOVIELENS_GENRES) :]
    if table.n_columns == 5 + len(MOVIELENS_GENRES) and flags.isin(["0", "1"]).to_numpy().all():
        columns["flags"] = 5
    elif table.n_columns == 3 and "title" in columns:
        columns["genres"] = 2
    return columns


def _is_more_usual(name: str, other: str) -> bool:
    """Tell whether a name is more usual for its role than another of the same role, as genres are than tags."""
    return column_roles.rank_of(name) < column_roles.rank_of(other)


def _are_titles(table: Table, index: int) -> bool:
    """Tell whether a column may hold titles: words that tell the rows apart."""
    texts = table.frame.iloc[:, index].str.strip().tolist()
    found = read_column(table.names[index], texts)
    return found.left_out == CODES and not any(text.startswith(("http://", "https://")) for text in texts[:20])


def _listed(text: str) -> list[str]:
    """Return the texts of a list that is written in JSON or Python, or the names where it holds objects."""
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text or "[]")
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        return [str(each.get("name") or "" if isinstance(each, dict) else each).strip() for each in found]
    return [each.strip(" '\"") for each in text.strip("[]").split(",")]


def _genres(table: Table, columns: dict[str, int]) -> list[tuple[str, ...]]:
    """Return the genres of each row."""
    if "flags" in columns:
        flags = table.frame.iloc[:, columns["flags"] :].to_numpy(object) == "1"
        return [tuple(MOVIELENS_GENRES[index] for index in np.flatnonzero(row)) for row in flags]
    if "genres" not in columns:
        return [()] * len(table.frame)
    texts = table.frame.iloc[:, columns["genres"]].str.strip().to_numpy(object)
    if all(text[:1] + text[-1:] in ("[]", "") for text in texts):
        return [tuple(shorten(genre) for genre in _listed(text) if genre not in ("", NO_GENRES)) for text in texts]
    separator = next((sign for sign in "|;," if any(sign in text for text in texts)), "|")
    return [
        tuple(shorten(genre.strip()) for genre in text.split(separator) if genre.strip() not in ("", NO_GENRES))
        for text in texts
    ]
