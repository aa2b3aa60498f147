"""Build a Dataset from rating entries, with the receipt that accounts for every one of them."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import PurePath

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.item_noun import COLUMN
from recsys_core.data.long_texts import LONGEST, shorten
from recsys_core.data.reading.doubts import Doubt
from recsys_core.data.reading.ids import natural_order
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.quality_warnings import data_warnings, title_warning
from recsys_core.data.reading.rating_entries import FAULTS, NO_ITEM, NO_USER, RatingEntries
from recsys_core.data.reading.receipt import LeftOut, LineCount, Merged, Receipt
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError


def build_dataset(
    entries: RatingEntries, table: Table, layout: Layout, filename: str, doubts: list[Doubt]
) -> tuple[Dataset, Receipt]:
    """Return the data set of `entries` and its receipt. Raises InputError where no entry can be used."""
    left_out = _left_out(entries, table)
    n_read = len(entries.faults) + table.n_left_out
    good = np.flatnonzero(entries.faults < 0)
    if not len(good):
        reasons = " ".join(group.sentence() for group in left_out) or "All cells are blank."
        raise InputError(
            f"At least one row must have a user, an item and a rating. None of {n_read:,} does. {reasons} "
            "Correct the file, or choose other columns."
        )
    users, user_ids = _renumbered(entries.users[good], entries.user_ids)
    items, item_ids = _renumbered(entries.items[good], entries.item_ids)
    times = None if entries.times is None else entries.times[good]
    kept, values, merged_rows, n_conflicts = merge_duplicates(
        users * len(item_ids) + items, entries.values[good], times, layout.duplicates
    )
    interactions = Interactions.from_triples(users[kept], items[kept], values, len(user_ids), len(item_ids))
    titles = tuple(item_ids)
    if entries.titles is not None:
        titles = _titles(item_ids, items, entries.titles[good])
    long_titles = long_titles_warning(titles)
    name = PurePath(filename).stem
    dataset = Dataset(
        name=name,
        interactions=interactions,
        user_ids=tuple(user_ids),
        item_ids=tuple(item_ids),
        feedback=layout.feedback,
        titles=tuple(map(shorten, titles)),
        times=times[kept] if times is not None and entries.has_moments else None,
        origin={
            "kind": "file",
            "filename": PurePath(filename).name,
            "rows_read": n_read,
            "layout": asdict(layout),  # so that the file can be read in the same way again
            **_item_column(table, layout),
        },
    )
    unsettled = [doubt.sentence for doubt in (*doubts, *entries.doubts) if doubt.key not in layout.settled]
    warnings = [*table.warnings, *unsettled, *entries.warnings, *data_warnings(dataset)]
    if entries.titles is not None:
        warnings += title_warning(users, items, entries.titles[good])
    if sum(group.count for group in left_out) > n_read / 2:
        warnings.insert(0, "More than half of the rows are left out. Check the columns and the delimiter.")
    lines = line_count(table)
    warnings = [*(lines.warning() if lines else ()), *warnings, *long_titles]
    receipt = Receipt(
        filename=PurePath(filename).name,
        sentences=(*table.sentences, *entries.sentences, f"{dataset.sentence()}."),
        n_read=n_read,
        n_kept=len(kept),
        left_out=left_out,
        merged=_merged(entries.lines[good][merged_rows], n_conflicts, layout.duplicates, table.unit),
        warnings=tuple(warnings),
        understood=(*table.understood, *entries.understood),
        lines=lines,
    )
    return dataset, receipt


def _item_column(table: Table, layout: Layout) -> dict[str, str]:
    """Return the name of the items' column, which may say what they are, such as films."""
    if layout.item is None or not layout.header or layout.orientation == "wide":
        return {}
    return {COLUMN: table.names[layout.item][:60]}


