"""The sidebar of every page, where data and split are chosen."""

from collections import Counter
from dataclasses import replace

import streamlit as st

from pages.shared.browser_memory import recall_from_browser
from pages.shared.context import DATA_KEY, Context, set_context
from pages.shared.large_data import open_dataset, open_split
from pages.shared.server import planted, store
from pages.shared.text import escape
from pages.shared.url_state import set_url_param
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets
from pages.shared.widgets.remembered_select import remembered_select
from recsys_core.comparison.other_splits import split_label
from recsys_core.comparison.split_sentences import counts_sentence, scored_sentence
from recsys_core.data.dataset import Dataset
from recsys_core.data.split import OLD_BY_TIME, OLD_CAUTION, SplitRecipe, offered_methods
from recsys_core.data.split_check import missed_subsets
from recsys_core.errors import InputError
from recsys_core.links.data_slug import write_data_slug
from recsys_core.store.manage_datasets import list_managed_datasets

_DELETED = "deleted_data"


def draw_sidebar() -> None:
    """Let the person choose the data and the split, on which every number of every page depends."""
    side = st.sidebar
    with side:
        names = _list_choices()
        _note_deleted(names)
        st.markdown("**Data**")
        fingerprint = remembered_select(
            "Data",
            list(names),
            key=DATA_KEY,
            default=_choose_first(names),
            format_func=lambda key: names[key],
            label_visibility="collapsed",
        )
        _draw_deleted(fingerprint)
    dataset = open_dataset(fingerprint)  # where that takes long, the page says so, not the sidebar
    source = dataset.origin.get("source")
    set_url_param("data", write_data_slug(dataset, open_dataset(source) if source in names else None))
    with side:
        st.caption(escape(dataset.sentence()))
        box = st.expander("Train/test split", key="split")
        with box:
            draw_parameter_widgets(
                SplitRecipe(),
                "split",
                only=("method", "validation", "test", "seed"),
                options={"method": _list_methods(dataset)},
                at_once=True,
            )
            has_windows = st.session_state["split_method"] == "strictly by time"
            draw_parameter_widgets(
                SplitRecipe(), "split", only=("windows_back",), at_once=True, disabled=not has_windows
            )
            recipe = recipe_from_widgets(SplitRecipe(), "split")
            if not has_windows:  # the control keeps its value
                recipe = replace(recipe, windows_back=0)
    try:
        split = open_split(dataset, recipe)
    except InputError as error:
        side.error(escape(error))
        st.stop()
    is_partial = missed_subsets(split)  # who is left out must be seen; the plain numbers may wait in the box
    box.caption(counts_sentence(split))
    (side if is_partial else box).caption((":material/warning: " if is_partial else "") + scored_sentence(split))
    if recipe.method == OLD_BY_TIME:
        side.warning(f"“{OLD_BY_TIME}” is {OLD_CAUTION}.")
    if recipe.windows_back:
        side.warning(
            f"This split ends {split_label(recipe)}, and what came later is left out. To return to the latest "
            "window, set “Windows back” under Train/test split to 0."
        )
    set_context(Context(dataset, split))


def _list_choices() -> dict[str, str]:
    """Return the distinct names of the data sets to choose from, by fingerprint; a hidden one only while it is open."""
    rows = [row for row in store().dataset_list() if not row["is_hidden"] or row["fingerprint"] == _chosen()]
    return _make_names_distinct({row["fingerprint"]: row["name"] for row in rows})


def _note_deleted(names: dict[str, str]) -> None:
    """Note the name of the data set that was open, where somebody has deleted it, and what is shown instead."""
    if _chosen() in (None, *names):
        return
    deleted = [data.name for data in list_managed_datasets(store()) if data.fingerprint == _chosen()]
    if deleted:
        st.session_state[_DELETED] = deleted[0], _choose_first(names)


def _draw_deleted(fingerprint: str) -> None:
    """Say what was deleted for as long as the data set that took its place is open."""
    name, instead = st.session_state.get(_DELETED, ("", ""))
    if instead == fingerprint:
        st.warning(
            f"“{escape(name)}” was deleted, so another data set is open now. It can be restored on the Data page, "
            "under *All data sets*."
        )
    else:
        st.session_state.pop(_DELETED, None)


def _chosen() -> str | None:
    return st.session_state.get(DATA_KEY)


def _choose_first(names: dict[str, str]) -> str:
    """Return what is shown when nothing is chosen: what this browser looked at last, else the planted data."""
    wanted = (recall_from_browser(DATA_KEY), planted().fingerprint)
    return next((each for each in wanted if each in names), next(iter(names)))


def _list_methods(dataset: Dataset) -> list[str]:
    """Return the methods that these data allow, and the old split by time where a link or a stored run uses it."""
    chosen_method = st.session_state.get("split_method", st.query_params.get("split_method"))
    is_old = chosen_method == OLD_BY_TIME and dataset.times is not None
    return [*offered_methods(dataset), *([OLD_BY_TIME] if is_old else [])]


def _make_names_distinct(names: dict[str, str]) -> dict[str, str]:
    """Return the names, with the start of the fingerprint where several data sets share one."""
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else f"{name} ({key[:6]})" for key, name in names.items()}
