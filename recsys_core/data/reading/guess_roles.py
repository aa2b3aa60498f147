"""Guess which columns hold user, item, rating, time, title and event: by name, else by content."""

import re
from collections.abc import Callable
from functools import cache

from recsys_core.data.reading import column_roles
from recsys_core.data.reading.columns import Column, depends_on, mean_partners, sample_column
from recsys_core.data.reading.doubts import Answer, Doubt
from recsys_core.data.reading.events import varies_for_one
from recsys_core.data.reading.receipt import list_quoted, quote
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError

USER, ITEM, RATING, TIME, TITLE, EVENT = (
    column_roles.USER,
    column_roles.ITEM,
    column_roles.RATING,
    column_roles.TIME,
    column_roles.TITLE,
    column_roles.EVENT,
)
MOST_ANSWERS = 4
MOST_STARS = 10  # steps of a scale that is no column of ids
WORDS = {USER: "person", ITEM: "item"}  # on the screen
Sampler = Callable[[int], Column]
"""Gives the sample of the column with an index."""
# Ids whose form tells whose they are: Amazon's reviewers; products, books, films and songs.
USER_SHAPE = re.compile(r"A[0-9A-Z]{9,14}|A[A-Z0-9]{27}")
ITEM_SHAPE = re.compile(
    r"B[0-9]{2}[0-9A-Z]{7}|[0-9]{9}[0-9Xx]|97[89][0-9]{10}|tt[0-9]{7,8}|SO[A-Z]{2,7}[0-9A-F]{10,11}"
)


def guess_roles(
    table: Table, has_header: bool, is_movielens: bool = False
) -> tuple[dict[str, int], tuple[int, ...], list[Doubt]]:
    """Return (role → column index, the columns of a date in parts, doubts).

    `is_movielens` says that it is a file of MovieLens, which has the user first. Raises InputError where no column can
    be the user or the item.
    """

    @cache
    def column(index: int) -> Column:
        return sample_column(table, index)

    roles = _by_name(table.names, column) if has_header else {}
    parts = _date_parts(table.names) if has_header else ()
    if parts and (TIME not in roles or roles[TIME] in parts or not column(roles[TIME]).is_time):
        roles.pop(TIME, None)
    else:
        parts = ()
    spare = [
        index
        for index, name in enumerate(table.names)
        if index not in (*roles.values(), *parts)
        and not (
            has_header
            and (column_roles.is_index(name) or column_roles.role_of(name) in (USER, ITEM, RATING, column_roles.GENRE))
        )
    ]
    assumed = _without_ids(roles, spare)

    def tells_events(kinds: Column) -> bool:
        return _may_be_of_events({**roles, EVENT: kinds.index}, table.names, column)

    if USER in roles and ITEM in roles and not assumed:
        _fill_by_content(roles, [column(index) for index in spare], tells_events, only_extras=True)
        _check_title(roles, column)
        return roles, parts, []
    known = set(roles)
    _fill_by_content(roles, [column(index) for index in spare], tells_events)
    for role in (USER, ITEM):
        if role not in roles:
            raise InputError(
                f"A rating file must have a column for the {role}. The columns are {list_quoted(table.names)}. "
                f"Add the {role} column, or name it '{role}'."
            )
    if TITLE not in roles:
        _find_title(roles, [column(index) for index in spare if index not in roles.values()], column)
    assumed += [role for role in (USER, ITEM, RATING, TIME, EVENT) if role in roles and role not in known]
    _check_title(roles, column)
    return roles, parts, _doubts_on_roles(table, has_header, roles, assumed, spare, column, is_movielens)


def _fits_role(role: str, column: Column) -> bool:
    """Tell whether the values of a column suit its role."""
    if role == RATING:
        return column.is_numeric or column.is_opinion
    if role == TIME:
        return column.is_time
    if role == EVENT:
        return not column.is_unique and len(column.filled) <= 20
    return len(column.filled) > 0


