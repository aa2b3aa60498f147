"""The ratings of a table, one entry each, and why some of them cannot be used."""

from dataclasses import dataclass

import numpy as np

from recsys_core.data.reading import numbers
from recsys_core.data.reading.guess import first_item
from recsys_core.data.reading.ids import id_warnings, trimmed, trimmed_pairs
from recsys_core.data.reading.layout import DUPLICATES, Layout
from recsys_core.data.reading.receipt import N_EXAMPLES, listed, shown
from recsys_core.data.reading.table import Table, distinct
from recsys_core.data.reading.times import parse_times
from recsys_core.errors import InputError

FAULTS = ("the user is blank", "the item is blank", *numbers.REASONS)
NO_USER, NO_ITEM, FIRST_RATING_FAULT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Entries:
    """Parallel arrays, one place per entry: whose (code into `user_ids`), what, how much, where.

    `faults` is -1 for a good entry, else an index into FAULTS; `texts[text_codes]` is how its value was written.
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
    warnings: tuple[str, ...] = ()
    understood: tuple[tuple[str, str], ...] = ()


def entries_of(table: Table, layout: Layout) -> Entries:
    """Raises InputError where the layout does not fit the table."""
    _check(table, layout)
    return _wide(table, layout) if layout.orientation == "wide" else _long(table, layout)


def _long(table: Table, layout: Layout) -> Entries:
    user_column, item_column = table.column(layout.user), table.column(layout.item)
    user_side, item_side, keeps = trimmed_pairs(user_column, item_column)
    users, user_ids, warnings = _checked("user", user_side, table)
    items, item_ids, more = _checked("item", item_side, table)
    warnings += more + _padding_warning(keeps, table)
    n = len(table.lines)
    if layout.rating is None:
        values, faults = np.ones(n), np.full(n, -1, np.int8)
        codes, texts = np.zeros(n, np.int64), np.array([""], object)
    else:
        codes, texts = table.column(layout.rating)
        values, faults = _values(codes, texts, layout.decimal_comma)
        warnings += _digit_warning(texts)
    faults[item_ids[items] == ""] = NO_ITEM
    faults[user_ids[users] == ""] = NO_USER
    times, how = None, ""
    good = faults < 0
    if layout.time is not None and good.any():
        time_codes, time_texts = table.column(layout.time)
        found, how, warning = parse_times(time_codes[good], time_texts, table.lines[good], table.unit)
        warnings += [warning] if warning else []
        if found is not None:
            times = np.zeros(n)
            times[good] = found
    return Entries(
        users, user_ids, items, item_ids, values, faults, table.lines, texts, codes, times,
        titles=None if layout.title is None else table.frame.iloc[:, layout.title].to_numpy(object),
        sentences=(_columns_sentence(table, layout, how),),
        warnings=tuple(warnings),
        understood=_understood(layout, _columns_sentence(table, layout, how).removesuffix(".")),
    )  # fmt: skip


def _wide(table: Table, layout: Layout) -> Entries:
    first = first_item(layout)
    n_rows, n_items = len(table.lines), table.n_columns - first
    if n_items < 1:
        raise InputError("A wide file must have a column for each item. This one has none: choose 'long'.")
    numbered = np.array([str(place + 1) for place in range(max(n_rows, n_items))], object)
    item_ids = np.array(table.names[first:], object) if layout.header else numbered[:n_items]
    warnings = []
    user_codes, user_ids = np.arange(n_rows), numbered[:n_rows]
    if layout.user is not None:
        user_codes, user_ids, warnings = _checked("user", trimmed(*table.column(layout.user)), table)
    _refuse_repeated("user", user_ids[user_codes], "choose 'long' if every line is one rating")
    _refuse_repeated("item", item_ids, "give every item one column")
    codes, texts = distinct(table.frame.iloc[:, first:].to_numpy(object).ravel())
    values, faults = _values(codes, texts, layout.decimal_comma)
    warnings += _digit_warning(texts)
    blank = faults == FIRST_RATING_FAULT + numbers.REASONS.index(numbers.BLANK)
    unrated = (values == 0) if layout.zero_is_unrated else np.zeros(len(values), bool)
    filled = np.flatnonzero(~blank & ~unrated)
    rows, columns = filled // n_items, filled % n_items
    faults[filled[item_ids[columns] == ""]] = NO_ITEM
    faults[filled[user_ids[user_codes[rows]] == ""]] = NO_USER
    if unrated.any():
        warnings.append(f"{int(unrated.sum()):,} cells that are 0 are taken as unrated (missing).")
    for role, ids, used in (("user", user_ids[user_codes], rows), ("item", item_ids, columns)):
        idle = np.bincount(used, minlength=len(ids)) == 0
        if idle.any():
            count = f"{int(idle.sum()):,} {role}{'s' if idle.sum() > 1 else ''}"
            warnings.append(f"{count} with no ratings are not in the data: {listed(ids[idle])}.")
    return Entries(
        user_codes[rows], user_ids, columns, item_ids, values[filled], faults[filled],
        table.lines[rows], texts, codes[filled],
        sentences=(
            f"A matrix: each row is a user, each of {n_items:,} columns an item, blank is unrated; {layout.feedback}.",
        ),
        warnings=tuple(warnings),
        understood=_understood(layout, f"{n_items:,} items, numbered or named by the header"),
    )  # fmt: skip


def _checked(role: str, side: tuple, table: Table) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(codes, ids, sentences on what is odd about them)."""
    codes, ids, padded = side
    warnings = []
    # Where every row has the space it is the style of the file, as in "1, 2, 3".
    if padded.any() and not padded.all():
        first = int(np.argmax(padded))
        rows = "row has" if padded.sum() == 1 else "rows have"
        warnings.append(
            f"{int(padded.sum()):,} {rows} spaces around the {role} id, which were trimmed "
            f"(first on {table.unit} {table.lines[first]})."
        )
    return codes, ids, warnings + id_warnings(role, codes, ids, table.lines, table.unit)


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
    return [f"Some ratings are written in digits of another script and were read as numbers: {listed(foreign)}."]


