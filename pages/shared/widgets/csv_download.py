"""Download the numbers of a view."""

import pandas as pd
import streamlit as st

from pages.shared.text import escape_formulas


def draw_csv_link(table: pd.DataFrame, name: str, *, key: str) -> None:
    """Draw a link that downloads all that the charts of a view show, as CSV."""
    st.download_button(
        "Download the numbers (CSV)",
        escape_formulas(table).to_csv(index=False),
        f"{name}.csv",
        "text/csv",
        key=key,
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )
