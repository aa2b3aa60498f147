"""From entries to a Dataset and the receipt that accounts for every one of them."""

from pathlib import PurePath

import numpy as np

from recsys_core.data.dataset import Dataset
from recsys_core.data.interactions import Interactions
from recsys_core.data.reading.entries import FAULTS, NO_ITEM, NO_USER, Entries
from recsys_core.data.reading.ids import natural_order
from recsys_core.data.reading.layout import Layout
from recsys_core.data.reading.receipt import N_EXAMPLES, LeftOut, Receipt, shown
from recsys_core.data.reading.table import Table
from recsys_core.errors import InputError


def assemble(entries: Entries, table: Table, layout: Layout, filename: str, doubts: list[str]):
    """(Dataset, Receipt). Raises InputError where no entry can be used."""
    left_out = _left_out(entries, table)
    n_read = len(entries.faults) + len(table.ragged)
    good = np.flatnonzero(entries.faults < 0)
    if not len(good):
        reasons = " ".join(group.sentence() for group in left_out) or "All cells are blank."
        raise InputError(
            f"At least one row must have a user, an item and a rating. None of {n_read:,} has. {reasons} "
            "Mend these, or choose other columns."
        )
    users, user_ids = _renumbered(entries.users[good], entries.user_ids)
    items, item_ids = _renumbered(entries.items[good], entries.item_ids)
    times = np.zeros(len(good)) if entries.times is None else entries.times[good]
    order, is_last = _latest_of_each_pair(users, items, times, len(item_ids))
    kept = order[is_last]
    interactions = Interactions.from_triples(
        users[kept], items[kept], entries.values[good][kept], len(user_ids), len(item_ids)
    )
    titles = tuple(item_ids)
    if entries.titles is not None:
        titles = _titles(item_ids, items, entries.titles[good])
    name = PurePath(filename).stem
    dataset = Dataset(
        name=name,
        interactions=interactions,
        user_ids=tuple(user_ids),
        item_ids=tuple(item_ids),
        feedback=layout.feedback,
        titles=titles,
        times=None if entries.times is None else times[kept],
        origin={"kind": "file", "filename": PurePath(filename).name, "rows_read": n_read},
    )
    n_merged = len(order) - len(kept)
    warnings = [*table.warnings, *doubts, *entries.warnings]
    warnings += _merge_warning(entries.values[good], entries.lines[good], order, is_last, table.unit)
    warnings += _data_warnings(dataset)
    if sum(group.count for group in left_out) > n_read / 2:
        warnings.insert(0, "More than half of what was read is left out: check the columns and the delimiter.")
    receipt = Receipt(
        filename=PurePath(filename).name,
        sentences=(*table.sentences, *entries.sentences, f"{dataset.sentence()}."),
        n_read=n_read,
        n_kept=len(kept),
        left_out=left_out,
        n_merged=n_merged,
        warnings=tuple(warnings),
    )
    return dataset, receipt


def ragged_group(table: Table) -> list[LeftOut]:
    """The rows with too many or too few fields, as one group."""
    if not table.ragged:
        return []
    reason = f"the number of fields is not {table.n_columns:,}"
    return [LeftOut(reason, len(table.ragged), table.ragged[:N_EXAMPLES], table.unit)]


def _left_out(entries: Entries, table: Table) -> tuple[LeftOut, ...]:
    groups = ragged_group(table)
    for fault, reason in enumerate(FAULTS):
        found = np.flatnonzero(entries.faults == fault)
        if not len(found):
            continue
        examples = []
        for place in found[:N_EXAMPLES]:
            line = int(entries.lines[place])
            if fault in (NO_USER, NO_ITEM):
                row = table.frame.iloc[int(np.searchsorted(table.lines, line))]
                examples.append((line, shown(" | ".join(row.iloc[:10]))))
            else:
                examples.append((line, shown(entries.texts[entries.text_codes[place]])))
        groups.append(LeftOut(reason, len(found), tuple(examples), table.unit))
    return tuple(groups)


