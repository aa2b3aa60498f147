"""Import recommendation lists that another program made, to compare them with the models trained here."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.results.open_run import pin_run
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.algorithms.imported_lists import ImportedLists
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.read_lists import content_of, join_lists, read_lists
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import add_finished_run, annotate
from recsys_core.store.run import Run

_FILE, _SUBSET, _RESULT = "history_lists_file", "history_lists_subset", "history_lists_result"
_FORM = """A **CSV** or **Parquet** file with the columns `user`, `item` and `rank` (1 is best) or `score`, or a **TREC
run** (`user Q0 item rank score tag`). Ids must be those of the data. Lists are taken as they are: an item that
is in the person's training data, is not in this data or is listed twice keeps its rank and counts as a miss."""
_SUBSETS = {
    "validation": "what follows training (scored on validation)",
    "test": "what follows training and validation (scored on test)",
}


def draw_lists_import() -> None:
    """Draw the file chooser, the button, and what became of the last file."""
    is_open = _RESULT in st.session_state
    with st.expander("Import lists from a file", icon=":material/format_list_numbered:", expanded=is_open):
        left, right = st.columns([1.6, 1], gap="medium")
        with left:
            file = st.file_uploader("Lists", ["csv", "tsv", "txt", "run", "parquet", "gz", "zip"], key=_FILE)
            st.radio("The lists recommend", list(_SUBSETS), format_func=lambda subset: _SUBSETS[subset], key=_SUBSET)
            st.button(
                f"Evaluate them on {escape(get_context().dataset.name)}",
                key="history_lists_import",
                disabled=file is None,
                on_click=_import,
            )
        right.caption(_FORM)
        result = st.session_state.pop(_RESULT, None)
        if isinstance(result, str):
            st.error(escape(result))
        elif result:
            run, sentences = result
            st.info(escape(f"Imported as run {run.id}. {' '.join(sentences)}"))
            st.warning(escape(run.recipe.caution))
            if run.recipe.subset == "test":
                st.caption("They can be compared once the test is revealed on the Compare page.")
            st.button("Pin", key="history_pin_lists", icon=":material/push_pin:", on_click=pin_run, args=(run,))


@error_boundary()
def _import() -> None:
    """Import the uploaded lists, in a callback, and keep the outcome or the error for the next run of the script."""
    try:
        st.session_state[_RESULT] = _add_run(st.session_state[_FILE], st.session_state[_SUBSET])
    except Exception as error:
        st.session_state[_RESULT] = log_and_describe(error)


def _add_run(upload, subset: str) -> tuple[Run, list[str]]:
    split, dataset = get_context().split, get_context().dataset
    file = read_lists(upload.getvalue(), upload.name)
    model, report = join_lists(file, dataset, split, subset, cutoff=CUTOFF)
    evaluation = evaluate(model, split, subset)
    sentences = [file.order, *file.remarks, *report.sentences()]
    notes = " ".join([f"From the file {upload.name[:100]}.", *sentences])
    run_id = add_finished_run(store(), split, ImportedLists(content_of(model), subset), model, [evaluation], notes)
    annotate(store(), run_id, name=upload.name.rpartition(".")[0][:60])
    return store().run(run_id), sentences
