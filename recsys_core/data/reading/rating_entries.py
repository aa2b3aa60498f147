"""Extract the ratings of a table as entries, and say why some of them cannot be used."""

from dataclasses import dataclass, replace

import numpy as np

from recsys_core.data.reading import numbers
from recsys_core.data.reading.doubts import Doubt
from recsys_core.data.reading.id_doubts import id_doubts, merged_by_rounding, tidy_id, without_missing
from recsys_core.data.reading.ids import TrimmedIds, trim, trim_pairs, unwrap, unwrapped_sentence
from recsys_core.data.reading.layout import ADDING, DUPLICATES, Layout
from recsys_core.data.reading.receipt import N_EXAMPLES, list_quoted, quote
from recsys_core.data.reading.shapes import refuse_lists_of_items
from recsys_core.data.reading.table import CodedTexts, Table, factorise
from recsys_core.data.reading.times import odd_times, parse_times, times_of_parts, useless_times
from recsys_core.data.reading.values import item_columns
from recsys_core.errors import InputError, to_python

UNRATED = "the value is no rating ('not rated', or far beyond the others)"
NO_WEIGHT = "the event is not used (it weighs 0)"
FAULTS = ("the user is blank", "the item is blank", *numbers.REASONS, UNRATED, NO_WEIGHT)
NO_USER, NO_ITEM, FIRST_RATING_FAULT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class RatingEntries:
    """Ratings as parallel arrays (e,): indices into `user_ids` and `item_ids`, values, and line numbers.

    `faults` is -1 for a good entry, else an index into FAULTS; `texts[text_codes]` is how the value was written.
    `times` order the entries; `has_moments` is False where they are no real times. `doubts` are about single columns,
    `warnings` about the whole.
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
    """Extract the ratings of a table by its layout. Raises InputError where the layout does not fit the table."""
    _check(layout)
    if layout.orientation == "wide":
        return _from_matrix(table, layout)
    user, item = _check_roles(table, layout)
    return _from_rows(table, layout, user, item)


def _from_rows(table: Table, layout: Layout, user: int, item: int) -> RatingEntries:
    """Extract the ratings of a table whose rows are ratings; `user` and `item` are column indices."""
    refuse_lists_of_items(table.column(item)[1], table.names[item])
    user_column, user_notes = _id_column("user", table, user, layout)
    item_column, item_notes = _id_column("item", table, item, layout)
    user_side, item_side, keeps = trim_pairs(user_column, item_column)
    users, user_ids, doubts = _checked("user", user_side, table, user, layout.no_missing_users)
    items, item_ids, more = _checked("item", item_side, table, item, layout.no_missing_items)
    doubts = [*user_notes, *item_notes, *doubts, *more]
    warnings = [*_padding_warning(keeps, table), *_other_header_warning(table, layout, user_ids, users)]
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
        codes_of_events, events = table.column(layout.event)
        weight = dict(layout.event_weights)
        weights = np.array([float(weight.get(text.strip(), 0.0)) for text in events])[codes_of_events]
        faults[(faults < 0) & (weights == 0)] = FAULTS.index(NO_WEIGHT)
        if layout.rating is None:
            codes, texts = codes_of_events, events
        values = values * weights
    faults[item_ids[items] == ""] = NO_ITEM
    faults[user_ids[users] == ""] = NO_USER
    times, how, doubt = _times(table, layout, faults < 0)
    doubts += [doubt] if doubt else []
    useless = useless_times(times[faults < 0], how, layout.time_format) if times is not None else None
    odd = (
        odd_times(times[faults < 0], table.lines[faults < 0], table.unit) if times is not None and not useless else None
    )
    doubts += [replace(doubt, column=_time_column(layout)) for doubt in (useless, odd) if doubt]
    how = how if times is not None and not useless else ""
    return RatingEntries(
        users, user_ids, items, item_ids, values, faults, table.lines, texts, codes, times,
        titles=None if layout.title is None else table.frame.iloc[:, layout.title].to_numpy(object),
        sentences=(_columns_sentence(table, layout, user, item, how),),
        has_moments=useless is None,
        doubts=tuple(doubts),
        warnings=tuple(warnings),
        understood=_understood(layout, _columns_sentence(table, layout, user, item, how).removesuffix(".")),
    )  # fmt: skip


def _id_column(role: str, table: Table, index: int, layout: Layout) -> tuple[CodedTexts, list[Doubt]]:
    """Return ((codes, ids), doubts) of a column of ids, without what programs wrote around them."""
    codes, texts = table.column(index)
    meant, example = unwrap(texts)
    notes = []
    if example:
        notes.append(Doubt(f"written {role}", unwrapped_sentence(role, example), index))
    if {"user": layout.tidy_users, "item": layout.tidy_items}[role]:
        meant = np.array([tidy_id(text) for text in meant], object)
        n_changed = int(np.sum(meant != texts))
        if n_changed and not example:
            ids_were = "id was" if n_changed == 1 else "ids were"
            notes.append(
                Doubt(f"tidied {role}", f"{n_changed:,} {role} {ids_were} cleaned of invisible characters and unusual "
                      "Unicode forms.", index)
            )  # fmt: skip
    if meant is texts:
        return (codes, texts), notes
    merged, ids = factorise(meant)
    return (merged[codes], ids), notes


def _time_column(layout: Layout) -> int | None:
    return layout.date_parts[-1] if layout.date_parts else layout.time


def _times(table: Table, layout: Layout, good: np.ndarray) -> tuple[np.ndarray | None, str, Doubt | None]:
    """Return (seconds for each row, how they were read, a doubt); rows that are not `good` (r,) have 0."""
    if not good.any():
        return None, "", None
    if layout.date_parts:
        seconds, how, doubt = _times_of_columns(table, layout.date_parts, good)
    elif layout.time is None:
        return None, "", None
    else:
        codes, texts = table.column_of_times(layout.time)
        seconds, how, doubt = parse_times(codes[good], texts, table.lines[good], table.unit, layout.time_format)
    doubt = replace(doubt, column=_time_column(layout)) if doubt else None
    if seconds is None:
        return None, "", doubt
    times = np.zeros(len(good))
    times[good] = seconds
    return times, how, doubt


def _times_of_columns(
    table: Table, indices: tuple[int, ...], good: np.ndarray
) -> tuple[np.ndarray | None, str, Doubt | None]:
    """Return the times of the `good` rows from columns of year, month, day and so on, as `_times` does."""
    date_parts = []
    for index in indices:
        codes, texts = table.column(index)
        date_parts.append(numbers.parse_ratings(texts, False)[0][codes][good])
    seconds, names = times_of_parts(date_parts), list_quoted([table.names[index] for index in indices], 6)
    if np.isfinite(seconds).all():
        return seconds, f"dates of the columns {names}", None
    row = int(np.argmin(np.isfinite(seconds)))
    n_wrong = int(np.sum(~np.isfinite(seconds)))
    rows = "row has" if n_wrong == 1 else "rows have"
    sentence = (
        f"The timestamps are not used: {n_wrong:,} {rows} no date in the columns {names}, such as {table.unit} "
        f"{table.lines[good][row]}."
    )
    return None, "", Doubt("time", sentence)


def _from_matrix(table: Table, layout: Layout) -> RatingEntries:
    """Extract the ratings of a matrix of users × items: one entry for each cell that is rated."""
    if layout.user is not None and not 0 <= layout.user < table.n_columns:
        raise InputError(f"The column of the user must lie in 0 to {table.n_columns - 1}. Got {layout.user}.")
    columns_used = item_columns(table, layout)
    n_rows, n_items = len(table.lines), len(columns_used)
    if n_items < 1:
        raise InputError(
            "A wide file must have a column for each item. This one has none: choose 'a rating' for 'One row is'."
        )
    numbered = np.array([str(index + 1) for index in range(max(n_rows, n_items))], object)
    item_ids = np.array([table.names[index] for index in columns_used], object) if layout.header else numbered[:n_items]
    doubts, warnings = list[Doubt](), list[str]()
    user_codes, user_ids = np.arange(n_rows), numbered[:n_rows]
    if layout.user is not None:
        column, doubts = _id_column("user", table, layout.user, layout)
        user_codes, user_ids, more = _checked("user", trim(*column), table, layout.user, layout.no_missing_users)
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
        warnings.append(f"{int(unrated.sum()):,} cells with {meant} are read as unrated (missing).")
    for role, ids, used in (("user", user_ids[user_codes], rows), ("item", item_ids, columns)):
        idle = np.bincount(used, minlength=len(ids)) == 0
        if idle.any():
            n_idle = int(idle.sum())
            count = f"1 {role} without ratings is" if n_idle == 1 else f"{n_idle:,} {role}s without ratings are"
            warnings.append(f"{count} not in the data: {list_quoted(ids[idle])}.")
    return RatingEntries(
        user_codes[rows], user_ids, columns, item_ids, values[filled], faults[filled],
        table.lines[rows], texts, codes[filled],
        sentences=(
            f"The file is a matrix: each row is a user, each of {n_items:,} columns an item, blank is unrated; "
            f"{layout.feedback}.",
        ),
        doubts=tuple(doubts),
        warnings=tuple(warnings),
        understood=_understood(layout, f"{n_items:,} items, numbered or named by the header"),
    )  # fmt: skip


def _checked(
    role: str, side: TrimmedIds, table: Table, index: int, no_missing: bool
) -> tuple[np.ndarray, np.ndarray, list[Doubt]]:
    """Return (codes, ids, doubts about what is odd about them) of a column of ids.

    With `no_missing`, a person has said that NULL and the like are no ids.
    """
    codes, ids, padded = side
    ids, doubts = without_missing(role, codes, ids, table.lines, table.unit, index, no_missing)
    # Where every row has the space, it is the style of the file, as in "1, 2, 3".
    if padded.any() and not padded.all():
        first = int(np.argmax(padded))
        rows = "row has" if padded.sum() == 1 else "rows have"
        sentence = (
            f"{int(padded.sum()):,} {rows} spaces around the {role} id, which were trimmed "
            f"(first on {table.unit} {table.lines[first]})."
        )
        doubts.append(Doubt(f"spaces {role}", sentence, index))
    return codes, ids, doubts + id_doubts(role, codes, ids, table.lines, table.unit, index)


def _other_header_warning(table: Table, layout: Layout, user_ids: np.ndarray, users: np.ndarray) -> list[str]:
    """Return a warning about a row that is the header again with its columns in another order, else []."""
    names = {name.strip() for name in table.names}
    suspects = [code for code, text in enumerate(user_ids) if text in names] if layout.header else []
    for row in np.flatnonzero(np.isin(users, suspects)) if suspects else ():
        cells = [str(cell).strip() for cell in table.frame.iloc[row]]
        if set(cells) == names and cells != [name.strip() for name in table.names]:
            return [
                f"{table.unit.capitalize()} {table.lines[row]} is the header again, with its columns in another order. "
                "The rows below it were read in the first order, and are wrong: split the file there."
            ]
    return []


def _padding_warning(keeps: np.ndarray, table: Table) -> list[str]:
    """Return a warning about rows (r,) that keep the spaces around an id, else []."""
    if not keeps.any():
        return []
    where = ", ".join(f"{table.unit} {line}" for line in table.lines[keeps][:N_EXAMPLES])
    return [
        f"{int(keeps.sum()):,} {'row keeps' if keeps.sum() == 1 else 'rows keep'} the spaces around an id, since "
        f"without them it would repeat another row's user and item ({where}). Remove one of the two."
    ]


def _values(codes: np.ndarray, texts: np.ndarray, decimal_comma: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the value of each row, and its fault as an index into FAULTS or -1."""
    values, faults = numbers.parse_ratings(texts, decimal_comma)
    faults = np.where(faults < 0, -1, faults + FIRST_RATING_FAULT).astype(np.int8)
    return values[codes], faults[codes]


