"""What is stored of a reading beside the data: the receipt as plain JSON, and the rows that were not kept."""

from dataclasses import dataclass, replace
from typing import Any

from recsys_core.data.dataset import Dataset
from recsys_core.data.given_split import GivenSplitReport
from recsys_core.data.long_texts import shorten
from recsys_core.data.nouns import count_noun
from recsys_core.data.reading import (
    Receipt,
    describe_attributes,
    read_items,
    read_users,
    with_items,
    with_user_attributes,
)

File = tuple[bytes, str]
"""The content of a file, and its name."""
MOST_ROWS_KEPT = 100_000


@dataclass(frozen=True)
class Described:
    """What files of items and of people added to a data set: a sentence on each file, "" without it, what each of their
    columns was taken for, and warnings."""

    titled: str = ""
    people: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def describe_with(dataset: Dataset, items: File | None = None, people: File | None = None) -> tuple[Dataset, Described]:
    """Add what the files (content, name) of items and of people say to the data set; return it and what was added.

    Raises InputError for a file that does not fit.
    """
    titled, grouped, warnings = "", "", list[str]()
    if items is not None:
        table, items_receipt = read_items(*items)
        dataset, titled = with_items(dataset, table)
        warnings += items_receipt.warnings
        warnings += [f"Items: {group.sentence()}" for group in items_receipt.left_out]
        warnings += [f"Items: {items_receipt.merged.sentence()}"] if items_receipt.merged else []
    if people is not None:
        user_table = read_users(*people)
        dataset, grouped = with_user_attributes(dataset, user_table)
        warnings += user_table.warnings
    attributes = tuple(describe_attributes(dataset)) if titled or grouped else ()
    return dataset, Described(titled, grouped, attributes, tuple(warnings))


def receipt_as_json(receipt: Receipt, described: Described = Described()) -> dict[str, Any]:
    """Return the receipt as plain JSON, small enough to be stored with the name of the data set."""
    lines = [("Lines", receipt.lines.sentence())] if receipt.lines else []
    return {
        "understood": [list(pair) for pair in (*receipt.understood, *lines)],
        "sentences": [*receipt.sentences, *filter(None, [described.titled, described.people])],
        **described_as_json(described),
        "count": receipt.count_sentence(),
        "reasons": [
            {"reason": group.reason, "count": group.count, "examples": [list(pair) for pair in group.examples]}
            for group in receipt.left_out
        ],
        "merged": receipt.merged.sentence() if receipt.merged else "",
        "warnings": [*receipt.warnings, *described.warnings],
    }


def described_as_json(described: Described) -> dict[str, Any]:
    """Return the part of a receipt that tells of the files of items and of people."""
    return {
        "titled": described.titled,
        "people": described.people,
        "attributes": [list(pair) for pair in described.attributes],
    }


def with_dropped_rows(dataset: Dataset, receipt: Receipt) -> Dataset:
    """Put the rows that are not in the data set into its origin, which is read only when the data set is."""
    rows = receipt.dropped_rows().head(MOST_ROWS_KEPT).astype(object).to_dict("list")
    rows["text"] = [shorten(text) for text in rows["text"]]
    return replace(dataset, origin={**dataset.origin, "gone": rows})


def split_receipt_as_json(
    dataset: Dataset, report: GivenSplitReport, receipts: dict[str, Receipt], described: Described
) -> dict[str, Any]:
    """Return the receipts of all parts as one, with what is wrong with the split as the first warnings."""
    warnings = [each for receipt in receipts.values() for each in receipt.warnings]
    merged = [receipt.merged.sentence() for receipt in receipts.values() if receipt.merged]
    if n_in_two := sum(report.overlaps.values()):
        merged.append(f"Rows in two parts, of which the earlier one counts: {n_in_two:,}.")
    counts = ", ".join(f"{count:,} {name}" for name, count in report.n_ratings.items())
    return {
        "understood": [
            [f"{name.capitalize()}: {label}", value]
            for name, receipt in receipts.items()
            for label, value in receipt.understood
        ],
        "sentences": [sentence for receipt in receipts.values() for sentence in receipt.sentences],
        **described_as_json(described),
        "count": f"{count_noun(dataset.interactions.n_interactions, dataset.rating_noun)} in a split of {counts}.",
        "reasons": [
            {
                "reason": f"{group.reason} ({name})",
                "count": group.count,
                "examples": [list(pair) for pair in group.examples],
            }
            for name, receipt in receipts.items()
            for group in receipt.left_out
        ],
        "merged": " ".join(merged),
        "warnings": list(dict.fromkeys([*report.sentences(), *warnings, *described.warnings])),
    }
