"""The ratings of a table, one entry each, and why some of them cannot be used."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from recsys_core.data.reading import numbers
from recsys_core.data.reading.doubts import Doubt
from recsys_core.data.reading.id_doubts import id_doubts, merged_by_rounding, tidy_id
from recsys_core.data.reading.ids import trim, trim_pairs, unwrap
from recsys_core.data.reading.layout import ADDING, DUPLICATES, Layout
from recsys_core.data.reading.receipt import N_EXAMPLES, list_quoted, quote
from recsys_core.data.reading.table import Table
from recsys_core.data.reading.times import parse_times, times_of_parts, useless_times
from recsys_core.data.reading.values import item_columns
from recsys_core.errors import InputError

UNRATED = "the rating is a value that means 'not rated'"
NO_WEIGHT = "the event is not used (it weighs 0)"
FAULTS = ("the user is blank", "the item is blank", *numbers.REASONS, UNRATED, NO_WEIGHT)
NO_USER, NO_ITEM, FIRST_RATING_FAULT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class RatingEntries:
    """Parallel arrays, one place per entry: whose (code into `user_ids`), what, how much, where.

    `faults` is -1 for a good entry, else an index into FAULTS; `texts[text_codes]` is how its value was written.
    `times` order the entries; where they are no real moments, `has_moments` is False. `doubts` are on single columns,
    `warnings` on all of them.
    """

    users: np.ndarray
    user_ids: np.ndarray
    items: np.ndarray
    item_ids: np.ndarray
    values: np.ndarray
    faults: np.ndarray
    lines: np.ndarray
    texts: np.ndarray
    text_codes: np.ndarray
    times: np.ndarray | None = None
    titles: np.ndarray | None = None
    sentences: tuple[str, ...] = ()
    has_moments: bool = True
    doubts: tuple[Doubt, ...] = ()
    warnings: tuple[str, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()


def extract_entries(table: Table, layout: Layout) -> RatingEntries:
    """Raises InputError where the layout does not fit the table."""
    _check(table, layout)
    return _wide(table, layout) if layout.orientation == "wide" else _long(table, layout)


def _long(table: Table, layout: Layout) -> RatingEntries:
    user_column, user_notes = _meant("user", table, layout.user, layout)
    item_column, item_notes = _meant("item", table, layout.item, layout)
    user_side, item_side, keeps = trim_pairs(user_column, item_column)
    users, user_ids, doubts = _checked("user", user_side, table, layout.user)
    items, item_ids, more = _checked("item", item_side, table, layout.item)
    doubts = [*user_notes, *item_notes, *doubts, *more]
    warnings = _padding_warning(keeps, table)
    if layout.duplicates not in ADDING and layout.feedback == "explicit":
        rounded = (
            merged_by_rounding("user", user_ids, users, items),
            merged_by_rounding("item", item_ids, items, users),
        )
        warnings += [sentence for sentence in rounded if sentence]
    n = len(table.lines)
    if layout.rating is None:
        values, faults = np.ones(n), np.full(n, -1, np.int8)
        codes, texts = np.zeros(n, np.int64), np.array([""], object)
    else:
        codes, texts = table.column(layout.rating)
        values, faults = _values(codes, texts, layout.decimal_comma)
        doubts += [Doubt("digits", sentence, layout.rating) for sentence in _digit_warning(texts)]
        faults[(faults < 0) & np.isin(values, layout.unrated)] = FAULTS.index(UNRATED)
    if layout.event is not None:
        weights = _event_weights(table, layout)
        faults[(faults < 0) & (weights == 0)] = FAULTS.index(NO_WEIGHT)
        if layout.rating is None:
            codes, texts = table.column(layout.event)
        values = values * weights
    faults[item_ids[items] == ""] = NO_ITEM
    faults[user_ids[users] == ""] = NO_USER
    times, how, doubt = _times(table, layout, faults < 0)
    doubts += [doubt] if doubt else []
    useless = useless_times(times[faults < 0]) if times is not None else None
    doubts += [replace(useless, column=_time_column(layout))] if useless else []
    how = how if times is not None and not useless else ""
    return RatingEntries(
        users, user_ids, items, item_ids, values, faults, table.lines, texts, codes, times,
        titles=None if layout.title is None else table.frame.iloc[:, layout.title].to_numpy(object),
        sentences=(_columns_sentence(table, layout, how),),
        has_moments=useless is None,
        doubts=tuple(doubts),
        warnings=tuple(warnings),
        understood=_understood(layout, _columns_sentence(table, layout, how).removesuffix(".")),
    )  # fmt: skip


def _meant(role: str, table: Table, place: int, layout: Layout) -> tuple[tuple, list[Doubt]]:
    """((codes, texts), doubts) of a column of ids without what programs wrote around them."""
    codes, texts = table.column(place)
    meant, example = unwrap(texts)
    notes = []
    if example:
        notes.append(
            Doubt(f"written {role}", f"The {role} ids are written as {quote(example[0], 30)} and read as "
                  f"{quote(example[1], 30)}.", place)
        )  # fmt: skip
    if {"user": layout.tidy_users, "item": layout.tidy_items}[role]:
        meant = np.array([tidy_id(text) for text in meant], object)
        n_changed = int(np.sum(meant != texts))
        if n_changed and not example:
            ids_were = "id was" if n_changed == 1 else "ids were"
            notes.append(
                Doubt(f"tidied {role}", f"{n_changed:,} {role} {ids_were} freed from invisible characters and other "
                      "Unicode forms.", place)
            )  # fmt: skip
    if meant is texts:
        return (codes, texts), notes
    merged, ids = pd.factorize(meant)
    return (merged[codes], np.asarray(ids, object)), notes


def _event_weights(table: Table, layout: Layout) -> np.ndarray:
    codes, texts = table.column(layout.event)
    weight = dict(layout.event_weights)
    return np.array([float(weight.get(text.strip(), 0.0)) for text in texts])[codes]


def _time_column(layout: Layout) -> int | None:
    return layout.date_parts[-1] if layout.date_parts else layout.time


def _times(table: Table, layout: Layout, good: np.ndarray) -> tuple[np.ndarray | None, str, Doubt | None]:
    """(seconds of every row, how they were read, a doubt); rows that are not good have 0."""
    if not good.any() or (layout.time is None and not layout.date_parts):
        return None, "", None
    if layout.date_parts:
        found, how, doubt = _times_of_columns(table, layout.date_parts, good)
    else:
        codes, texts = table.column(layout.time)
        found, how, doubt = parse_times(codes[good], texts, table.lines[good], table.unit, layout.time_format)
    doubt = replace(doubt, column=_time_column(layout)) if doubt else None
    if found is None:
        return None, "", doubt
    times = np.zeros(len(good))
    times[good] = found
    return times, how, doubt


def _times_of_columns(table: Table, places: tuple[int, ...], good: np.ndarray):
    parts = []
    for place in places:
        codes, texts = table.column(place)
        parts.append(numbers.parse_ratings(texts, False)[0][codes][good])
    found, names = times_of_parts(parts), list_quoted([table.names[place] for place in places], 6)
    if np.isfinite(found).all():
        return found, f"dates of the columns {names}", None
    row = int(np.argmin(np.isfinite(found)))
    wrong = int(np.sum(~np.isfinite(found)))
    rows = "row has" if wrong == 1 else "rows have"
    sentence = (
        f"The timestamps are not used: {wrong:,} {rows} no date in the columns {names}, such as {table.unit} "
        f"{table.lines[good][row]}."
    )
    return None, "", Doubt("time", sentence)


def _wide(table: Table, layout: Layout) -> RatingEntries:
    columns_used = item_columns(table, layout)
    n_rows, n_items = len(table.lines), len(columns_used)
    if n_items < 1:
        raise InputError(
            "A wide file must have a column for each item. This one has none: choose 'a rating' for 'One row is'."
        )
    numbered = np.array([str(place + 1) for place in range(max(n_rows, n_items))], object)
    item_ids = np.array([table.names[place] for place in columns_used], object) if layout.header else numbered[:n_items]
    doubts, warnings = [], []
    user_codes, user_ids = np.arange(n_rows), numbered[:n_rows]
    if layout.user is not None:
        column, doubts = _meant("user", table, layout.user, layout)
        user_codes, user_ids, more = _checked("user", trim(*column), table, layout.user)
        doubts += more
    _refuse_repeated("user", user_ids[user_codes], "choose 'a rating' for 'One row is' if every line is one rating")
    _refuse_repeated("item", item_ids, "give every item one column")
    codes, texts = table.cells(columns_used)
    values, faults = _values(codes, texts, layout.decimal_comma)
    warnings += _digit_warning(texts)
    blank = faults == FIRST_RATING_FAULT + numbers.REASONS.index(numbers.BLANK)
    unrated = np.isin(values, layout.unrated)
    filled = np.flatnonzero(~blank & ~unrated)
    rows, columns = filled // n_items, filled % n_items
    faults[filled[item_ids[columns] == ""]] = NO_ITEM
    faults[filled[user_ids[user_codes[rows]] == ""]] = NO_USER
    if unrated.any():
        meant = " or ".join(f"{value:g}" for value in layout.unrated)
        warnings.append(f"{int(unrated.sum()):,} cells that are {meant} are taken as unrated (missing).")
    for role, ids, used in (("user", user_ids[user_codes], rows), ("item", item_ids, columns)):
        idle = np.bincount(used, minlength=len(ids)) == 0
        if idle.any():
            count = f"{int(idle.sum()):,} {role}{'s' if idle.sum() > 1 else ''}"
            warnings.append(f"{count} with no ratings are not in the data: {list_quoted(ids[idle])}.")
    return RatingEntries(
        user_codes[rows], user_ids, columns, item_ids, values[filled], faults[filled],
        table.lines[rows], texts, codes[filled],
        sentences=(
            f"A matrix: each row is a user, each of {n_items:,} columns an item, blank is unrated; {layout.feedback}.",
        ),
        doubts=tuple(doubts),
        warnings=tuple(warnings),
        understood=_understood(layout, f"{n_items:,} items, numbered or named by the header"),
    )  # fmt: skip


def _checked(role: str, side: tuple, table: Table, place: int) -> tuple[np.ndarray, np.ndarray, list[Doubt]]:
    """(codes, ids, doubts on what is odd about them)."""
    codes, ids, padded = side
    doubts = []
    # Where every row has the space it is the style of the file, as in "1, 2, 3".
    if padded.any() and not padded.all():
        first = int(np.argmax(padded))
        rows = "row has" if padded.sum() == 1 else "rows have"
        sentence = (
            f"{int(padded.sum()):,} {rows} spaces around the {role} id, which were trimmed "
            f"(first on {table.unit} {table.lines[first]})."
        )
        doubts.append(Doubt(f"spaces {role}", sentence, place))
    return codes, ids, doubts + id_doubts(role, codes, ids, table.lines, table.unit, place)


def _padding_warning(keeps: np.ndarray, table: Table) -> list[str]:
    if not keeps.any():
        return []
    where = ", ".join(f"{table.unit} {line}" for line in table.lines[keeps][:N_EXAMPLES])
    return [
        f"{int(keeps.sum()):,} {'row keeps' if keeps.sum() == 1 else 'rows keep'} the spaces around an id, since "
        f"trimmed it would repeat another row's user and item ({where}): remove one of the two."
    ]


def _values(codes, texts, decimal_comma: bool) -> tuple[np.ndarray, np.ndarray]:
    values, faults = numbers.parse_ratings(texts, decimal_comma)
    faults = np.where(faults < 0, -1, faults + FIRST_RATING_FAULT).astype(np.int8)
    return values[codes], faults[codes]


def _digit_warning(texts: np.ndarray) -> list[str]:
    foreign = [text for text in texts if numbers.plain_digits(text) != text and numbers.looks_numeric(text)]
    if not foreign:
        return []
    return [f"Some ratings are written in digits of another script and were read as numbers: {list_quoted(foreign)}."]


def _refuse_repeated(role: str, ids: np.ndarray, advice: str) -> None:
    codes, found = pd.factorize(ids)
    found = np.asarray(found, object)
    repeated = found[(np.bincount(codes, minlength=len(found)) > 1) & (found != "")]
    if len(repeated):
        raise InputError(
            f"A wide file must have every {role} once. {list_quoted(repeated)} stand there twice or more "
            f"(duplicate {role}s): {advice}."
        )


def _columns_sentence(table: Table, layout: Layout, time_reading: str) -> str:
    def named(place):
        return quote(table.names[place], 30) if layout.header else table.names[place]

    rating = f"rating = {named(layout.rating)}" if layout.rating is not None else "no rating"
    parts = [f"user = {named(layout.user)}", f"item = {named(layout.item)}", f"{rating} ({layout.feedback})"]
    if layout.event is not None:
        weights = ", ".join(f"{quote(event, 30)} {weight:g}" for event, weight in layout.event_weights)
        parts.append(f"event = {named(layout.event)} (weights: {weights})")
    if layout.date_parts:
        parts.append(f"time = {time_reading or 'not used'}")
    elif layout.time is not None:
        parts.append(f"time = {named(layout.time)} ({time_reading or 'not used'})")
    if layout.title is not None:
        parts.append(f"title = {named(layout.title)}")
    used = (
        *(layout.user, layout.item, layout.rating, layout.time, layout.title, layout.event),
        *layout.date_parts,
    )
    unused = [name for place, name in enumerate(table.names) if place not in used]
    return f"{', '.join(parts)}.{f' Not used: {list_quoted(unused)}.' if unused else ''}"


def _understood(layout: Layout, columns: str) -> tuple[tuple[str, str], ...]:
    row = {"long": "a rating", "wide": "a user, with a column for each item; blank is unrated"}[layout.orientation]
    numbers_are = {"explicit": "ratings (explicit)", "implicit": "counts of use (implicit)"}[layout.feedback]
    notes = [("Decimal sign", "comma")] if layout.decimal_comma else []
    if layout.unrated:
        notes.append(("Not rated where it is", " or ".join(f"{value:g}" for value in layout.unrated)))
    if layout.feedback == "implicit":
        notes.append(("Same person and item twice", DUPLICATES[layout.duplicates]))
    return ("One row is", row), ("Columns", columns), ("The numbers are", numbers_are), *notes


def _check(table: Table, layout: Layout) -> None:
    for name, allowed in (
        ("orientation", ("long", "wide")),
        ("feedback", ("explicit", "implicit")),
        ("duplicates", tuple(DUPLICATES)),
    ):
        if getattr(layout, name) not in allowed:
            raise InputError(f"The {name} must be one of {', '.join(allowed)}. Got {getattr(layout, name)!r}.")
    if layout.orientation == "wide":
        if layout.user not in (0, None):
            raise InputError(
                f"The user of a wide file must stand in the first column (0) or nowhere. Got {layout.user}."
            )
        return
    for role in ("user", "item", "rating", "time", "title", "event"):
        place = getattr(layout, role)
        if place is None and role in ("user", "item"):
            raise InputError(f"A rating file must have a column for the {role}. None is chosen: choose one.")
        if place is not None and not 0 <= place < table.n_columns:
            raise InputError(f"The column of the {role} must lie in 0 to {table.n_columns - 1}. Got {place}.")
    wrong = [place for place in (*layout.date_parts, *layout.ignored) if not 0 <= place < table.n_columns]
    if wrong:
        raise InputError(f"Columns must lie in 0 to {table.n_columns - 1}. Got {wrong[0]}.")
    if layout.user == layout.item:
        raise InputError("User and item must be different columns. Choose another column for one of them.")
