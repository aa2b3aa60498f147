"""Which columns hold person, item, rating, time, title and event? By their names, else by what they hold."""

import re
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
# Ids whose shape says whose they are: Amazon's reviewers; products, books, films and songs.
USER_SHAPE = re.compile(r"A[0-9A-Z]{9,14}|A[A-Z0-9]{27}")
ITEM_SHAPE = re.compile(
    r"B[0-9]{2}[0-9A-Z]{7}|[0-9]{9}[0-9Xx]|97[89][0-9]{10}|tt[0-9]{7,8}|SO[A-Z]{2,7}[0-9A-F]{10,11}"
)


def guess_roles(
    table: Table, has_header: bool, is_movielens: bool = False
) -> tuple[dict[str, int], tuple[int, ...], list[Doubt]]:
    """(role → column, the columns of a date in parts, doubts). Raises InputError without a person or an item.

    MovieLens' own files have the person first.
    """
    column = cache(lambda place: sample_column(table, place))
    found = _by_name(table.names, column) if has_header else {}
    parts = _date_parts(table.names) if has_header else ()
    if parts and (TIME not in found or found[TIME] in parts or not column(found[TIME]).is_time):
        found.pop(TIME, None)
    else:
        parts = ()
    spare = [
        place
        for place, name in enumerate(table.names)
        if place not in (*found.values(), *parts)
        and not (
            has_header
            and (column_roles.is_index(name) or column_roles.role_of(name) in (USER, ITEM, RATING, column_roles.GENRE))
        )
    ]
    assumed = _without_ids(found, table, spare)

    def tells_events(kinds: Column) -> bool:
        return _may_be_of_events({**found, EVENT: kinds.place}, table.names, column)

    if USER in found and ITEM in found and not assumed:
        _fill_by_content(found, [column(place) for place in spare], tells_events, only_extras=True)
        _check_title(found, column)
        return found, parts, []
    taken = set(found)
    _fill_by_content(found, [column(place) for place in spare], tells_events)
    for role in (USER, ITEM):
        if role not in found:
            raise InputError(
                f"A rating file must have a column for the {role}. The columns are {list_quoted(table.names)}. "
                f"Add the {role} column, or name it '{role}'."
            )
    if TITLE not in found:
        _find_title(found, [column(place) for place in spare if place not in found.values()], column)
    assumed += [role for role in (USER, ITEM, RATING, TIME, EVENT) if role in found and role not in taken]
    _check_title(found, column)
    return found, parts, _doubts_on_roles(table, has_header, found, assumed, spare, column, is_movielens)


def _by_name(names: tuple[str, ...], column) -> dict[str, int]:
    """role → column, by the names; of several the one that holds such values, then the one with the usual name."""
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        if role := column_roles.role_of(name):
            places.setdefault(role, []).append(place)
    if RATING not in places or USER not in places or ITEM not in places:
        for place, name in enumerate(names):
            role = None if column_roles.role_of(name) else column_roles.role_within(name)
            if role and role not in places and (role != RATING or column(place).may_be_rating):
                places[role] = [place]
    fits = {
        RATING: lambda place: column(place).is_numeric or column(place).is_opinion,
        TIME: lambda place: column(place).is_time,
        EVENT: lambda place: not column(place).is_unique and len(column(place).filled) <= 20,
    }
    found = {}
    for role, candidates in places.items():
        rank = {
            place: column_roles.rank_of(names[place]) if column_roles.role_of(names[place]) else 0
            for place in candidates
        }
        is_fit = fits.get(role, lambda place: len(column(place).filled) > 0) if len(candidates) > 1 else lambda _: True
        candidates.sort(key=lambda place: (not is_fit(place), rank[place], place))
        found[role] = candidates[0]
    if RATING in found and column(found[RATING]).is_prose:
        del found[RATING]
    if EVENT in found and not fits[EVENT](found[EVENT]):
        del found[EVENT]
    if EVENT in found and RATING in found and not _may_be_of_events(found, names, column):
        del found[EVENT]
    # The year of a film is not when it was rated.
    if TIME in found and ITEM in found and column_roles.date_part(names[found[TIME]]) == "year":
        if depends_on(column(found[TIME]), column(found[ITEM])):
            del found[TIME]
    if TITLE not in found and ITEM in found:
        _find_title(found, [column(place) for place in places[ITEM] if place != found[ITEM]], column)
    found.pop(column_roles.GENRE, None)
    return found


