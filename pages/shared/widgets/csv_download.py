"""Download the numbers of a view."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from pages.shared.text import escape_formulas


def draw_csv_link(make_table: Callable[[], pd.DataFrame], name: str, *, key: str) -> None:
    """Draw a link that downloads all that the charts of a view show, as CSV.

    The table is made when the link is pressed, where there is no session: `make_table` may not ask for its context.
    """
    st.download_button(
        "Download the numbers (CSV)",
        lambda: escape_formulas(make_table()).to_csv(index=False),
        f"{name}.csv",
        "text/csv",
        key=key,
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
    )
