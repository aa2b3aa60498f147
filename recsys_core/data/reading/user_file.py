"""Read files of people: age, gender, occupation or anything else by user id."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recsys_core.data.attributes import DATE, Attribute
from recsys_core.data.dataset import Dataset
from recsys_core.data.nouns import count_noun
from recsys_core.data.reading import column_roles
from recsys_core.data.reading.attribute_columns import (
    column_names,
    column_texts,
    match_file,
    open_keyed_table,
    read_columns,
)
from recsys_core.data.reading.ids import unwrap_rows
from recsys_core.data.reading.open_table import USERS
from recsys_core.data.reading.receipt import list_quoted
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError

MOST_ATTRIBUTES = 6
# MovieLens' u.user and users.dat have no header; the column of M and F tells which of them it is.
_MOVIELENS = {2: ("age", "gender", "occupation", "zip"), 1: ("gender", "age", "occupation", "zip")}


@dataclass(frozen=True, eq=False)
class UserTable:
    """Raw user ids, which are unique, and one text for each id by the name of the column; "" where unknown.

    `warnings` say which rows of the file were not used.
    """

    ids: tuple[str, ...]
    columns: dict[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()


def read_user_table(content: bytes, filename: str) -> UserTable:
    """Read a file of people; of an id that occurs more than once, the last row counts.

    The ids are in the column named like a user, or else in the first. Raises InputError where the file has no ids or
    nothing beside them.
    """
    table, layout = open_keyed_table(content, filename, USERS, column_roles.USER)
    roles = [column_roles.role_of(name) for name in table.names] if layout.header else []
    id_column = roles.index(column_roles.USER) if column_roles.USER in roles else 0
    names = _names(table, layout.header)
    used = [index for index, name in enumerate(table.names) if index != id_column and not column_roles.is_index(name)]
    if not used:
        raise InputError(
            "A file of people must have two columns or more, ids and what is known of each person. This one has "
            f"{list_quoted(table.names, 1)} only. Check that it is the right file, and what separates its fields."
        )
    ids, unwrapped = unwrap_rows("user", table.frame.iloc[:, id_column].str.strip().to_numpy(object))
    is_last = ~pd.Series(ids).duplicated(keep="last").to_numpy() & (ids != "")
    kept = np.flatnonzero(is_last)
    if not len(kept):
        raise InputError("A file of people must have ids. This one has none: choose another file.")
    warnings = [*table.warnings, *unwrapped, *(f"People: {group.sentence()}" for group in table.all_left_out())]
    if n_blank := int((ids == "").sum()):
        warnings.append(f"In the file of people {_rows(n_blank)} no id and {'is' if n_blank == 1 else 'are'} not used.")
    if n_repeated := len(ids) - len(kept) - n_blank:
        warnings.append(f"In the file of people {_rows(n_repeated)} an id that comes again. The last row counts.")
    columns = {names[index]: column_texts(table, index, kept) for index in used}
    return UserTable(tuple(ids[kept]), columns, tuple(warnings))


def add_user_attributes(dataset: Dataset, people: UserTable) -> tuple[Dataset, str]:
    """Add the columns of `people`, matched by id, to `dataset`; return it and a sentence on how many users matched.

    Columns that tell people apart instead of grouping them, such as names and zip codes, and columns that say the same
    of everybody are left out; of the others the first six are used, and of dates the year. Raises InputError where no
    id matches or no column is left.
    """
    rows = match_file(dataset.user_ids, people.ids, "file of people")
    n_found = sum(row >= 0 for row in rows)
    attributes, remarks = read_columns(people.columns, rows, MOST_ATTRIBUTES)
    if not attributes:
        raise InputError(
            "A file of people must have a column by which people can be grouped. "
            f"{list_quoted(people.columns)} have a different value for almost everybody, one for all, or none. "
            "Choose another file."
        )
    sentence = f"{n_found:,} of {count_noun(len(rows), 'people')} got {list_quoted(attributes, MOST_ATTRIBUTES)}."
    if n_found < len(rows):
        missing = [user for user, row in zip(dataset.user_names, rows, strict=True) if row < 0]
        sentence += f" Not in the file: {list_quoted(missing)}."
    sentence = f"{sentence} {remarks}".rstrip()
    return replace(dataset, user_attributes={name: _grouped(each) for name, each in attributes.items()}), sentence


def _grouped(attribute: Attribute) -> tuple[str, ...]:
    """The texts by which people are grouped: those of the file, or of dates the year."""
    if attribute.kind != DATE:
        return attribute.texts
    return tuple(text[:4] for text in attribute.texts)


def _names(table: Table, has_header: bool) -> list[str]:
    """Return a short and distinct name for each column."""
    names = list(table.names)
    if not has_header and table.n_columns == 5:
        for sex, known in _MOVIELENS.items():
            if table.frame.iloc[:, sex].str.strip().isin(["M", "F"]).all():
                names[1:] = known
    return column_names(names, {"user"})


def _rows(count: int) -> str:
    return "1 row has" if count == 1 else f"{count:,} rows have"
