"""Store and draw the receipt of a file: how it was understood, where every row went, and warnings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.shared.text import escape, escape_formulas
from recsys_core.data.dataset import Dataset
from recsys_core.data.reading import (
    Receipt,
    describe_attributes,
    read_items,
    read_users,
    with_items,
    with_user_attributes,
)

_MOST_ROWS_KEPT = 100_000
_MOST_WARNINGS_ABOVE = 3


@dataclass(frozen=True)
class Described:
    """What files of items and of people added to a data set: a sentence on each file, "" without it, what each of their
    columns was taken for, and warnings."""

    titled: str = ""
    people: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def describe_with(
    dataset: Dataset, items: UploadedFile | None, people: UploadedFile | None
) -> tuple[Dataset, Described]:
    """Add what the files of items and of people say to the data set. Raises InputError for a file that does not fit."""
    titled, grouped, warnings = "", "", list[str]()
    if items is not None:
        table, items_receipt = read_items(items.getvalue(), items.name)
        dataset, titled = with_items(dataset, table)
        warnings += items_receipt.warnings
        warnings += [f"Items: {group.sentence()}" for group in items_receipt.left_out]
        warnings += [f"Items: {items_receipt.merged.sentence()}"] if items_receipt.merged else []
    if people is not None:
        user_table = read_users(people.getvalue(), people.name)
        dataset, grouped = with_user_attributes(dataset, user_table)
        warnings += user_table.warnings
    attributes = tuple(describe_attributes(dataset)) if titled or grouped else ()
    return dataset, Described(titled, grouped, attributes, tuple(warnings))


def receipt_as_json(receipt: Receipt, described: Described = Described()) -> dict:
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


def described_as_json(described: Described) -> dict:
    """Return the part of a receipt that tells of the files of items and of people."""
    return {
        "titled": described.titled,
        "people": described.people,
        "attributes": [list(pair) for pair in described.attributes],
    }


def with_dropped_rows(dataset: Dataset, receipt: Receipt) -> Dataset:
    """Put the rows that are not in the data set into its origin, which is read only when the data set is."""
    rows = receipt.dropped_rows().head(_MOST_ROWS_KEPT).astype(object).to_dict("list")
    return replace(dataset, origin={**dataset.origin, "gone": rows})


def draw_warnings(warnings: Sequence[str]) -> None:
    """Draw the first warnings above everything else."""
    if warnings:
        shown = [f"- {escape(warning)}" for warning in warnings[:_MOST_WARNINGS_ABOVE]]
        if len(warnings) > len(shown):
            shown.append(f"- and {len(warnings) - len(shown):,} more under “How the file was read”")
        st.warning("\n".join(["**Check this first**", *shown]), icon=":material/warning:")


def draw_receipt(receipt: dict, dataset: Dataset) -> None:
    """Draw how the file was understood, which rows were kept, left out and merged, and the other warnings."""
    left, right = st.columns([4, 5], gap="large")
    with left:
        st.markdown(f"**{escape(receipt['count'])}**")
        understood = [
            *receipt["understood"],
            *([["Items", receipt["titled"]]] if receipt["titled"] else []),
            *([["People", receipt["people"]]] if receipt.get("people") else []),  # absent in older receipts
            *receipt.get("attributes", []),
        ]
        st.markdown("\n".join(f"- **{escape(label)}:** {escape(value)}" for label, value in understood))
    with right:
        _draw_dropped_rows(receipt, dataset)
    for warning in receipt["warnings"][_MOST_WARNINGS_ABOVE:]:
        st.markdown(f":material/warning: {escape(warning)}")


def _draw_dropped_rows(receipt: dict, dataset: Dataset) -> None:
    """Draw the rows that are not in the data, and the button that downloads them."""
    if reasons := receipt["reasons"]:
        counts = [f"{group['count']:,} because {group['reason']}" for group in reasons]
        st.markdown(f":material/block: **Left out:** {escape('; '.join(counts))}.")
        examples = [[line, group["reason"], text] for group in reasons for line, text in group["examples"]]
        st.dataframe(
            pd.DataFrame(examples, columns=["line", "reason", "text"]),
            hide_index=True,
            height="content",
            alt="Lines left out, with the reason.",
        )
    else:
        st.markdown(":material/check: **Left out:** nothing.")
    if receipt["merged"]:
        st.markdown(f":material/merge: **Merged:** {escape(receipt['merged'])}")
    if rows := dataset.origin.get("gone", {}):
        table = pd.DataFrame(rows)
        if len(table):
            first = "the first " if len(table) == _MOST_ROWS_KEPT else ""
            st.download_button(
                f"Download rows that are not in the data ({first}{len(table):,}, CSV)",
                escape_formulas(table).to_csv(index=False),
                "left_out.csv",
                "text/csv",
                key="dropped_rows_csv",
                on_click="ignore",
            )
