"""Pairs of user and item that are not to be recommended, such as what people own already, read from a file."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.match_ids import match_ids
from recsys_core.data.nouns import singular
from recsys_core.data.reading import column_roles
from recsys_core.data.reading.choices import Choices
from recsys_core.data.reading.ids import unwrap_rows
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.open_table import open_table
from recsys_core.data.reading.opened import only_input_errors
from recsys_core.data.reading.receipt import list_quoted
from recsys_core.data.reading.table import Table
from recsys_core.data.split import Split
from recsys_core.errors import InputError

OWNED = ("owned", "exclude", "excluded", "purchases")
_DELIMITERS = (None, ",", "\t", ";", "|")
_ROLES = (column_roles.USER, column_roles.ITEM)


@dataclass(frozen=True, eq=False)
class OwnedItems:
    """Which items each user owns: `pairs` (m, n) of the data, and what else was in the file, counted in rows.

    `unknown_users` and `unknown_items` are the first raw ids that are not in the data; a row with either is not used.
    `notes` say what of the file could not be read as rows.
    """

    pairs: Interactions
    n_rows: int
    n_blank: int
    n_repeated: int
    unknown_users: tuple[str, ...]
    n_unknown_users: int
    unknown_items: tuple[str, ...]
    n_unknown_items: int
    notes: tuple[str, ...] = ()

    @property
    def n_pairs(self) -> int:
        """How many different pairs are known in the data."""
        return self.pairs.n_interactions

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that identify the pairs."""
        keys = self.pairs.users.astype(np.int64) * self.pairs.n_items + self.pairs.items
        return hashlib.sha256(keys.tobytes()).hexdigest()[:16]

    def sentences(self) -> list[str]:
        """Return what became of the rows: always the first sentence, and the others that apply."""
        n_users = int(np.count_nonzero(self.pairs.items_per_user))
        text = [f"{self.n_pairs:,} pairs of {n_users:,} people and what they own, from {self.n_rows:,} rows."]
        if self.n_unknown_users:
            text.append(
                f"{_rows(self.n_unknown_users)} about people who are not in the data, such as "
                f"{list_quoted(self.unknown_users)}, and not used."
            )
        if self.n_unknown_items:
            text.append(
                f"{_rows(self.n_unknown_items)} about items that are not in the data, such as "
                f"{list_quoted(self.unknown_items)}, and not used."
            )
        if self.n_repeated:
            text.append(f"{_rows(self.n_repeated)} repeated and {'counts' if self.n_repeated == 1 else 'count'} once.")
        if self.n_blank:
            text.append(f"{_rows(self.n_blank)} without a person or an item and not used.")
        return [*text, *self.notes]

    def held_out_sentence(self, split: Split, subset: str) -> str:
        """Return how many of the pairs are among the held-out ratings of `subset`, which then count as missed."""
        held_out = split.seen_and_held_out(subset)[1].relevant
        count = int((self.pairs.binary * held_out.binary).sum())
        if not count:
            return ""
        are, them = ("is a", "it") if count == 1 else ("are", "them")
        ratings = singular(split.rating_noun) if count == 1 else split.rating_noun
        return (
            f"{count:,} of these pairs {are} held-out {subset} {ratings}: lists without {them} cannot find "
            f"{them}, and every metric counts {them} as missed."
        )


def read_owned(content: bytes, filename: str, dataset: Dataset) -> OwnedItems:
    """Read a table with the columns user and item, or two columns in this order without a header, and join it by id.

    Other columns are not read: every row counts, whatever else it says. Raises InputError for any other file, and where
    no row is about a person and an item of the data. Where the guessed delimiter leads to nothing, as with names that
    have blanks, the usual ones are tried.
    """
    errors = []
    for delimiter in _DELIMITERS:
        try:
            return _read(content, filename, dataset, Choices(delimiter=delimiter))
        except InputError as error:
            errors.append(error)
    raise errors[0]