def _renumbered(codes: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(codes, ids) with only the ids that occur, in natural order."""
    used = np.unique(codes)
    order = used[natural_order(ids[used])]
    place = np.zeros(len(ids), np.int64)
    place[order] = np.arange(len(order))
    return place[codes], ids[order]


def _latest_of_each_pair(users, items, times, n_items: int) -> tuple[np.ndarray, np.ndarray]:
    """(order by pair then time, mask of the last of each pair); of equal times the last line counts."""
    pairs = users * n_items + items
    order = np.lexsort((times, pairs))
    return order, np.append(pairs[order][1:] != pairs[order][:-1], True)


def _merge_warning(values, lines, order, is_last, unit: str) -> list[str]:
    merged = np.flatnonzero(~is_last)
    if not len(merged):
        return []
    # Rows of one pair stand side by side in `order`; a change of value among them is a conflict.
    n_conflicts = int(np.sum(values[order[merged]] != values[order[merged + 1]]))
    where = ", ".join(f"{unit} {line}" for line in np.sort(lines[order[merged]])[:N_EXAMPLES])
    rows = "1 duplicate row" if len(merged) == 1 else f"{len(merged):,} duplicate rows"
    conflicts = f" {n_conflicts:,} of them conflict in value." if n_conflicts else ""
    return [
        f"{rows}: the same user and item stand there twice or more, and the latest counts. "
        f"Not used: {where}{', …' if len(merged) > N_EXAMPLES else ''}.{conflicts}"
    ]


def _titles(item_ids, items, titles) -> tuple[str, ...]:
    """The last title that is not blank of each item, else its id."""
    found = np.array(item_ids, object)
    for item, title in zip(items, titles, strict=True):
        if title.strip():
            found[item] = title.strip()
    return tuple(found)


def _data_warnings(dataset: Dataset) -> list[str]:
    """What the data is too poor for, said before anyone trains on it."""
    data, warnings = dataset.interactions, []
    n, low, high = data.n_interactions, data.values.min(), data.values.max()
    if n < 3:
        warnings.append(f"Only {n} {'rating' if n == 1 else 'ratings'}: too few to learn from.")
    if data.n_users == 1 < n:
        warnings.append("Only one user: there is nobody to learn from.")
    if data.n_items == 1 < n:
        warnings.append("Only one item: ranking it is trivial.")
    if n > 2 and data.n_items > 1 and data.items_per_user.max() == 1:
        warnings.append("Every user has one rating only: none can be held out for a test.")
    if 1 < min(data.n_users, data.n_items) and data.density == 1:
        warnings.append("Every user has rated every item: nothing is left to recommend.")
    if dataset.feedback == "implicit":
        if low <= 0:
            warnings.append(f"Some counts are not above 0 (the smallest is {low:g}).")
        return warnings
    if n > 2 and low == high:
        warnings.append(f"All ratings are {low:g}: the same value tells nothing about taste.")
    gap = _scale_gap(data.values)
    if gap:
        warnings.append(
            f"The ratings look like a mix of two scales: nothing lies in the range from {gap[0]:g} to {gap[1]:g}."
        )
    return warnings


def _scale_gap(values: np.ndarray) -> tuple[float, float] | None:
    """(below, above) of a wide gap between many small and many large values, as 1-5 beside 0-100 has."""
    distinct, counts = np.unique(values, return_counts=True)
    share_below = np.cumsum(counts) / len(values)
    if len(distinct) < 4 or distinct[0] < 0 or distinct[-1] <= 10:
        return None
    places = np.arange(1, len(distinct) - 2)
    is_gap = (
        (distinct[places + 1] >= 3 * distinct[places])
        & (distinct[places] >= 1)
        & (share_below[places] >= 0.1)
        & (share_below[places] <= 0.9)
    )
    if not is_gap.any():
        return None
    place = places[is_gap][0]
    return float(distinct[place]), float(distinct[place + 1])