def _digit_warning(texts: np.ndarray) -> list[str]:
    """Return a warning about ratings in digits of another script, else []."""
    foreign = [text for text in texts if numbers.plain_digits(text) != text and numbers.looks_numeric(text)]
    if not foreign:
        return []
    return [f"Some ratings are written in digits of another script and were read as numbers: {list_quoted(foreign)}."]


def _refuse_repeated(role: str, ids: np.ndarray, advice: str) -> None:
    """Raise InputError where an id occurs twice in a matrix."""
    codes, distinct = factorise(ids)
    repeated = distinct[(np.bincount(codes, minlength=len(distinct)) > 1) & (distinct != "")]
    if len(repeated):
        raise InputError(
            f"A wide file must have every {role} once. {list_quoted(repeated)} occur twice or more "
            f"(duplicate {role}s): {advice}."
        )


def _columns_sentence(table: Table, layout: Layout, user: int, item: int, time_reading: str) -> str:
    """Say which column is what; `time_reading` is how the times were read, or ""."""

    def named(index: int) -> str:
        return quote(table.names[index], 30) if layout.header else table.names[index]

    rating = f"rating = {named(layout.rating)}" if layout.rating is not None else "no rating"
    roles = [f"user = {named(user)}", f"item = {named(item)}", f"{rating} ({layout.feedback})"]
    if layout.event is not None:
        weights = ", ".join(f"{quote(event, 30)} {weight:g}" for event, weight in layout.event_weights)
        roles.append(f"event = {named(layout.event)} (weights: {weights})")
    if layout.date_parts:
        roles.append(f"time = {time_reading or 'not used'}")
    elif layout.time is not None:
        roles.append(f"time = {named(layout.time)} ({time_reading or 'not used'})")
    if layout.title is not None:
        roles.append(f"title = {named(layout.title)}")
    used = (
        *(user, item, layout.rating, layout.time, layout.title, layout.event),
        *layout.date_parts,
    )
    unused = [name for index, name in enumerate(table.names) if index not in used]
    return f"{', '.join(roles)}.{f' Not used: {list_quoted(unused)}.' if unused else ''}"


