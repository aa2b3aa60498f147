"""Read recommendations of any system from a file and join them to a data set by raw ids. Nothing is repaired."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recsys_core.algorithms.list_model import ListModel
from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.match_ids import match_ids
from recsys_core.data.nouns import count_noun
from recsys_core.data.reading import column_roles
from recsys_core.data.reading.ids import unwrap_rows
from recsys_core.data.reading.open_table import open_table
from recsys_core.data.reading.opened import only_input_errors
from recsys_core.data.reading.receipt import list_quoted, quote
from recsys_core.data.reading.table import Table
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.percent import percent

LISTS = ("recommendations", "lists", "run", "top", ".run")
_RANKS = {"rank", "position", "place", "rang"}
_SCORES, _VALUES = {"score", "scores", "est"}, {"relevance", "value"}
_MODELS = {"model", "modelname", "algorithm", "algo", "method", "recommender", "system", "run", "runid"}
_LONGEST_LIST = 1_000
"""The longest list that is kept; metrics use the first 50 ranks, held-out items are looked up in the whole list."""


@dataclass(frozen=True, eq=False)
class ListsFile:
    """Recommendations with raw ids, row by row; the rows of each user are in the order of the list.

    `order` says in a sentence where that order comes from, and `remarks` what else must be known of the file: rows that
    were left out, and ties.
    """

    users: np.ndarray
    items: np.ndarray
    order: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class ListsReport:
    """How lists and a split match: counts of rows and of users.

    If they fit, all but `n_rows`, `n_users`, `n_found` (the rows whose item is held out) and `cutoff` are 0.
    """

    n_rows: int
    n_users: int
    unknown_users: tuple[str, ...]
    n_unknown_user_rows: int
    n_unknown_items: int
    n_seen: int
    n_found: int
    n_repeated: int
    n_beyond: int
    n_without_list: int
    n_short: int
    cutoff: int

    def sentences(self) -> list[str]:
        """Return what must be known about the lists: always the first sentence, and the others that apply."""
        rows, users = count_noun(self.n_rows, "recommendations"), count_noun(self.n_users, "people")
        text = [f"{rows} for {users} in the data."]
        if self.n_unknown_user_rows:
            text.append(
                f"{self.n_unknown_user_rows:,} rows are for people who are not in the data, such as "
                f"{list_quoted(self.unknown_users)}. They were left out."
            )
        if self.n_seen:
            text.append(
                f"{self.n_seen:,} recommendations ({percent(self.n_seen / self.n_rows)}) are of items that the person "
                "has in training already. They keep their ranks and count as misses: the lists may belong to another "
                "split, or to a recommender that repeats known items."
            )
        if self.n_found == 0:
            text.append(
                "None of the recommendations is an item that was held out, so every score is 0. This is so by "
                "construction for lists without the held-out items, such as those downloaded under History."
            )
        if self.n_unknown_items:
            text.append(
                f"{self.n_unknown_items:,} recommendations ({percent(self.n_unknown_items / self.n_rows)}) are of "
                "items that are not in the data. They keep their ranks and count as misses."
            )
        if self.n_repeated:
            text.append(
                f"{self.n_repeated:,} recommendations repeat an item further up in the same list. They keep their "
                "ranks and count as misses."
            )
        if self.n_beyond:
            text.append(f"{self.n_beyond:,} recommendations are beyond rank {_LONGEST_LIST:,} and were left out.")
        if self.n_without_list:
            text.append(
                f"{self.n_without_list:,} of the people who are scored have no list. None of their held-out items "
                "counts as found."
            )
        if self.n_short:
            text.append(
                f"{count_noun(self.n_short, 'people')} {'has' if self.n_short == 1 else 'have'} fewer than "
                f"{count_noun(self.cutoff, 'recommendations')}. The missing entries count as misses."
            )
        return text


def read_lists(content: bytes, filename: str) -> ListsFile:
    """Read lists from a table with the columns user, item, and rank (1 is best) or score, or from a TREC run.

    If there are both, the rank counts; of scores a prediction counts before a relevance or a value, and these before a
    rating, which may be the truth. Ties keep the order of the file; in a TREC run the larger id comes first, as in
    trec_eval. Raises InputError for any other file, for ranks below 0, where two columns may be the score, and where a
    user has the lists of several models.
    """
    with only_input_errors(filename):
        table, layout = open_table(content, filename, wanted=LISTS)
        if not layout.header and _is_trec_run(table):
            users, items, scores, tags = (_texts(table, position) for position in (0, 2, 4, 5))
            _refuse_several_lists(users, tags, "tag")
            order = np.lexsort((_descending(items), -_numbers(scores, table, "score")))
            how = "In the order of the scores, as trec_eval takes a run."
            return ListsFile(users[order], items[order], how, _remarks(table))
        columns = _columns(table)
        users, of_users = unwrap_rows("user", _texts(table, columns["user"]))
        items, of_items = unwrap_rows("item", _texts(table, columns["item"]))
        table = replace(table, warnings=(*table.warnings, *of_users, *of_items))
        for position, name in enumerate(table.names):
            if column_roles.normalise(name) in _MODELS:
                _refuse_several_lists(users, _texts(table, position), name)
        if "rank" in columns:
            ranks = _numbers(_texts(table, columns["rank"]), table, "rank")
            if (ranks < 0).any():
                row = int(np.argmax(ranks < 0))
                raise InputError(
                    f"Ranks must count from 1, the best, or from 0. {table.unit.capitalize()} {table.lines[row]} has "
                    f"{ranks[row]:g}: if larger is better, name the column 'score'."
                )
            return _in_order(users, items, ranks, table, "rank", columns["rank"])
        scores = _numbers(_texts(table, columns["score"]), table, "score")
        return _in_order(users, items, -scores, table, "score", columns["score"])


def join_lists(file: ListsFile, dataset: Dataset, split: Split, subset: str, *, cutoff: int) -> tuple[
    ListModel, ListsReport
]:  # fmt: skip
    """Return the lists over the users and items of `dataset`, and how they match the `subset` that is scored.

    Rows of unknown users are left out. A row with an unknown, a seen or a repeated item keeps its rank and is a miss.
    Raises InputError if no user or no item is known.
    """
    users, items = match_ids(file.users, dataset.user_ids), match_ids(file.items, dataset.item_ids)
    for name, ids, indices, known in (
        ("people", file.users, users, dataset.user_ids),
        ("items", file.items, items, dataset.item_ids),
    ):
        if not np.any(indices >= 0):
            raise InputError(
                f"Lists must be about the {name} of the data that is chosen. None of their ids is here: they have "
                f"{list_quoted(list(dict.fromkeys(ids[:1000])))}, the data {list_quoted(known)}. Choose the data that "
                "they were made for."
            )
    is_known = users >= 0
    unknown_users = file.users[~is_known]
    users, items = users[is_known], items[is_known]
    by_user = np.argsort(users, kind="stable")
    users, items = users[by_user], items[by_user]
    starts = np.searchsorted(users, np.arange(len(dataset.user_ids)))
    positions = np.arange(len(users)) - starts[users]
    is_kept = positions < _LONGEST_LIST
    n_beyond = int(np.sum(~is_kept))
    users, items, positions = users[is_kept], items[is_kept], positions[is_kept]
    n_items = len(dataset.item_ids)
    keys = users * n_items + items
    is_repeated = (items >= 0) & pd.Series(keys).duplicated(keep="first").to_numpy()
    seen, held_out = split.seen_and_held_out(subset)
    counts = (items >= 0) & ~is_repeated
    is_seen = counts & np.isin(keys, _keys(seen))
    is_found = counts & np.isin(keys, _keys(held_out.relevant))
    lists = np.full((len(dataset.user_ids), int(positions.max(initial=0)) + 1), -1, np.int32)
    lists[users, positions] = np.where(is_repeated, -1, items)
    lengths = np.bincount(users, minlength=len(dataset.user_ids))
    has_list = lengths > 0
    scored = held_out.relevant.items_per_user > 0
    report = ListsReport(
        n_rows=len(users),
        n_users=int(has_list.sum()),
        unknown_users=tuple(dict.fromkeys(unknown_users))[:3],
        n_unknown_user_rows=len(unknown_users),
        n_unknown_items=int(np.sum(items < 0)),
        n_seen=int(is_seen.sum()),
        n_found=int(is_found.sum()),
        n_repeated=int(is_repeated.sum()),
        n_beyond=n_beyond,
        n_without_list=int(np.sum(scored & ~has_list)),
        n_short=int(np.sum(has_list & (lengths < np.minimum(cutoff, _n_candidates(seen))))),
        cutoff=cutoff,
    )
    return ListModel(lists, n_items), report


def content_of(model: ListModel) -> str:
    """Return sixteen hex digits that identify the lists."""
    return hashlib.sha256(np.ascontiguousarray(model.lists).tobytes()).hexdigest()[:16]


def _keys(ratings: Interactions) -> np.ndarray:
    """Return a number for each pair of a user and an item."""
    keys: np.ndarray = ratings.users.astype(np.int64) * ratings.n_items + ratings.items
    return keys


def _n_candidates(seen: Interactions) -> np.ndarray:
    return seen.n_items - seen.items_per_user


def _is_trec_run(table: Table) -> bool:
    """Whether rows are `query Q0 document rank score tag`."""
    if table.n_columns != 6 or not len(table.frame):
        return False
    second = table.frame.iloc[:, 1].str.strip().str.upper()
    return bool(second.isin(["Q0", "0"]).all())


def _columns(table: Table) -> dict[str, int]:
    """Return the positions of user, item, and rank or score, by the names of the columns."""
    columns: dict[str, int] = {}
    scores: dict[int, list[int]] = {}
    for position, name in enumerate(table.names):
        role = column_roles.role_of(name)
        if column_roles.normalise(name) in _RANKS:
            columns.setdefault("rank", position)
        elif (trust := _trust_in_score(name)) is not None:
            scores.setdefault(trust, []).append(position)
        elif role in (column_roles.USER, column_roles.ITEM):
            columns.setdefault(role, position)
    if scores and "rank" not in columns:
        first, *others = scores[min(scores)]
        if others:
            raise InputError(
                "A file of lists must have one column that gives the order. This one has "
                f"{list_quoted([table.names[position] for position in (first, *others)])}, and it is unclear which is "
                "meant: name that one 'rank' if 1 is best, or else remove the others."
            )
        columns["score"] = first
    if not {"user", "item"} <= set(columns) or not {"rank", "score"} & set(columns):
        raise InputError(
            "A file of lists must have the columns user and item and one of rank and score, or be a TREC run. The "
            f"columns are {list_quoted(table.names)}. Name them so in the first row."
        )
    return columns


def _trust_in_score(name: str) -> int | None:
    """Return 0 for the name of a prediction, 1 or 2 for what may also be the true rating, None for any other name."""
    plain = column_roles.normalise(name)
    if plain in _SCORES or plain.startswith(("pred", "estimat")):
        return 0
    if plain in _VALUES:
        return 1
    return 2 if column_roles.role_of(name) == column_roles.RATING else None


def _refuse_several_lists(users: np.ndarray, models: np.ndarray, name: str) -> None:
    """Raise InputError where the rows of a user (r,) have several `models` (r,), from the column `name`."""
    pairs = pd.DataFrame({"user": users, "model": models}).drop_duplicates()
    is_again = pairs["user"].duplicated(keep=False)
    if is_again.any():
        user = pairs["user"][is_again].iloc[0]
        raise InputError(
            f"A file must have one list for each person. The person {quote(user, 30)} has rows with "
            f"{list_quoted(pairs['model'][pairs['user'] == user])} in the column {quote(name, 30)}: write one file per "
            "model, or leave the column out if these rows are one list."
        )


def _texts(table: Table, position: int) -> np.ndarray:
    return table.frame.iloc[:, position].str.strip().to_numpy(object)


def _numbers(texts: np.ndarray, table: Table, name: str) -> np.ndarray:
    numbers = pd.to_numeric(pd.Series(texts), errors="coerce").to_numpy(np.float64)
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise InputError(
            f"Every {name} must be a finite number. {len(wrong):,} of {len(texts):,} are not, the first in "
            f"{table.unit} {table.lines[wrong[0]]}: {str(texts[wrong[0]])[:40]!r}. Correct or remove these rows."
        )
    return numbers


def _in_order(
    users: np.ndarray, items: np.ndarray, keys: np.ndarray, table: Table, name: str, position: int
) -> ListsFile:
    """Return the rows in ascending order of `keys` (r,), the ranks or scores (`name`) of the column at `position`."""
    order = np.argsort(keys, kind="stable")
    remarks = _remarks(table)
    if n_tied := int(pd.DataFrame({"user": users, "key": keys}).duplicated().sum()):
        rows = "1 row has" if n_tied == 1 else f"{n_tied:,} rows have"
        remarks += (f"{rows} the same {name} as another of the same person. They keep the order of the file.",)
    how = f"In the order of the {name}s, from the column {quote(table.names[position], 30)}."
    return ListsFile(users[order], items[order], how, remarks)


def _remarks(table: Table) -> tuple[str, ...]:
    """Return what became of rows that are no recommendations, and what is doubtful in the file."""
    return (*(group.sentence() for group in table.all_left_out()), *table.warnings)


def _descending(texts: np.ndarray) -> np.ndarray:
    """Return numbers that sort texts in descending order, by characters as in trec_eval."""
    return -np.unique(texts.astype(str), return_inverse=True)[1]
