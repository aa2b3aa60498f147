"""Bringing in a model that was trained elsewhere, or that left here as a file."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary, log_and_describe
from pages.shared.results.open_run import pin_run
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import evaluate
from recsys_core.exchange.reading import imported, joined, read_model
from recsys_core.store.history import add_finished_run
from recsys_core.store.run import Run

_FILE, _TOLD = "history_model_file", "history_import_told"
_FORM = """An **NPZ** file with the arrays `user_factors` (people × k), `item_factors` (items × k), `user_ids` and
`item_ids`, with `user_bias` and `item_bias` if the model has any; or a **ZIP** archive of Parquet files with the
columns `id` and `features`, those of people in a folder or file with *user* in its name, those of items with *item*:
what Spark's `model.userFactors.write.parquet("model/userFactors")` writes. Ids are those of the ratings file."""


def bring_in() -> None:
    """A file, a button, and what became of it."""
    with st.expander("Bring in a model from a file", icon=":material/upload:", expanded=_TOLD in st.session_state):
        left, right = st.columns([1.6, 1], gap="medium")
        with left:
            file = st.file_uploader("Model", ["npz", "zip"], key=_FILE)
            st.button(
                f"Join it to {escape(get_context().dataset.name)} and judge it",
                key="history_bring_in",
                disabled=file is None,
                on_click=_bring_in,
                help="Instant: nothing is trained. Its lists are scored on the split of the sidebar.",
            )
        right.caption(_FORM)
        told = st.session_state.pop(_TOLD, None)
        if isinstance(told, str):
            st.error(escape(told))
        elif told:
            run, sentences = told
            st.info(escape(f"It is run {run.id} now. {' '.join(sentences)}"))
            if run.recipe.caution:
                st.warning(escape(run.recipe.caution))
            st.button("Pin it", key="history_pin_imported", icon=":material/push_pin:", on_click=pin_run, args=(run,))


@error_boundary()
def _bring_in() -> None:
    """Read, join, score and keep; whatever goes wrong, what is there stays."""
    try:
        st.session_state[_TOLD] = _brought_in(st.session_state[_FILE])
    except InputError as error:
        st.session_state[_TOLD] = str(error)
    except Exception as error:
        st.session_state[_TOLD] = log_and_describe(error)


def _brought_in(upload) -> tuple[Run, list[str]]:
    split, dataset = get_context().split, get_context().dataset
    file = read_model(upload.getvalue())
    model, matches = joined(file, dataset)
    recipe = imported(file, model, split)
    evaluations = [
        evaluate(model, split, subset)
        for subset in ("validation", "test")
        if split.seen_and_held_out(subset)[1].relevant.n_interactions
    ]
    sentences = [match.sentence() for match in matches]
    notes = " ".join([f"From the file {upload.name[:100]}.", *_what_it_says(file.about), *sentences])
    seconds = recipe.training_seconds or 0.0
    run_id = add_finished_run(store(), split, recipe, model, evaluations, notes, seconds=seconds)
    return store().run(run_id), sentences


def _what_it_says(about: dict) -> list[str]:
    """The algorithm and settings that a file tells, in a sentence."""
    algorithm, settings = about.get("algorithm"), about.get("settings")
    if not isinstance(algorithm, str):
        return []
    said = ", ".join(f"{name} {value}" for name, value in settings.items()) if isinstance(settings, dict) else ""
    return [f"It says: {algorithm[:60]}{', ' + said[:300] if said else ''}."]
