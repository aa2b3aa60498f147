"""Buttons that export runs as a Python program, and as one offline page."""

from collections.abc import Sequence

import streamlit as st

from pages.shared.error_boundary import log_and_describe
from pages.shared.large_data import is_stored_large
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.comparison.specifications import SpecificationGrid
from recsys_core.comparison.verdicts import MARGIN
from recsys_core.errors import InputError
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.report.document import render
from recsys_core.report.report_process import ReportOrder, ReportProcess
from recsys_core.report.script import script
from recsys_core.store.run import USABLE, Run


def copy_as_python(runs: Sequence[Run], *, subset: str | None = None, k: int = CUTOFF, key: str = "script") -> None:
    """Draw a button that opens the program of these runs, to be copied or downloaded."""
    ended = all(run.state in USABLE for run in runs)
    with st.popover(
        "Copy as Python",
        icon=":material/code:",
        width="stretch",
        disabled=not ended,
        help="A program that trains and scores the same again, with the same numbers."
        if ended
        else "Available when the training has ended.",
    ):
        if not ended:
            return
        try:
            program = script(store(), runs, subset=subset, k=k)
        except InputError as error:
            st.write(escape(error))
            return
        st.download_button("Download", program, "runs.py", "text/x-python", key=key, on_click="ignore")
        st.code(program, language="python", height=420)


def report_button(
    runs: Sequence[Run],
    *,
    subset: str | None = None,
    metric: str = "ndcg",
    k: int = CUTOFF,
    margin: float = MARGIN,
    grid: SpecificationGrid | None = None,
    key: str = "report",
) -> None:
    """Draw a button that writes the report of these runs, the first as the baseline, and downloads it."""
    st.download_button(
        "Report, one HTML file",
        lambda: report_or_error_page(runs, subset, metric, k, margin, grid),
        "report.html",
        "text/html",
        key=key,
        icon=":material/description:",
        width="stretch",
        on_click="ignore",
        help="Verdicts, curves, data, settings and the program on one page of about 5 MB, which opens without a "
        "network and can be printed. Writing it takes some seconds, and half a minute or more for large data.",
    )


def report_or_error_page(
    runs: Sequence[Run],
    subset: str | None,
    metric: str,
    k: int,
    margin: float = MARGIN,
    grid: SpecificationGrid | None = None,
) -> str:
    """Return the report, or a page that says why there is none: what fails in a download is reported nowhere else."""
    order = ReportOrder(tuple(run.id for run in runs), subset, metric, k, margin, grid)
    try:
        is_beside = any(is_stored_large(run.data_fingerprint) for run in runs)
        return ReportProcess(store(), order).page() if is_beside else order.write(store())
    except InputError as error:
        return render("No report", str(error), [])
    except Exception as error:
        return render("No report", log_and_describe(error), [])