def _by_name(names: tuple[str, ...], column: Sampler) -> dict[str, int]:
    """Return role → column index by the names; of several columns the one with fitting values, then the usual name."""
    candidates: dict[str, list[int]] = {}
    for index, name in enumerate(names):
        if role := column_roles.role_of(name):
            candidates.setdefault(role, []).append(index)
    if RATING not in candidates or USER not in candidates or ITEM not in candidates:
        for index, name in enumerate(names):
            role = None if column_roles.role_of(name) else column_roles.role_within(name)
            if role and role not in candidates and (role != RATING or column(index).may_be_rating):
                candidates[role] = [index]
    roles = {}
    for role, indices in candidates.items():
        ranks = {i: column_roles.rank_of(names[i]) if column_roles.role_of(names[i]) else 0 for i in indices}
        fits = {i: len(indices) == 1 or _fits_role(role, column(i)) for i in indices}
        roles[role] = min(indices, key=lambda i: (not fits[i], ranks[i], i))
    if RATING in roles and column(roles[RATING]).is_prose and not column(roles[RATING]).is_numeric:
        del roles[RATING]
    if EVENT in roles and not _fits_role(EVENT, column(roles[EVENT])):
        del roles[EVENT]
    if EVENT in roles and RATING in roles and not _may_be_of_events(roles, names, column):
        del roles[EVENT]
    # The year of a film is not when it was rated.
    if TIME in roles and ITEM in roles and column_roles.date_part(names[roles[TIME]]) == "year":
        if depends_on(column(roles[TIME]), column(roles[ITEM])):
            del roles[TIME]
    if TITLE not in roles and ITEM in roles:
        _find_title(roles, [column(index) for index in candidates[ITEM] if index != roles[ITEM]], column)
    roles.pop(column_roles.GENRE, None)
    return roles


def _may_be_of_events(roles: dict[str, int], names: tuple[str, ...], column: Sampler) -> bool:
    """Tell whether the numbers count use, or belong to one kind of event only, so that they are no ratings."""
    if column_roles.is_count(names[roles[RATING]]):
        return True
    event, rating = column(roles[EVENT]), column(roles[RATING])
    return varies_for_one(event.codes, rating.codes, rating.texts) is not None


def _date_parts(names: tuple[str, ...]) -> tuple[int, ...]:
    """Return the columns of year, month, day and so on, as far as they are complete; () without a day."""
    indices: dict[str, int] = {}
    for index, name in enumerate(names):
        if part := column_roles.date_part(name):
            indices.setdefault(part, index)
    known = []
    for part in column_roles.DATE_PARTS:
        if part not in indices:
            break
        known.append(indices[part])
    return tuple(known) if len(known) >= 3 else ()


def _without_ids(roles: dict[str, int], spare: list[int]) -> list[str]:
    """Use the names of users or items as ids where no column has their ids; return the roles for which it is so."""
    assumed, title = [], roles.get(TITLE)
    if title is not None and ITEM not in roles:
        roles[ITEM] = roles.pop(TITLE)
        assumed.append(ITEM)
    elif title is not None and USER not in roles and not spare:
        roles[USER] = roles.pop(TITLE)
        assumed.append(USER)
    return assumed