def _may_be_of_events(found: dict, names: tuple[str, ...], column) -> bool:
    """Whether the numbers count use, or are of one event only, so that they are no ratings."""
    if column_roles.is_count(names[found[RATING]]):
        return True
    event, rating = column(found[EVENT]), column(found[RATING])
    return varies_for_one(event.codes, rating.codes, rating.texts) is not None


def _date_parts(names: tuple[str, ...]) -> tuple[int, ...]:
    """The columns of year, month, day and so on, as far as they are all there, from the largest."""
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        if part := column_roles.date_part(name):
            places.setdefault(part, place)
    known = []
    for part in column_roles.DATE_PARTS:
        if part not in places:
            break
        known.append(places[part])
    return tuple(known) if len(known) >= 3 else ()


def _without_ids(found: dict, table: Table, spare: list[int]) -> list[str]:
    """Where no column has the ids of persons or items, their names are ids; says for which roles."""
    assumed, title = [], found.get(TITLE)
    if title is not None and ITEM not in found:
        found[ITEM] = found.pop(TITLE)
        assumed.append(ITEM)
    elif title is not None and USER not in found and not spare:
        found[USER] = found.pop(TITLE)
        assumed.append(USER)
    return assumed


def _fill_by_content(found: dict, spare: list[Column], tells_events, only_extras: bool = False) -> None:
    """Add the roles that are missing, from what the spare columns hold.

    With `only_extras` people and items are known by name, and only a time and events are looked for: any other
    number in such a file, such as a price, is no rating. `tells_events` says whether a column of events goes with the
    rating.
    """
    if TIME not in found:
        times = [each for each in spare if each.is_time and not each.is_constant]
        if only_extras:
            times = [each for each in times if not each.is_numeric]
        candidates = [each for each in spare if each.may_be_id]
        n_missing = sum(role not in found for role in (USER, ITEM))
        if times and (len(candidates) >= n_missing or len(times) > n_missing - len(candidates)):
            # Where ids look like times the last of these columns is the time.
            found[TIME] = (times[0] if len(candidates) >= n_missing else times[-1]).place
    spare = [each for each in spare if each.place != found.get(TIME)]
    if EVENT not in found:
        kinds = [each for each in spare if each.is_event and (RATING not in found or tells_events(each))]
        if kinds:
            found[EVENT] = kinds[0].place
            spare = [each for each in spare if each is not kinds[0]]
    if only_extras:
        return
    missing = [role for role in (USER, ITEM) if role not in found]
    ids, ratings = _ids_and_ratings(spare, len(missing), RATING in found or EVENT in found)
    for role, chosen in zip(missing, _ordered(ids, missing), strict=False):
        found[role] = chosen.place
    if RATING not in found and ratings and EVENT not in found:
        found[RATING] = ratings[0].place


def _ids_and_ratings(spare: list[Column], n_ids: int, has_rating: bool) -> tuple[list[Column], list[Column]]:
    """The columns of ids, in the order of the file, and those of ratings or counts, the likeliest first."""
    ratings = [] if has_rating else [each for each in spare if each.may_be_rating and not each.is_constant]
    ids = [each for each in spare if each.may_be_id and each not in ratings]
    # Small whole numbers may be ids too: then those in runs, and of others the first, are ids.
    movable = sorted((each for each in ratings if each.may_be_id), key=lambda each: (each.runs <= 0.5, each.place))
    while len(ids) < n_ids and movable:
        ids.append(movable.pop(0))
        ratings.remove(ids[-1])
    while len(ids) < n_ids and (others := [each for each in spare if each not in ids and each not in ratings]):
        ids.append(others[0])
    if len(ids) > n_ids:
        ids, weak = _best_ids(ids, n_ids)
        # What is left counts something if it is a number that goes neither with the person nor with the item alone.
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
    # A rating stands behind the ids, as nearly every such file has it, or is the only one before them.
    last = max((each.place for each in ids), default=0)
    ratings.sort(key=lambda each: (each.place < last, each.place))
    return sorted(ids, key=lambda each: each.place), ratings