def _refuse_repeated(role: str, ids: np.ndarray, advice: str) -> None:
    found, counts = np.unique(ids.astype("U"), return_counts=True)
    repeated = found[(counts > 1) & (found != "")]
    if len(repeated):
        raise InputError(
            f"A wide file must have every {role} once. {listed(repeated)} stand there twice or more "
            f"(duplicate {role}s): {advice}."
        )


def _columns_sentence(table: Table, layout: Layout, time_reading: str) -> str:
    def named(place):
        return shown(table.names[place], 30) if layout.header else table.names[place]

    rating = f"rating = {named(layout.rating)}" if layout.rating is not None else "no rating"
    parts = [f"user = {named(layout.user)}", f"item = {named(layout.item)}", f"{rating} ({layout.feedback})"]
    if layout.time is not None:
        parts.append(f"time = {named(layout.time)} ({time_reading or 'not used'})")
    if layout.title is not None:
        parts.append(f"title = {named(layout.title)}")
    used = (layout.user, layout.item, layout.rating, layout.time, layout.title)
    unused = [name for place, name in enumerate(table.names) if place not in used]
    return f"{', '.join(parts)}.{f' Not used: {listed(unused)}.' if unused else ''}"


def _understood(layout: Layout, columns: str) -> tuple[tuple[str, str], ...]:
    row = {"long": "a rating", "wide": "a user, with a column for each item; blank is unrated"}[layout.orientation]
    numbers_are = {"explicit": "ratings (explicit)", "implicit": "counts of use (implicit)"}[layout.feedback]
    notes = [("Decimal sign", "comma")] if layout.decimal_comma else []
    notes += [("Zero means", "unrated")] if layout.zero_is_unrated and layout.orientation == "wide" else []
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
    for role in ("user", "item", "rating", "time", "title"):
        place = getattr(layout, role)
        if place is None and role in ("user", "item"):
            raise InputError(f"A rating file must have a column for the {role}. None is chosen: choose one.")
        if place is not None and not 0 <= place < table.n_columns:
            raise InputError(f"The column of the {role} must lie in 0 to {table.n_columns - 1}. Got {place}.")
    if layout.user == layout.item:
        raise InputError("User and item must be different columns. Choose another column for one of them.")