def _fill_by_content(
    roles: dict[str, int], spare: list[Column], tells_events: Callable[[Column], bool], only_extras: bool = False
) -> None:
    """Add the missing roles to `roles`, from what the spare columns hold.

    With `only_extras`, users and items are known by name, and only a time and events are looked for: any other number
    in such a file, such as a price, is no rating. `tells_events` says whether a column of events goes with the rating.
    """
    if TIME not in roles:
        times = [each for each in spare if each.is_time and not each.is_constant]
        if only_extras:
            times = [each for each in times if not each.is_numeric]
        candidates = [each for each in spare if each.may_be_id]
        n_missing = sum(role not in roles for role in (USER, ITEM))
        if times and (len(candidates) >= n_missing or len(times) > n_missing - len(candidates)):
            # Where ids look like times, the last of these columns is the time.
            roles[TIME] = (times[0] if len(candidates) >= n_missing else times[-1]).index
    spare = [each for each in spare if each.index != roles.get(TIME)]
    if EVENT not in roles:
        kinds = [each for each in spare if each.is_event and (RATING not in roles or tells_events(each))]
        if kinds:
            roles[EVENT] = kinds[0].index
            spare = [each for each in spare if each is not kinds[0]]
    if only_extras:
        return
    missing = [role for role in (USER, ITEM) if role not in roles]
    ids, ratings = _ids_and_ratings(spare, len(missing), RATING in roles or EVENT in roles)
    for role, chosen in zip(missing, _ordered(ids, missing), strict=False):
        roles[role] = chosen.index
    if RATING not in roles and ratings and EVENT not in roles:
        roles[RATING] = ratings[0].index


def _ids_and_ratings(spare: list[Column], n_ids: int, has_rating: bool) -> tuple[list[Column], list[Column]]:
    """Return the columns of ids, in the order of the file, and those of ratings or counts, the likeliest first."""
    ratings = [] if has_rating else [each for each in spare if each.may_be_rating and not each.is_constant]
    ids = [each for each in spare if each.may_be_id and each not in ratings]
    # Numbers of rows before one column of ids and ratings: everybody has one row, as where only the last is held out.
    if n_ids == 2 and len(ids) == 1 and any(len(each.filled) <= MOST_STARS for each in ratings):
        ids += [each for each in spare if each.is_row_number and each.index < ids[0].index][:1]
    # Small whole numbers may be ids too: then those in runs, and of others the first, are ids.
    movable = sorted((each for each in ratings if each.may_be_id), key=lambda each: (each.runs <= 0.5, each.index))
    while len(ids) < n_ids and movable:
        ids.append(movable.pop(0))
        ratings.remove(ids[-1])
    while len(ids) < n_ids and (others := [each for each in spare if each not in ids and each not in ratings]):
        ids.append(others[0])
    if len(ids) > n_ids:
        ids, weak = _best_ids(ids, n_ids)
        # A number that depends neither on the user nor on the item alone counts something.
        counts = [each for each in weak if each.is_whole and not any(depends_on(each, other) for other in ids)]
        if not has_rating and not ratings:
            ratings = [each for each in counts if not each.is_unique][:1]
    if not has_rating and not ratings:
        ratings = [
            each
            for each in spare
            if each not in ids and each.is_numeric and not (each.is_coordinate or each.is_row_number or each.is_time)
            and not each.is_constant and not any(depends_on(each, other) for other in ids)
        ]  # fmt: skip
    # In nearly every such file, the rating comes after the ids.
    last = max((each.index for each in ids), default=0)
    ratings.sort(key=lambda each: (each.index < last, each.index))
    return sorted(ids, key=lambda each: each.index), ratings


def _best_ids(columns: list[Column], n_ids: int) -> tuple[list[Column], list[Column]]:
    """Split the columns into the likeliest ids and the others: texts of ids repeat, are many, and differ by column."""

    def quality(each: Column) -> tuple[bool, bool, bool]:
        return (not each.is_unique, not (each.is_numeric and not _has_shape(each)), len(each.texts) > 20)

    chosen: list[Column] = []
    for each in sorted(columns, key=lambda each: (*(not good for good in quality(each)), each.index)):
        if len(chosen) < n_ids and not any(depends_on(each, other) for other in chosen):
            chosen.append(each)
    chosen += [each for each in columns if each not in chosen][: n_ids - len(chosen)]
    return chosen, [each for each in columns if each not in chosen]


