"""From entries to a Dataset and the receipt that accounts for every one of them."""

from dataclasses import asdict
from pathlib import PurePath

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.long_texts import LONGEST, shorten
from recsys_core.data.reading.doubts import Doubt
from recsys_core.data.reading.duplicates import merge
from recsys_core.data.reading.ids import natural_order
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.quality_warnings import data_warnings, title_warning
from recsys_core.data.reading.rating_entries import FAULTS, NO_ITEM, NO_USER, RatingEntries
from recsys_core.data.reading.receipt import LeftOut, LineCount, Merged, Receipt
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError


def build_dataset(entries: RatingEntries, table: Table, layout: Layout, filename: str, doubts: list[Doubt]):
    """(Dataset, Receipt). Raises InputError where no entry can be used."""
    left_out = _left_out(entries, table)
    n_read = len(entries.faults) + table.n_left_out
    good = np.flatnonzero(entries.faults < 0)
    if not len(good):
        reasons = " ".join(group.sentence() for group in left_out) or "All cells are blank."
        raise InputError(
            f"At least one row must have a user, an item and a rating. None of {n_read:,} has. {reasons} "
            "Mend these, or choose other columns."
        )
    users, user_ids = _renumbered(entries.users[good], entries.user_ids)
    items, item_ids = _renumbered(entries.items[good], entries.item_ids)
    times = None if entries.times is None else entries.times[good]
    kept, values, merged = merge(users * len(item_ids) + items, entries.values[good], times, layout.duplicates)
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
        },
    )
    told = [doubt.sentence for doubt in (*doubts, *entries.doubts) if doubt.key not in layout.settled]
    warnings = [*table.warnings, *told, *entries.warnings, *data_warnings(dataset)]
    if entries.titles is not None:
        warnings += title_warning(users, items, entries.titles[good])
    if sum(group.count for group in left_out) > n_read / 2:
        warnings.insert(0, "More than half of what was read is left out: check the columns and the delimiter.")
    lines = line_count(table)
    warnings = [*(lines.warning() if lines else ()), *warnings, *long_titles]
    receipt = Receipt(
        filename=PurePath(filename).name,
        sentences=(*table.sentences, *entries.sentences, f"{dataset.sentence()}."),
        n_read=n_read,
        n_kept=len(kept),
        left_out=left_out,
        merged=_merged(merged, entries.lines[good], layout.duplicates, table.unit),
        warnings=tuple(warnings),
        understood=(*table.understood, *entries.understood),
        lines=lines,
    )
    return dataset, receipt


def line_count(table: Table) -> LineCount | None:
    """Where the lines of a text file went, rows and lines left out included."""
    if table.n_lines is None:
        return None
    # A line of a list gives many entries.
    n_rows = np.count_nonzero(np.diff(table.lines)) + (len(table.lines) > 0)
    parts = (*table.elsewhere, ("row" if n_rows == 1 else "rows", int(n_rows)), ("left out", table.n_left_out))
    return LineCount(table.n_lines, parts, table.unit)


def _left_out(entries: RatingEntries, table: Table) -> tuple[LeftOut, ...]:
    groups = table.all_left_out()
    for fault, reason in enumerate(FAULTS):
        found = np.flatnonzero(entries.faults == fault)
        if not len(found):
            continue
        lines = entries.lines[found]
        if fault in (NO_USER, NO_ITEM):
            rows = table.frame.iloc[np.searchsorted(table.lines, lines), :10].to_numpy(object)
            texts = np.array([" | ".join(row) for row in rows], object)
        else:
            texts = entries.texts[entries.text_codes[found]]
        groups.append(LeftOut(reason, lines, texts, table.unit))
    return tuple(groups)


def _renumbered(codes: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(codes, ids) with only the ids that occur, in natural order."""
    used = np.flatnonzero(np.bincount(codes, minlength=len(ids)))
    order = used[natural_order(ids[used])]
    place = np.zeros(len(ids), np.int64)
    place[order] = np.arange(len(order))
    return place[codes], ids[order]


def _merged(merged: tuple[np.ndarray, int], lines: np.ndarray, rule: str, unit: str) -> Merged | None:
    gone, n_conflicts = merged
    return Merged(rule, np.sort(lines[gone]), n_conflicts, unit) if len(gone) else None


def long_titles_warning(titles) -> list[str]:
    """A sentence where titles are too long to be shown whole."""
    n_long = sum(len(title) > LONGEST for title in titles)
    if not n_long:
        return []
    titles_have = "1 title has" if n_long == 1 else f"{n_long:,} titles have"
    return [f"{titles_have} more than {LONGEST:,} characters; only the beginning is shown."]


def _titles(item_ids, items, titles) -> tuple[str, ...]:
    """The last title that is not blank of each item, else its id."""
    found = np.array(item_ids, object)
    for item, title in zip(items, titles, strict=True):
        if title.strip():
            found[item] = title.strip()
    return tuple(found)
