"""Bring in recommendations that somebody else's model made, to judge them beside the models trained here."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.results.open_run import pin_run
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.algorithms.imported_lists import ImportedLists
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.read_lists import content_of, join_lists, read_lists
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.history import add_finished_run, annotate
from recsys_core.store.run import Run

_FILE, _SUBSET, _RESULT = "history_lists_file", "history_lists_subset", "history_lists_result"
_FORM = """A **CSV** or **Parquet** file with the columns `user`, `item` and `rank` (1 is best) or `score`, or a **TREC
run** (`user Q0 item rank score tag`). Ids are those of the ratings file. Lists are taken as they are: an item that the
person has in training, that this data does not have, or that is listed twice keeps its place and counts as a miss."""
_SUBSETS = {
    "validation": "what follows training (scored on validation)",
    "test": "what follows training and validation (scored on test)",
}


def draw_lists_import() -> None:
    """Draw the file chooser, the button, and what became of the last file."""
    is_open = _RESULT in st.session_state
    with st.expander("Bring in lists from a file", icon=":material/format_list_numbered:", expanded=is_open):
        left, right = st.columns([1.6, 1], gap="medium")
        with left:
            file = st.file_uploader("Lists", ["csv", "tsv", "txt", "run", "parquet", "gz", "zip"], key=_FILE)
            st.radio("The lists recommend", list(_SUBSETS), format_func=_SUBSETS.get, key=_SUBSET)
            st.button(
                f"Score them on {escape(get_context().dataset.name)}",
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
            st.info(escape(f"The lists are run {run.id} now. {' '.join(sentences)}"))
            st.warning(escape(run.recipe.caution))
            if run.recipe.subset == "test":
                st.caption("They can be compared once the test is revealed on the Compare page.")
            st.button("Pin it", key="history_pin_lists", icon=":material/push_pin:", on_click=pin_run, args=(run,))


@error_boundary()
def _import() -> None:
    """Read, join, score and keep the lists; whatever goes wrong, what is there stays."""
    try:
        st.session_state[_RESULT] = _add_run(st.session_state[_FILE], st.session_state[_SUBSET])
    except InputError as error:
        st.session_state[_RESULT] = str(error)
    except Exception as error:
        st.session_state[_RESULT] = log_and_describe(error)


def _add_run(upload, subset: str) -> tuple[Run, list[str]]:
    split, dataset = get_context().split, get_context().dataset
    file = read_lists(upload.getvalue(), upload.name)
    model, report = join_lists(file, dataset, split, subset, cutoff=CUTOFF)
    evaluation = evaluate(model, split, subset)
    sentences = [file.order, *report.sentences()]
    notes = " ".join([f"From the file {upload.name[:100]}.", *sentences])
    run_id = add_finished_run(store(), split, ImportedLists(content_of(model), subset), model, [evaluation], notes)
    annotate(store(), run_id, name=upload.name.rpartition(".")[0][:60])
    return store().run(run_id), sentences
