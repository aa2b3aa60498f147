"""Import a file at a press, beside the server where the data are large, and say what became of it."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.results.keep_beside import ask_to_keep, is_asked_to_keep, keep_if_asked
from pages.shared.results.open_run import pin_run
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.algorithms.imported_lists import ImportedLists
from recsys_core.runner.import_file import ImportedRun, import_as_ordered, order_to_import
from recsys_core.runner.large_data import is_large
from recsys_core.runner.mapped_arrays import file_to_arrays
from recsys_core.runner.task import Task


@error_boundary()
def import_file(kind: str, file_key: str, subset_key: str = "") -> None:
    """In a callback: import a file as the `kind` of task says, or ask for it, and keep the outcome or the error.

    The keys are those of the widgets of the file and, for lists, of the subset that they were made for. `draw_imported`
    shows the outcome.
    """
    upload, subset = st.session_state[file_key], st.session_state[subset_key] if subset_key else ""
    dataset, split, content = get_context().dataset, get_context().split, upload.getvalue()
    order, given = order_to_import(content, upload.name), file_to_arrays(content)

    def tell(imported: ImportedRun) -> None:
        run_id, sentences = imported
        st.session_state[_outcome_of(kind)] = store().run(run_id), sentences

    try:
        if is_large(dataset):
            ask_to_keep(Task(kind, dataset.fingerprint, split.recipe, subset, order=order), given, tell)
        else:
            tell(import_as_ordered(store(), dataset, split, subset, order, given))
    except Exception as error:
        st.session_state[_outcome_of(kind)] = log_and_describe(error)


def is_under_way(kind: str) -> bool:
    """Tell whether this session has begun to import files of this kind: then the box for them stands open."""
    key = f"imports_{kind}"
    if _outcome_of(kind) in st.session_state or is_asked_to_keep(kind):
        st.session_state[key] = True
    return st.session_state.get(key, False)


def draw_imported(kind: str, title: str) -> None:
    """Draw how far the import of a file is, under the `title`, or once what became of it, with a button to pin it."""
    keep_if_asked(kind, title)
    outcome = st.session_state.pop(_outcome_of(kind), None)
    if isinstance(outcome, str):
        st.error(escape(outcome))
    elif outcome:
        run, sentences = outcome
        st.info(escape(f"Imported as run {run.id}. {' '.join(sentences)}"))
        if run.recipe.caution:
            st.warning(escape(run.recipe.caution))
        if isinstance(run.recipe, ImportedLists) and run.recipe.subset == "test":
            st.caption("They can be compared once the test is revealed on the Compare page.")
        st.button("Pin", key=f"pin_{kind}", icon=":material/push_pin:", on_click=pin_run, args=(run,))


def _outcome_of(kind: str) -> str:
    return f"outcome_{kind}"