def _best_ids(columns: list[Column], n_ids: int) -> tuple[list[Column], list[Column]]:
    """The columns that are most likely ids: their texts repeat, there are many, and no two tell the same thing."""

    def quality(each: Column):
        return (not each.is_unique, not (each.is_numeric and not _has_shape(each)), len(each.texts) > 20)

    chosen: list[Column] = []
    for each in sorted(columns, key=lambda each: (*(not good for good in quality(each)), each.place)):
        if len(chosen) < n_ids and not any(depends_on(each, other) for other in chosen):
            chosen.append(each)
    chosen += [each for each in columns if each not in chosen][: n_ids - len(chosen)]
    return chosen, [each for each in columns if each not in chosen]


def _ordered(ids: list[Column], missing: list[str]) -> list[Column]:
    """Persons before items, as nearly every file has them, unless the ids tell otherwise."""
    if len(missing) == 2 and len(ids) >= 2 and (side_of_ids(ids[0]) == ITEM or side_of_ids(ids[1]) == USER):
        return [ids[1], ids[0]]
    return ids


def side_of_ids(column: Column) -> str | None:
    """USER or ITEM where the ids tell whose they are, by their shape or a word before a number ('film 12'), or None."""
    some = [text for text in column.filled[:200] if text]
    for role, shape in ((USER, USER_SHAPE), (ITEM, ITEM_SHAPE)):
        if some and sum(shape.fullmatch(text) is not None for text in some) >= 0.9 * len(some):
            return role
    words = {re.sub(r"[\W_\d]+$", "", text) for text in some}
    kinds = {column_roles.role_of(word) for word in words} if len(words) <= 3 else {None}
    return kinds.pop() if kinds in ({USER}, {ITEM}) else None


def _has_shape(column: Column) -> bool:
    return side_of_ids(column) is not None


def _find_title(found: dict, spare: list[Column], column) -> None:
    """A text that goes with the item and tells it apart is its title."""
    item = column(found[ITEM])
    titles = [
        each
        for each in spare
        if not each.is_numeric and not each.is_time and not each.is_prose and not each.is_constant
        and depends_on(each, item) and len(each.texts) > 0.7 * len(item.texts)
    ]  # fmt: skip
    if titles:
        found[TITLE] = titles[0].place


def _check_title(found: dict, column) -> None:
    """A title that goes neither with the item nor with the person is that of a review."""
    if TITLE in found:
        title = column(found[TITLE])
        if all(mean_partners(title, column(found[role])) > 1.5 for role in (ITEM, USER)):
            del found[TITLE]


def _doubts_on_roles(table, has_header, found, assumed, spare, column, is_movielens) -> list[Doubt]:
    names = [quote(name, 30) if has_header else name for name in table.names]
    doubts, ids = [], [role for role in (USER, ITEM) if role in assumed]
    if has_header and assumed:
        columns = ", ".join(f"{role} = {names[found[role]]}" for role in assumed)
        doubts.append(
            Doubt(
                "names",
                f"The names do not say which column is which; assumed: {columns}. Choose if that is wrong.",
                about=tuple(assumed),
            )
        )
    if len(ids) == 2:
        user, item = found[USER], found[ITEM]
        is_told = side_of_ids(column(user)) == USER or side_of_ids(column(item)) == ITEM or is_movielens
        why = "as in MovieLens' files" if is_movielens else "as their ids look"
        question = (
            f"The person is read from {names[user]} and the item from {names[item]}, {why}."
            if is_told
            else f"Which column names the person, {names[user]} or {names[item]}? Nothing in the file tells: either "
            "reading is possible."
        )
        answers = (
            Answer(f"{names[user]} is the person"),
            Answer(f"{names[item]} is the person", (("user", item), ("item", user))),
        )
        doubts.append(Doubt("order", question, user, answers, must_answer=not is_told))
    elif ids:
        (role,) = ids
        known = column(found[ITEM if role == USER else USER])
        others = [
            place
            for place in spare
            if place not in found.values() and column(place).may_be_id and not depends_on(column(place), known)
        ]
        if others:
            word = {USER: "person", ITEM: "item"}[role]
            answers = [Answer(f"{names[place]}", ((role, place),)) for place in (found[role], *others)][:MOST_ANSWERS]
            question = f"Which column names the {word}? {names[found[role]]} is assumed."
            doubts.append(Doubt(f"role {role}", question, found[role], tuple(answers), must_answer=True))
    return doubts