def line_count(table: Table) -> LineCount | None:
    """Count the lines of a text file by what became of them; None for files that are not text."""
    if table.n_lines is None:
        return None
    # One line of a list gives many entries.
    n_rows = np.count_nonzero(np.diff(table.lines)) + (len(table.lines) > 0)
    parts = (*table.elsewhere, ("row" if n_rows == 1 else "rows", int(n_rows)), ("left out", table.n_left_out))
    return LineCount(table.n_lines, parts, table.unit)


def _left_out(entries: RatingEntries, table: Table) -> tuple[LeftOut, ...]:
    """Group the rows that are left out by reason."""
    groups = table.all_left_out()
    for fault, reason in enumerate(FAULTS):
        indices = np.flatnonzero(entries.faults == fault)
        if not len(indices):
            continue
        lines = entries.lines[indices]
        if fault in (NO_USER, NO_ITEM):
            rows = table.frame.iloc[np.searchsorted(table.lines, lines), :10].to_numpy(object)
            texts = np.array([" | ".join(row) for row in rows], object)
        else:
            texts = entries.texts[entries.text_codes[indices]]
        groups.append(LeftOut(reason, lines, texts, table.unit))
    return tuple(groups)


def _renumbered(codes: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Renumber `codes` so that `ids` are only those that occur, in natural order. Return (codes, ids)."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(ids)))
    order = used[natural_order(ids[used])]
    new_code = np.zeros(len(ids), np.int64)
    new_code[order] = np.arange(len(order))
    return new_code[codes], ids[order]


def merge_duplicates(
    pairs: np.ndarray, values: np.ndarray, times: np.ndarray | None, rule: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Merge rows of the same user and item by `rule`, a key of DUPLICATES.

    `pairs` (r,) has one number for each pair of user and item. Earlier and later go by `times`, and by the order of
    rows where times are equal or missing. Returns the indices of the rows kept (k,), the value of each (k,), the
    indices of the rows merged into them, and how many of those differ from the value that counts.
    """
    n = len(pairs)
    is_sorted = bool(np.all(pairs[1:] > pairs[:-1]))
    order = np.arange(n) if is_sorted else np.argsort(pairs, kind="stable")
    if is_sorted or np.all(np.diff(pairs[order])):  # no pair repeats
        counted = np.ones(n) if rule == "count" else values[order]
        return order, counted, np.zeros(0, np.int64), 0
    order = np.lexsort((np.zeros(n) if times is None else times, pairs))
    if rule == "highest":
        order = order[np.lexsort((values[order], pairs[order]))]
    grouped = pairs[order]
    is_first = np.append(True, grouped[1:] != grouped[:-1])
    is_kept = is_first if rule == "first" else np.append(is_first[1:], True)
    group = np.cumsum(is_first) - 1
    kept, counted = order[is_kept], values[order[is_kept]]
    if rule == "mean":
        counted = np.bincount(group, values[order]) / np.bincount(group)
    elif rule == "sum":
        counted = np.bincount(group, values[order])
    elif rule == "count":
        counted = np.bincount(group).astype(float)
    merged = order[~is_kept]
    n_conflicts = int(np.sum(values[merged] != counted[group[~is_kept]]))
    return kept, counted, merged, n_conflicts


def _merged(lines: np.ndarray, n_conflicts: int, rule: str, unit: str) -> Merged | None:
    return Merged(rule, np.sort(lines), n_conflicts, unit) if len(lines) else None


def long_titles_warning(titles: Iterable[str]) -> list[str]:
    """Return a warning where titles are too long to be shown whole, else []."""
    n_long = sum(len(title) > LONGEST for title in titles)
    if not n_long:
        return []
    titles_have = "1 title has" if n_long == 1 else f"{n_long:,} titles have"
    return [f"{titles_have} more than {LONGEST:,} characters. Only the beginning is shown."]


def _titles(item_ids: np.ndarray, items: np.ndarray, titles: np.ndarray) -> tuple[str, ...]:
    """Return the last title of each item that is not blank, or its id. `items` and `titles` have one entry a row."""
    title_of = np.array(item_ids, object)
    for item, title in zip(items, titles, strict=True):
        if title.strip():
            title_of[item] = title.strip()
    return tuple(title_of)
