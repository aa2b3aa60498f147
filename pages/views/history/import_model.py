"""Import a model from a file: one trained elsewhere, or one that was downloaded here."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.results.open_run import pin_run
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.data.split_check import scored_subsets
from recsys_core.escape import printable
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.reading import align_to_dataset, describe_contradictions, imported_recipe, read_model
from recsys_core.store.history import add_finished_run
from recsys_core.store.run import Run

_FILE, _OUTCOME = "history_model_file", "history_import_outcome"
_FORM = """Either an **NPZ** file with the arrays `user_factors` (people × k), `item_factors` (items × k), `user_ids`
and `item_ids`, and with `user_bias` and `item_bias` if the model has biases. Or a **ZIP** archive of Parquet files with
the columns `id` and `features`, as Spark's `model.userFactors.write.parquet("model/userFactors")` writes them; their
folders or file names must contain *user* and *item*. Ids must be those of the data."""


def draw_import() -> None:
    """Draw the file uploader and its button, and say what became of the last file."""
    with st.expander("Import a model from a file", icon=":material/upload:", expanded=_OUTCOME in st.session_state):
        left, right = st.columns([1.6, 1], gap="medium")
        with left:
            file = st.file_uploader("Model", ["npz", "zip"], key=_FILE)
            st.button(
                f"Match it to {escape(get_context().dataset.name)} and evaluate it",
                key="history_import",
                disabled=file is None,
                on_click=_import,
                help="Nothing is trained. The model is evaluated on the current split.",
            )
        right.caption(_FORM)
        outcome = st.session_state.pop(_OUTCOME, None)
        if isinstance(outcome, str):
            st.error(escape(outcome))
        elif outcome:
            run, sentences = outcome
            st.info(escape(f"Imported as run {run.id}. {' '.join(sentences)}"))
            if run.recipe.caution:
                st.warning(escape(run.recipe.caution))
            st.button("Pin", key="history_pin_imported", icon=":material/push_pin:", on_click=pin_run, args=(run,))


@error_boundary()
def _import() -> None:
    """Import the uploaded file, in a callback, and keep the outcome or the error for the next run of the script."""
    try:
        st.session_state[_OUTCOME] = _import_file(st.session_state[_FILE])
    except Exception as error:
        st.session_state[_OUTCOME] = log_and_describe(error)


def _import_file(upload) -> tuple[Run, list[str]]:
    split, dataset = get_context().split, get_context().dataset
    file = read_model(upload.getvalue())
    model, matches = align_to_dataset(file, dataset)
    recipe = imported_recipe(file, model, split)
    evaluations = [evaluate(model, split, subset) for subset in scored_subsets(split)]
    sentences = [*(match.sentence() for match in matches), *describe_contradictions(file, split)]
    notes = printable(" ".join([f"From the file {upload.name[:100]}.", *_describe_origin(file.about), *sentences]))
    seconds = recipe.training_seconds or 0.0
    run_id = add_finished_run(store(), split, recipe, model, evaluations, notes, seconds=seconds)
    return store().run(run_id), sentences


def _describe_origin(about: dict) -> list[str]:
    """Return a sentence with the algorithm and settings that the file names; [] if it names none."""
    algorithm, settings = about.get("algorithm"), about.get("settings")
    if not isinstance(algorithm, str):
        return []
    values = ", ".join(f"{name} {value}" for name, value in settings.items()) if isinstance(settings, dict) else ""
    return [f"The file names the algorithm {algorithm[:60]}{', ' + values[:300] if values else ''}."]