def _understood(layout: Layout, columns: str) -> tuple[tuple[str, str], ...]:
    """Return (label, value) of how the columns were understood."""
    row = {"long": "a rating", "wide": "a user, with a column for each item; blank is unrated"}[layout.orientation]
    numbers_are = {"explicit": "ratings (explicit)", "implicit": "counts of use (implicit)"}[layout.feedback]
    notes = [("Decimal sign", "comma")] if layout.decimal_comma else []
    if layout.unrated:
        notes.append(("Values that are no ratings", " or ".join(f"{value:g}" for value in layout.unrated)))
    if layout.feedback == "implicit":
        notes.append(("Duplicates", DUPLICATES[layout.duplicates]))
    return ("One row is", row), ("Columns", columns), ("The numbers are", numbers_are), *notes


def _check(layout: Layout) -> None:
    """Raise InputError where the layout is impossible, whatever the table."""
    for name, allowed in (
        ("orientation", ("long", "wide")),
        ("feedback", ("explicit", "implicit")),
        ("duplicates", tuple(DUPLICATES)),
    ):
        if (value := getattr(layout, name)) not in allowed:
            raise InputError(f"The {name} must be one of {', '.join(allowed)}. Got {to_python(value)!r}.")


def _check_roles(table: Table, layout: Layout) -> tuple[int, int]:
    """Return the columns of user and item. Raises InputError where a column is missing or is not in the table."""
    for role in ("user", "item", "rating", "time", "title", "event"):
        index = getattr(layout, role)
        if index is None and role in ("user", "item"):
            raise InputError(f"A rating file must have a column for the {role}. None is chosen: choose one.")
        if index is not None and not 0 <= index < table.n_columns:
            raise InputError(f"The column of the {role} must lie in 0 to {table.n_columns - 1}. Got {index}.")
    wrong = [index for index in (*layout.date_parts, *layout.ignored) if not 0 <= index < table.n_columns]
    if wrong:
        raise InputError(f"Columns must lie in 0 to {table.n_columns - 1}. Got {wrong[0]}.")
    if layout.user is None or layout.item is None or layout.user == layout.item:
        raise InputError("User and item must be different columns. Choose another column for one of them.")
    return layout.user, layout.item