def _read(content: bytes, filename: str, dataset: Dataset, choices: Choices) -> OwnedItems:
    with only_input_errors(filename):
        table, user, item = _open(content, filename, dataset, choices)
        users, items = (table.frame.iloc[:, column].str.strip().to_numpy(object) for column in (user, item))
    has_both = (users != "") & (items != "")
    users, of_users = unwrap_rows("user", users[has_both])
    items, of_items = unwrap_rows("item", items[has_both])
    rows, columns = match_ids(users, dataset.user_ids), match_ids(items, dataset.item_ids)
    for name, ids, indices, known in (
        ("people", users, rows, dataset.user_ids),
        ("items", items, columns, dataset.item_ids),
    ):
        if not np.any(indices >= 0):
            raise InputError(
                f"A file of owned items must be about the {name} of the data that is chosen. None of its ids is here: "
                f"it has {list_quoted(list(dict.fromkeys(ids[:1000])))}, the data {list_quoted(known)}. Give the ids "
                "of the data, the person in the column 'user' and the item in the column 'item'."
            )
    fits = (rows >= 0) & (columns >= 0)
    if not fits.any():
        raise InputError(
            "A row of owned items must name a person and an item of the data. Every row has an unknown one: "
            f"{int(np.sum(rows < 0)):,} people and {int(np.sum(columns < 0)):,} items are not in the data."
        )
    m, n = len(dataset.user_ids), len(dataset.item_ids)
    pairs = Interactions.from_triples(rows[fits], columns[fits], np.ones(int(fits.sum())), m, n)
    is_unknown_user, is_unknown_item = rows < 0, (columns < 0) & (rows >= 0)
    return OwnedItems(
        pairs=pairs,
        n_rows=len(has_both) + table.n_left_out,
        n_blank=int(np.sum(~has_both)),
        n_repeated=int(fits.sum()) - pairs.n_interactions,
        unknown_users=tuple(dict.fromkeys(users[is_unknown_user]))[:3],
        n_unknown_users=int(is_unknown_user.sum()),
        unknown_items=tuple(dict.fromkeys(items[is_unknown_item]))[:3],
        n_unknown_items=int(is_unknown_item.sum()),
        notes=(*(group.sentence() for group in table.all_left_out()), *of_users, *of_items),
    )


def _open(content: bytes, filename: str, dataset: Dataset, choices: Choices) -> tuple[Table, int, int]:
    """Return the table, and the columns of the users and the items."""

    def open_with(header: bool | None) -> tuple[Table, Layout]:
        return open_table(content, filename, wanted=OWNED, choices=replace(choices, header=header))

    table, layout = open_with(None)
    first = tuple(str(text) for text in table.frame.iloc[0])
    if not layout.header and {*_ROLES} & {*map(column_roles.role_of, first)} and not _is_pair(first, dataset):
        table, layout = open_with(True)
    elif layout.header and _is_pair(table.names, dataset):
        table, layout = open_with(False)
    if table.n_columns < 2:
        raise InputError(
            f"A file of owned items must have two columns, user and item. This one has {list_quoted(table.names)} "
            "only: check what separates its fields."
        )
    if not layout.header:
        if table.n_columns == 2:
            return table, 0, 1
        raise InputError(
            f"A file of owned items with {table.n_columns} columns must name them. This one has no header: write "
            "'user' and 'item' above the two that count."
        )
    roles = [column_roles.role_of(name) for name in table.names]
    if table.n_columns == 2 and len({*_ROLES} & {*roles}) == 1:  # the other column is the other one
        known = next(role for role in roles if role in _ROLES)
        roles = [role if role == known else next(each for each in _ROLES if each != known) for role in roles]
    if not set(_ROLES) <= set(roles):
        raise InputError(
            "A file of owned items must have the columns user and item. The columns are "
            f"{list_quoted(table.names)}. Name them so in the first row."
        )
    return table, roles.index(column_roles.USER), roles.index(column_roles.ITEM)


def _is_pair(texts: tuple[str, ...], dataset: Dataset) -> bool:
    """Tell whether a row of two texts is a user and an item of the data, so that it is no header."""
    return len(texts) == 2 and texts[0].strip() in set(dataset.user_ids) and texts[1].strip() in set(dataset.item_ids)


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"
