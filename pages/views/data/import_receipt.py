"""Draw the receipt of a file: how it was understood, where every row went, and warnings."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared.text import escape, escape_formulas
from recsys_core.data.dataset import Dataset
from recsys_core.data.reading.stored_receipt import MOST_ROWS_KEPT

_MOST_WARNINGS_ABOVE = 3


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
            *([["Kept", receipt["kept"]]] if receipt.get("kept") else []),
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
        n_rows = len(rows["text"])
        if n_rows:
            first = "the first " if n_rows == MOST_ROWS_KEPT else ""
            st.download_button(
                f"Download rows that are not in the data ({first}{n_rows:,}, CSV)",
                lambda: escape_formulas(pd.DataFrame(rows)).to_csv(index=False),  # only if it is clicked
                "left_out.csv",
                "text/csv",
                key="dropped_rows_csv",
                on_click="ignore",
            )