def _ordered(ids: list[Column], missing: list[str]) -> list[Column]:
    """Put users before items, as nearly every file has them, unless the ids tell otherwise."""
    if len(missing) == 2 and len(ids) >= 2 and (side_of_ids(ids[0]) == ITEM or side_of_ids(ids[1]) == USER):
        return [ids[1], ids[0]]
    return ids


def side_of_ids(column: Column) -> str | None:
    """Return USER or ITEM where the ids tell whose they are, by their form or a word as in 'film 12'; else None."""
    some = [text for text in column.filled[:200] if text]
    for role, shape in ((USER, USER_SHAPE), (ITEM, ITEM_SHAPE)):
        if some and sum(shape.fullmatch(text) is not None for text in some) >= 0.9 * len(some):
            return role
    words = {re.sub(r"[\W_\d]+$", "", text) for text in some}
    kinds = {column_roles.role_of(word) for word in words} if len(words) <= 3 else {None}
    return kinds.pop() if kinds in ({USER}, {ITEM}) else None


def _has_shape(column: Column) -> bool:
    return side_of_ids(column) is not None


def _find_title(roles: dict[str, int], spare: list[Column], column: Sampler) -> None:
    """Add the title to `roles`: a text that depends on the item and tells it apart."""
    item = column(roles[ITEM])
    titles = [
        each
        for each in spare
        if not each.is_numeric and not each.is_time and not each.is_prose and not each.is_constant
        and depends_on(each, item) and len(each.texts) > 0.7 * len(item.texts)
    ]  # fmt: skip
    if titles:
        roles[TITLE] = titles[0].index


def _check_title(roles: dict[str, int], column: Sampler) -> None:
    """Remove a title that depends neither on the item nor on the user: it is that of a review."""
    if TITLE in roles:
        title = column(roles[TITLE])
        if all(mean_partners(title, column(roles[role])) > 1.5 for role in (ITEM, USER)):
            del roles[TITLE]


def _doubts_on_roles(
    table: Table,
    has_header: bool,
    roles: dict[str, int],
    assumed: list[str],
    spare: list[int],
    column: Sampler,
    is_movielens: bool,
) -> list[Doubt]:
    """Return the doubts about the roles that were `assumed` from what columns hold."""
    names = [quote(name, 30) if has_header else name for name in table.names]
    doubts, ids = [], [role for role in (USER, ITEM) if role in assumed]
    if has_header and assumed:
        columns = ", ".join(f"{WORDS.get(role, role)} = {names[roles[role]]}" for role in assumed)
        doubts.append(
            Doubt(
                "names",
                f"The names do not say which column is which. Assumed: {columns}. Correct this if it is wrong.",
                about=tuple(assumed),
            )
        )
    if len(ids) == 2:
        user, item = roles[USER], roles[ITEM]
        is_told = side_of_ids(column(user)) == USER or side_of_ids(column(item)) == ITEM or is_movielens
        why = "as in the files of MovieLens" if is_movielens else "going by their ids"
        question = (
            f"The person is read from {names[user]} and the item from {names[item]}, {why}."
            if is_told
            else f"Which column names the person, {names[user]} or {names[item]}? The file does not tell, and either "
            "is possible."
        )
        sides = (
            Answer(f"{names[user]} is the person"),
            Answer(f"{names[item]} is the person", (("user", item), ("item", user))),
        )
        doubts.append(Doubt("order", question, user, sides, must_answer=not is_told))
    elif ids:
        (role,) = ids
        known = column(roles[ITEM if role == USER else USER])
        others = [
            index
            for index in spare
            if index not in roles.values() and column(index).may_be_id and not depends_on(column(index), known)
        ]
        if others:
            answers = [Answer(names[index], ((role, index),)) for index in (roles[role], *others)][:MOST_ANSWERS]
            question = f"Which column names the {WORDS[role]}? {names[roles[role]]} is assumed."
            doubts.append(Doubt(f"role {role}", question, roles[role], tuple(answers), must_answer=True))
    return doubts
