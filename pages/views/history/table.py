"""The table of runs: columns for what differs, a caption for what all have in common."""

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from pages.shared.text import escape, escape_formulas
from recsys_core.algorithms import setting_labels
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import Entry, split_common_facts

_ROW = 28
_MOST_ROWS = 7  # at once, so that what belongs to a chosen run stands on the same screen
_NDCG = f"NDCG@{CUTOFF}"


def choose_in_table(entries: list[Entry]) -> list[Entry]:
    """Draw the table, newest run first, and return the entries whose rows are ticked."""
    if not entries:
        st.write("No run matches these filters. Remove one of them.")
        return []
    same, differing = split_common_facts(entries)
    event = st.dataframe(
        pd.DataFrame({**_always(entries), **differing, **_at_the_end(entries)}),
        alt="All runs, with their settings and scores.",
        key=f"history_table_{hash(tuple(entry.run.id for entry in entries))}",  # ticks are stored by row number
        hide_index=True,
        placeholder="–",
        row_height=_ROW,
        height=_ROW * (min(_MOST_ROWS, len(entries)) + 1) + 10,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=setting_labels()
        | {
            "run": st.column_config.TextColumn(width=190, pinned=True),
            _NDCG: st.column_config.NumberColumn(
                format="%.3f", width=85, help="On the validation set, after the last epoch. Test results stay sealed."
            ),
            "seconds": st.column_config.NumberColumn(format="%.2f", width=70, help="Training time in seconds."),
            "epochs": st.column_config.NumberColumn("epochs done", format="%d", width=95),
            "when": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", width=130),
            "tags": st.column_config.ListColumn(width=110),
        },
    )
    st.caption(
        _in_common(same, len(entries))
        + " Tick a row to open, name, pin or export the run, or two rows to compare them."
    )
    return [entries[row] for row in event["selection"]["rows"] if row < len(entries)]


def draw_csv_link(entries: list[Entry]) -> None:
    """Draw a link that downloads all listed runs with all their settings as CSV."""
    st.download_button(
        f"Download {len(entries):,} {'run' if len(entries) == 1 else 'runs'} (CSV)",
        lambda: escape_formulas(_everything(entries)).to_csv(index=False),
        "runs.csv",
        "text/csv",
        key="export_runs",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        disabled=not entries,
    )


def _always(entries: list[Entry]) -> dict[str, list]:
    authors = [entry.run.author for entry in entries]
    columns: dict[str, list] = {
        "run": [entry.run.label for entry in entries],
        _NDCG: [entry.validation for entry in entries],
        "seconds": [entry.seconds for entry in entries],
        "epochs": [entry.n_epochs for entry in entries],
        "when": [_when(entry) for entry in entries],
    }
    return {**columns, "by": authors} if any(authors) else columns


def _at_the_end(entries: list[Entry]) -> dict[str, list]:
    """Tags and notes where there are any, and the fingerprint."""
    columns: dict[str, list] = {
        "tags": [list(entry.run.tags) for entry in entries],
        "notes": [entry.run.notes for entry in entries],
    }
    some = {name: column for name, column in columns.items() if any(column)}
    return {**some, "fingerprint": [entry.run.fingerprint for entry in entries]}


def _everything(entries: list[Entry]) -> pd.DataFrame:
    table = pd.DataFrame({**_always(entries), **_at_the_end(entries)})
    table["when"] = [entry.isoformat() for entry in table["when"]]
    if "tags" in table:
        table["tags"] = [", ".join(tags) for tags in table["tags"]]
    return table.join(pd.DataFrame([entry.facts for entry in entries]).fillna(""))


def _when(entry: Entry) -> datetime:
    return datetime.fromtimestamp(entry.run.created, UTC)


def _in_common(same: dict[str, str], count: int) -> str:
    if count == 1:
        return ""
    if not same:
        return "No setting is the same for all runs."
    return (
        "Same for all runs: "
        + escape(" · ".join(f"{setting_labels().get(name, name)} {value}" for name, value in same.items()))
        + "."
    )
