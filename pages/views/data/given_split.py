"""Load a split that somebody else made, as it is."""

from dataclasses import replace

import streamlit as st

from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.server import store
from pages.shared.text import escape
from pages.views.data.import_receipt import Described, describe_with, described_as_json
from pages.views.data.upload import ITEMS_KEY, PEOPLE_KEY, draw_describing_files, open_loaded
from recsys_core.data.dataset import Dataset
from recsys_core.data.given_split import SUBSETS, GivenSplitReport
from recsys_core.data.nouns import count_noun
from recsys_core.data.reading import SUFFIXES, Receipt
from recsys_core.data.reading.read_split import read_split_column, read_split_files
from recsys_core.data.split import GIVEN

_MODE, _ONE_FILE, _ERROR = "given_split_mode", "given_split_file", "given_split_error"
_PREFIX = "given_"  # of the keys of the files of items and of people
_FILES, _COLUMN = "A file for each part", "One file with a column that says the part"
_LABELS = {"training": "Training", "validation": "Validation (optional)", "test": "Test"}


def given_split_view() -> None:
    """Draw the file choosers, what is expected of the files, and the button that loads them."""
    mode = st.radio("Files", [_FILES, _COLUMN], key=_MODE, horizontal=True, label_visibility="collapsed")
    if mode == _FILES:
        uploads = [
            column.file_uploader(_LABELS[name], list(SUFFIXES), key=f"given_{name}")
            for column, name in zip(st.columns(len(SUBSETS)), SUBSETS, strict=True)
        ]
        is_ready = uploads[0] is not None and any(uploads[1:])
        st.caption("Each file has one rating or choice per row, with the same kinds of columns and the same ids.")
    else:
        is_ready = st.file_uploader("Ratings", list(SUFFIXES), key=_ONE_FILE) is not None
        st.caption("One column, such as `split`, says **train**, **validation** or **test** for each row.")
    draw_describing_files(*st.columns(2), prefix=_PREFIX)
    name = st.text_input("Name", "Given split", key="given_split_name", max_chars=100)
    st.button("Load", key="given_split_load", type="primary", disabled=not (is_ready and name.strip()), on_click=_load)
    if error := st.session_state.pop(_ERROR, None):
        st.error(escape(error))
    st.caption(
        "Everything stays in its part. What is in two parts, people who are not in training and items that only the "
        "test has are counted and named before anything is trained."
    )


@error_boundary()
def _load() -> None:
    """Read the parts, store the data with their split and select both; if anything fails, the current data stays."""
    state = st.session_state
    try:
        if state[_MODE] == _FILES:
            files = {name: file for name in SUBSETS if (file := state.get(f"given_{name}")) is not None}
            result = read_split_files({name: (file.getvalue(), file.name) for name, file in files.items()})
        else:
            result = read_split_column(state[_ONE_FILE].getvalue(), state[_ONE_FILE].name)
        dataset, report, receipts = result
        dataset, described = describe_with(dataset, state[_PREFIX + ITEMS_KEY], state[_PREFIX + PEOPLE_KEY])
        named = replace(dataset, name=state["given_split_name"].strip())
        open_loaded(store().add_dataset(named, _receipt_as_json(named, report, receipts, described)))
        state["split_method"] = GIVEN
    except Exception as error:
        state[_ERROR] = log_and_describe(error)


def _receipt_as_json(
    dataset: Dataset, report: GivenSplitReport, receipts: dict[str, Receipt], described: Described
) -> dict:
    """The receipts of all parts as one, with what is wrong with the split as the first warnings."""
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
